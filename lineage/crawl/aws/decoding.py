"""Decodes JSON from a service, even odd JSON: deeper, or with longer numbers, than Python reads at once; with bytes that
are not UTF-8; with a name that an object repeats.
"""

from __future__ import annotations

import json
from typing import Any, Final

from lineage.domain.nesting import cut_off, said_twice

_MOST_DIGITS: Final = 30  # of a whole number; a longer one does not fit into 64 bits; read as a float, it is just as odd


def decode(body: bytes) -> Any:
    """The value of a body, without parts that are nested too deeply. Raises `ValueError` if it is not JSON.

    A byte that is not UTF-8 becomes a lone surrogate, so it spoils only its own text and not the whole answer.
    """
    text = body.decode(errors="surrogateescape")
    try:
        return json.loads(text, object_pairs_hook=said_twice)
    except RecursionError:
        return json.loads(cut_off(text), parse_int=_whole_number, object_pairs_hook=said_twice)
    except json.JSONDecodeError:
        raise
    except ValueError:  # a number with more digits than Python reads, because reading takes quadratic time
        return json.loads(text, parse_int=_whole_number, object_pairs_hook=said_twice)


def _whole_number(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)
