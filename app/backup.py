"""All that Kezek keeps in one file, and a Kezek made of it again, in an empty place (spec 7, ADR 35).

A backup is a tar: what is in it (manifest.json), a copy of the database, and the files. Secrets are none of it: the
key of forms, passwords of gateways and the keys of people's authority come from the environment.
"""

import json
import tarfile
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, NamedTuple

from flask_migrate import upgrade
from sqlalchemy import select

from app.actions import chain
from app.db import dump
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import Base
from app.now import now
from app.papers import storage
from app.rules.chain import SENTENCES

FORMAT = 1
MANIFEST, DATABASE, FILES = "manifest.json", "database", "files/"


class NotWhole(Exception):
    """A backup cannot be made, or is not what it says; the message says why, and names nobody."""


class Backup(NamedTuple):
    """What a backup holds. `rows`: of each table; `files`: their checksums by their names in the tar; `head`: of the
    history's chain, with its position.
    """

    made_at: str
    database: str
    rows: dict[str, int]
    files: dict[str, str]
    position: int
    head: str


def save(to: Path) -> Backup:
    """Write a backup into a file that is not there yet; whoever works goes on meanwhile.

    The database is copied first: each file that it names was kept before. Raises NotWhole.
    """
    if to.exists():
        raise NotWhole("there is such a file already")
    part = to.with_name(to.name + ".part")
    try:
        with TemporaryDirectory(dir=to.parent) as folder, tarfile.open(part, "w") as tar:
            copy = Path(folder) / DATABASE
            rows, sums = dump.dump(copy), dict[str, str]()
            with copy.open("rb") as content:
                sums[DATABASE] = _sum(content)
            tar.add(copy, DATABASE)
            for key in storage.all_keys():
                content = storage.read(key)
                sums[FILES + key] = sha256(content).hexdigest()
                _add(tar, FILES + key, content)
            with unscoped():
                last = chain.last_seal()
            head = (last.position, last.head.hex()) if last else (0, "")
            made = Backup(now().isoformat(), db.engine.dialect.name, rows, sums, *head)
            _add(tar, MANIFEST, json.dumps({"format": FORMAT, **made._asdict()}, indent=1).encode())
        part.rename(to)
    except dump.NoDump as error:
        raise NotWhole(str(error)) from None
    finally:
        part.unlink(missing_ok=True)
    return made


def bring_back(of: Path) -> Backup:
    """Fill an empty database and an empty folder from a backup, and look whether all of it came: the rows of each
    table, each file, and the chain of the history. Nothing is written before the backup was found to be whole.

    Raises NotWhole.
    """
    made = read(of)
    if made.database != db.engine.dialect.name:
        raise NotWhole(f"it is of {made.database}, and DATABASE_URL names {db.engine.dialect.name}")
    if next(storage.all_keys(), None) is not None:
        raise NotWhole("the folder of files is not empty: restore into a new KEZEK_VAR")
    with tarfile.open(of) as tar, TemporaryDirectory(dir=of.parent) as folder:
        copy = Path(folder) / DATABASE
        with _opened(tar, DATABASE) as content, copy.open("wb") as out:
            while portion := content.read(1 << 20):
                out.write(portion)
        try:
            rows = dump.bring_back(copy)
        except dump.NoDump as error:
            raise NotWhole(str(error)) from None
        for name in made.files:
            if name.startswith(FILES):
                with _opened(tar, name) as content:
                    storage.keep(name.removeprefix(FILES), content.read())
    if rows != made.rows:
        raise NotWhole(f"the database has other rows than were saved: {_differing(made.rows, rows)}")
    upgrade()
    with unscoped():
        if lost := next(_lost(), None):
            raise NotWhole(f"a file that the database names is not the one that was kept: {lost}")
        heads = {made.position: bytes.fromhex(made.head)} if made.position else {}
        if fault := chain.first_fault(heads, at=now()):
            raise NotWhole(f"the history is not whole: record {fault.number or 'unknown'}: {SENTENCES[fault.what]}")
    return made


def read(of: Path) -> Backup:
    """What a backup holds, after all of it was read and compared. Raises NotWhole."""
    try:
        with tarfile.open(of) as tar:
            with _opened(tar, MANIFEST) as content:
                told = json.load(content)
            if told.pop("format", None) != FORMAT:
                raise NotWhole("another version of Kezek made it")
            made = Backup(**told)
            if {one.name for one in tar} - {MANIFEST} != made.files.keys():
                raise NotWhole("it has other files than it says")
            for name, checksum in made.files.items():
                with _opened(tar, name) as content:
                    if _sum(content) != checksum:
                        raise NotWhole(f"a part of it is damaged: {name}")
    except (OSError, tarfile.TarError, ValueError, TypeError, KeyError):
        raise NotWhole("it is no backup of Kezek, or a part of it is missing") from None
    return made


def _lost() -> Iterator[str]:
    """The keys of files that rows name and that are not there as they were kept."""
    for mapper in Base.registry.mappers:
        columns = mapper.local_table.columns
        if {"file_key", "sha256"} <= set(columns.keys()):
            named = select(columns.file_key, columns.sha256).where(columns.file_key.is_not(None))
            for key, checksum in db.session.execute(named):
                try:
                    storage.read_whole(key, checksum)
                except storage.Damaged:
                    yield key


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o600
    tar.addfile(info, BytesIO(content))


def _opened(tar: tarfile.TarFile, name: str) -> Any:
    if (found := tar.extractfile(name)) is None:
        raise KeyError(name)
    return found


def _sum(content: BinaryIO) -> str:
    summed = sha256()
    while portion := content.read(1 << 20):
        summed.update(portion)
    return summed.hexdigest()


def _differing(saved: dict[str, int], found: dict[str, int]) -> str:
    return ", ".join(sorted(name for name in saved.keys() | found.keys() if saved.get(name) != found.get(name)))
