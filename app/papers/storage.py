"""Where files are kept: under Config.files, by a key of ours, whole or not at all."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from typing import Any

import fsspec
from flask import current_app
from fsspec.implementations.local import LocalFileSystem
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.db.extensions import db

UNCOMMITTED = "kezek_files_of_this_transaction"
TAIL = 4096  # bytes of a text, in which its last lines stand


class Damaged(Exception):
    """The file is gone or is not the one that was kept: its checksum differs."""


def keep(key: str, content: bytes) -> None:
    """Write a file so that it is there entirely, and still after a power cut, or not there; the key's last one wins.

    One writer for a key at a time (its outbox row's lock): a killed writer's beginnings are overwritten by the next.
    """
    files, root = _place()
    path, unfinished = f"{root}/{key}", f"{root}/{key}.part"
    try:
        with files.open(unfinished, "wb") as file:
            file.write(content)
            file.flush()
            if files.local_file:
                os.fsync(file.fileno())
        files.mv(unfinished, path)
    except BaseException:  # of a full disk, too, nothing stays that nobody knows of
        with suppress(OSError):
            files.rm_file(unfinished)
        raise
    if files.local_file:
        _sync_folder(os.path.dirname(path))


def keep_with_rows(key: str, content: bytes) -> None:
    """The same, for a key that only rows of this transaction name: if they are rolled back, the file goes with them."""
    db.session.info.setdefault(UNCOMMITTED, []).append(key)
    keep(key, content)


def read(key: str) -> bytes:
    """What was kept under this key. FileNotFoundError where nothing was."""
    files, root = _place()
    return files.cat_file(f"{root}/{key}")


def read_whole(key: str, checksum: str) -> bytes:
    """The same, as it was kept; `checksum`: its sha256 then. Raises Damaged."""
    try:
        content = read(key)
    except FileNotFoundError as error:
        raise Damaged(key) from error
    if sha256(content).hexdigest() != checksum:
        raise Damaged(key)
    return content


def remove(key: str) -> None:
    """Of this key nothing is kept from now on; of one that was not there neither."""
    files, root = _place()
    with suppress(FileNotFoundError):
        files.rm_file(f"{root}/{key}")


def all_keys() -> Iterator[str]:
    """The key of each file that is kept; of what nobody finished there is none."""
    files, root = _place()
    for path in sorted(files.find(root)) if files.exists(root) else ():
        if not path.endswith(".part"):
            yield path.removeprefix(root).lstrip("/")


def lines_at(address: str) -> list[str]:
    """The lines of a text anywhere: a path, or an address that fsspec knows (s3://...); none where there is no text.

    Raises OSError, and ImportError for an address whose package is not installed.
    """
    files, path = fsspec.url_to_fs(address, auto_mkdir=True)
    try:
        return str(files.cat_file(path).decode()).splitlines()
    except FileNotFoundError:
        return []


def last_lines_at(address: str) -> list[str]:
    """The last of them, however long the text has become: one at least where there is any. Raises as `lines_at`."""
    files, path = fsspec.url_to_fs(address, auto_mkdir=True)
    try:
        end = files.tail(path, TAIL)
    except FileNotFoundError:
        return []
    lines = end.decode().splitlines()
    return lines if len(end) < TAIL else lines[1:]  # the first of them may have been cut


def add_lines(address: str, lines: Iterable[str]) -> None:
    """Add lines at the end of such a text; what stores whole objects alone writes it anew. Raises as `lines_at`."""
    files, path = fsspec.url_to_fs(address, auto_mkdir=True)
    more = "".join(line + "\n" for line in lines).encode()
    if isinstance(files, LocalFileSystem):
        with files.open(path, "ab") as file:
            file.write(more)
            file.flush()
            os.fsync(file.fileno())
    else:
        files.pipe_file(path, (files.cat_file(path) if files.exists(path) else b"") + more)


def _place() -> tuple[Any, str]:
    return fsspec.url_to_fs(str(current_app.config["KEZEK"].files), auto_mkdir=True)


def _sync_folder(path: str) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@event.listens_for(db.session, "after_commit")
def _after_commit(session: Session) -> None:
    """A savepoint that is released is no commit yet."""
    if not session.in_nested_transaction():
        session.info.pop(UNCOMMITTED, None)


@event.listens_for(db.session, "after_rollback")
def _after_rollback(session: Session) -> None:
    for key in session.info.pop(UNCOMMITTED, ()):
        files, root = _place()
        with suppress(OSError):
            files.rm_file(f"{root}/{key}")
