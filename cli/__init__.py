"""The command line, installed as `lineage_cli`. It uses the public names of `lineage` and nothing else of it.

Modules in here import each other relatively: the folder is `cli` in the checkout and `lineage_cli` in the wheel.
"""

from .whole import insist_whole

insist_whole()  # before anything in here imports `lineage`
