"""The command line, installed as `lineage_cli`. It uses only the public names of `lineage`.

Its modules import each other relatively, because the folder is `cli` in the checkout and `lineage_cli` in the wheel.
"""

from .whole import insist_whole

insist_whole()  # before any module here imports `lineage`
