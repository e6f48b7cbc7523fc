"""The history as a chain: each record is sealed with the digest of the one before (spec 7, ADR 34).

Whoever changes, removes, adds or reorders what is sealed changes every digest that follows; whoever makes all of them
anew contradicts the heads that were given out. This file needs Python alone: an exported chain is verified by

    python chain.py history.jsonl heads.txt
"""

import json
import sys
from collections.abc import Iterable, Mapping
from hashlib import sha256
from itertools import count
from typing import Any, NamedTuple

FIRST = bytes(32)  # what the first record is sealed with
ERASE = (
    "erase"  # the verb that is on record where anything of the history of an application, or of a record, was erased
)
MISSING, MOVED, ALTERED, CUT, OTHER_HEAD = "missing", "moved", "altered", "cut", "other_head"
ERASED, BY_NOBODY, UNSEALED = "erased", "erased_by_nobody", "unsealed"
SENTENCES = {
    MISSING: "the record is not there",
    MOVED: "another record stands here",
    ALTERED: "the record is not as it was sealed",
    ERASED: "what was erased of the record is there again",
    BY_NOBODY: "a part of the record is erased, and no record says so",
    UNSEALED: "a record that was never sealed stands among the sealed",
    CUT: "the chain ends before the head that was given out",
    OTHER_HEAD: "the head that was given out is another one",
}


class Sealed(NamedTuple):
    """One record as it is kept, None where it is gone, and its place in the chain.

    `position`: from 1; `hidden`: the names of its details that can be erased, as its reason can; `erasable`: the
    salted digest of these; `salt`: None once they were erased; `digest`: of all that is sealed so far.
    """

    position: int
    number: int
    record: Mapping[str, Any] | None
    hidden: list[str]
    salt: bytes | None
    erasable: bytes
    digest: bytes


class Fault(NamedTuple):
    """The first record that is wrong: where it stands, which it is, and one of SENTENCES."""

    position: int
    number: int | None
    what: str


def erasable(record: Mapping[str, Any], hidden: Iterable[str], salt: bytes) -> bytes:
    """The digest of what of a record can be erased; without the salt nobody finds a name by trying all names."""
    return sha256(salt + _as_bytes(_apart(record, hidden)[1])).digest()


def digest(before: bytes, record: Mapping[str, Any], hidden: list[str], erasable: bytes) -> bytes:
    """The digest of a record and, by that of the one before, of all that was sealed."""
    lasting = {**_apart(record, hidden)[0], "erasable": erasable.hex()} | ({"hidden": hidden} if hidden else {})
    return sha256(before + _as_bytes(lasting)).digest()


def first_fault(chain: Iterable[Sealed], *heads: Mapping[int, bytes]) -> Fault | None:
    """The first thing that is wrong with a chain, or with it beside the heads that are known, by their positions; None
    where nothing is.
    """
    before, position = FIRST, 0
    erased, said = dict[Any, Fault](), set[Any]()
    for one in chain:
        position += 1
        if one.position != position:
            return Fault(position, None, MISSING)
        if one.record is None:
            return Fault(position, one.number, MISSING)
        if one.record["id"] != one.number:
            return Fault(position, one.number, MOVED)
        if one.salt is None:
            if _apart(one.record, one.hidden)[1]:
                return Fault(position, one.number, ERASED)
            erased.setdefault(_whose(one.record), Fault(position, one.number, BY_NOBODY))
        elif erasable(one.record, one.hidden, one.salt) != one.erasable:
            return Fault(position, one.number, ALTERED)
        before = digest(before, one.record, one.hidden, one.erasable)
        if before != one.digest:
            return Fault(position, one.number, ALTERED)
        if any(known.get(position, before) != before for known in heads):
            return Fault(position, one.number, OTHER_HEAD)
        if one.record["verb"] == ERASE:
            said.add(_whose(one.record))
    for whose, fault in erased.items():
        if whose not in said:
            return fault
    beyond = any(where > position for known in heads for where in known)
    return Fault(position + 1, None, CUT) if beyond else None


def as_line(one: Sealed) -> str:
    """A record of an exported chain: JSON in one line."""
    salt = one.salt.hex() if one.salt else None
    told = one._replace(salt=salt, erasable=one.erasable.hex(), digest=one.digest.hex())  # type: ignore[arg-type]
    return json.dumps(told._asdict(), ensure_ascii=False)


def of_line(line: str) -> Sealed:
    """What `as_line` wrote. Raises ValueError, TypeError or KeyError for anything else."""
    told = json.loads(line)
    for name in ("salt", "erasable", "digest"):
        told[name] = None if told[name] is None else bytes.fromhex(told[name])
    return Sealed(**told)


def head_line(at: str, position: int, head: bytes) -> str:
    """A head as it is given out: when it was sealed, how many records it stands for, and the digest."""
    return f"{at} {position} {head.hex()}"


def heads_of(lines: Iterable[str]) -> dict[int, bytes]:
    """The heads of a file that `head_line` wrote, or that somebody copied from daily protocols, in groups; by their
    positions. Two of one position that differ are the first.

    Raises ValueError for a line that is none.
    """
    heads = dict[int, bytes]()
    for line in filter(str.strip, lines):
        _, position, *groups = line.split()
        head = bytes.fromhex("".join(groups))
        if len(head) != len(FIRST):
            raise ValueError(line)
        heads.setdefault(int(position), head)
    return heads


def _whose(record: Mapping[str, Any]) -> Any:
    """What is erased together: the history of an application, or of a record that is of none."""
    return record.get("application_id") or (record["subject"], record["subject_id"])


def _apart(record: Mapping[str, Any], hidden: Iterable[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What lasts of a record and what can be erased of it. What is empty is said by neither: columns that come later
    are empty in what was sealed before.
    """
    lasting = {name: value for name, value in record.items() if value is not None}
    reason, details = lasting.pop("reason", None), lasting.pop("details", None)
    names = set(hidden)
    personal = {name: value for name, value in (details or {}).items() if name in names}
    if other := {name: value for name, value in (details or {}).items() if name not in names}:
        lasting["details"] = other
    return lasting, personal | ({} if reason is None else {"reason of the change": reason})


def _as_bytes(value: object) -> bytes:
    """One form for equal values, whichever database kept them."""
    return _WRITE(value).encode()


_WRITE = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def main(chain: str, heads: str = "") -> int:
    """Verify an exported chain, beside the heads that were given out where a file of them is named."""
    given, counted = dict[int, bytes](), count()
    if heads:
        with open(heads, encoding="utf-8") as told:
            given = heads_of(told)
    with open(chain, encoding="utf-8") as lines:
        try:
            fault = first_fault((of_line(line) for line, _ in zip(lines, counted, strict=False)), given)
        except (AttributeError, KeyError, TypeError, ValueError):
            print(f"BAD: line {next(counted)} is no record of a chain")
            return 1
    if fault:
        print(f"BAD: at {fault.position}, record {fault.number or 'unknown'}: {SENTENCES[fault.what]}")
        return 1
    print(f"good: {next(counted)} records, {len(given)} heads")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
