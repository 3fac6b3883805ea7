"""JSON as a service sends it, also where it is odd: deeper, or with longer numbers, than Python reads at once; with bytes that
are no UTF-8; with a name that an object says twice.
"""

from __future__ import annotations

import json
from typing import Any, Final

from lineage.domain.nesting import cut_off, said_twice

_MOST_DIGITS: Final = 30  # of a whole number; what has more is none of 64 bits, and as a float just as odd


def decode(body: bytes) -> Any:
    """What a body says, without what is nested too deeply. Raises `ValueError` where it is no JSON.

    A byte that is no UTF-8 becomes half a character, so that it costs the text that it stands in, and not the whole answer.
    """
    text = body.decode(errors="surrogateescape")
    try:
        return json.loads(text, object_pairs_hook=said_twice)
    except RecursionError:
        return json.loads(cut_off(text), parse_int=_whole_number, object_pairs_hook=said_twice)
    except json.JSONDecodeError:
        raise
    except ValueError:  # a number of more digits than Python reads, for it takes the square of the time
        return json.loads(text, parse_int=_whole_number, object_pairs_hook=said_twice)


def _whole_number(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)
