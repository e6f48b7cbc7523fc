"""What a person has typed into a form of its own pages when it had to enter anew: it lies on its browser alone,
encrypted for just this person, for a quarter of an hour, and stands in the form after the next entry. Time is real.
"""

import json
import zlib
from collections.abc import Mapping

from app.access.sealed import open_, seal

LASTS = 900  # seconds
LONGEST = 2_600  # bytes, packed: a cookie holds no more


def packed(iin: str, path: str, typed: Mapping[str, str]) -> str | None:
    """What the browser keeps of a form of this person at this path; None where that is too much."""
    text = zlib.compress(json.dumps([path, dict(typed)], ensure_ascii=False).encode())
    return seal(_of(iin), text) if len(text) <= LONGEST else None


def unpacked(iin: str, path: str, kept: str) -> dict[str, str]:
    """What this person has typed at this path; {} for what is older, is another's, or of another form."""
    try:
        of, typed = json.loads(zlib.decompress(open_(_of(iin), kept, lasts=LASTS)))
    except ValueError:
        return {}
    return typed if of == path else {}


def _of(iin: str) -> str:
    return f"unsent form of {iin}"
