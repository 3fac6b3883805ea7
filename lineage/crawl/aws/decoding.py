"""JSON as a service sends it, also where it is odd: deeper, or with longer numbers, than Python reads at once."""

from __future__ import annotations

import json
from typing import Any, Final

from lineage.domain.nesting import cut_off

_MOST_DIGITS: Final = 30  # of a whole number; what has more is none of 64 bits, and as a float just as odd


def decode(body: bytes) -> Any:
    """What a body says, without what is nested too deeply. Raises `ValueError` where it is no JSON."""
    text = body.decode(errors="surrogatepass")
    try:
        return json.loads(text)
    except RecursionError:
        return json.loads(cut_off(text), parse_int=_whole_number)
    except json.JSONDecodeError:
        raise
    except ValueError:  # a number of more digits than Python reads, for it takes the square of the time
        return json.loads(text, parse_int=_whole_number)


def _whole_number(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)
