"""The icon of each shape that a kind may have, as the `d` of an SVG path around 0, 0, about 16 pixels wide. Pure.

All pictures use these: SVG, the page, the notebook and the report.
"""

from __future__ import annotations

import math
from typing import Final

from lineage.domain.kinds import Kind


def _around(corners: int, turn: float, size: float) -> str:
    """A polygon whose corners lie on a circle."""
    angles = (2 * math.pi * number / corners + turn for number in range(corners))
    return f"M{' '.join(f'{size * math.cos(angle):.2f},{size * math.sin(angle):.2f}' for angle in angles)}z"


ICONS: Final[dict[str, str]] = {
    "box": "M-8,-4a2.5,2.5 0 0 1 2.5,-2.5h11a2.5,2.5 0 0 1 2.5,2.5v8a2.5,2.5 0 0 1 -2.5,2.5h-11a2.5,2.5 0 0 1 -2.5,-2.5z",
    "hexagon": _around(6, 0, 8.6),
    "doubleoctagon": _around(8, math.pi / 8, 8.8) + _around(8, math.pi / 8, 5.6),
    "cds": "M-8,-5.5 3,-5.5 8,0 3,5.5 -8,5.5z",
    "note": "M-6.5,-8 2.5,-8 6.5,-4 6.5,8 -6.5,8zM2.5,-8v4h4",
    "folder": "M-8,6.5v-13h6l2,2.5h8v10.5z",
    "tab": "M-8,6.5v-13h8v3h8v10z",
    "component": "M-6,-7h14v14h-14zM-8.5,-4.5h5v3.2h-5zM-8.5,1.3h5v3.2h-5z",
    "box3d": "M-8,-4 -4,-7.5 8,-7.5 8,3.5 4,7 -8,7zM-8,-4h12l4,-3.5M4,-4v11",
    "cylinder": "M-7,-5.5a7,2.6 0 0 1 14,0v11a7,2.6 0 0 1 -14,0zM-7,-5.5a7,2.6 0 0 0 14,0",
}


def icon_of(kind: Kind) -> str:
    """The icon of a kind."""
    return ICONS.get(kind.shape, ICONS["box"])
