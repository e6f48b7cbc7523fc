"""How each part stands at this moment, in a word and in numbers: asked anew each time, for it costs some statements."""

import os
import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from flask import current_app
from redis import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

import config as settings
from app.actions import chain
from app.db.extensions import db, redis
from app.db.viewer import unscoped
from app.models import Channel, Delivery, DeliveryStage, LastRun
from app.now import now
from app.rules import work

GOOD, AWAY, BEHIND, LATE, FULL = "good", "away", "behind", "late", "full"
READY, DEGRADED, DOWN = "ready", "degraded", "down"
# Seconds after which a part is late. The alarms of docs/operations.md say the same.
CLOCK_LATE, SEAL_LATE, WORK_LATE, GATEWAY_LATE = 300, 300, 900, 1800
LEAST_FREE = 200_000_000  # bytes, for files


class Numbers(NamedTuple):
    """What the database tells. Ages in seconds, `runs` in seconds since 1970."""

    work: Mapping[tuple[str, str], int]  # (job, state) -> rows
    oldest: Mapping[str, float]  # job -> for how long the oldest row that may be done waits
    failed_notices: int
    runs: Mapping[str, float]
    unsealed: float  # for how long the oldest record that is not sealed waits


class Examined(NamedTuple):
    """`parts`: each with its word; `numbers`: None where there is no database to tell them."""

    parts: dict[str, str]
    numbers: Numbers | None
    free: int | None


def look() -> Examined:
    """Ask every part; none of them fails this."""
    numbers, database = _database()
    free = _free(current_app.config["KEZEK"].files)
    parts = {"database": database, "queue": GOOD if _queue_answers() else AWAY}
    parts["files"] = AWAY if free is None else GOOD if free >= LEAST_FREE else FULL
    if numbers is not None:
        clock = datetime.now(UTC).timestamp() - numbers.runs.get("clock", 0)
        late = {"clock": clock > CLOCK_LATE, "history": numbers.unsealed > SEAL_LATE}
        gateways = {"letters": Channel.email, "sms": Channel.sms}
        late |= {part: numbers.oldest.get(way, 0) > GATEWAY_LATE for part, way in gateways.items()}
        others = [age for job, age in numbers.oldest.items() if job not in gateways.values()]
        late["work"] = max(others, default=0) > WORK_LATE
        parts |= {part: LATE if is_late else GOOD for part, is_late in late.items()}
    return Examined(parts, numbers, free)


def state(found: Examined) -> str:
    """Down where no page can be served."""
    if found.parts["database"] != GOOD:
        return DOWN
    return READY if set(found.parts.values()) == {GOOD} else DEGRADED


def _database() -> tuple[Numbers | None, str]:
    """What it tells, and whether its tables are those of this code: older ones serve no page, newer ones do."""
    try:
        with unscoped():
            version = db.session.scalar(text("SELECT version_num FROM alembic_version"))
            newest, known = versions()
            if version != newest and version in known:
                return None, BEHIND
            return _numbers(), GOOD
    except SQLAlchemyError:
        db.session.remove()
        return None, AWAY


def _numbers() -> Numbers:
    at, states, oldest = now(), dict[tuple[str, str], int](), dict[str, float]()
    for job, *counts, due in db.session.execute(work.by_job(at)):
        states |= {(job, name): count for name, count in zip(work.OPEN, counts, strict=True)}
        oldest[job] = max(0.0, (at - due).total_seconds()) if due else 0.0
    failed = db.select(db.func.count()).select_from(Delivery).where(Delivery.stage == DeliveryStage.failed)
    since = chain.unsealed_since()
    return Numbers(
        work=states,
        oldest=oldest,
        failed_notices=db.session.scalar(failed) or 0,
        runs={job: ended.timestamp() for job, ended in db.session.execute(db.select(LastRun.job, LastRun.ended_at))},
        unsealed=max(0.0, (at - since).total_seconds()) if since else 0.0,
    )


def _queue_answers() -> bool:
    try:
        return bool(redis().ping())
    except (RedisError, OSError):
        return False


def _free(folder: Path) -> int | None:
    """Bytes that may still be written there; None where nothing may."""
    there = next((one for one in (folder, *folder.parents) if one.exists()), folder)
    try:
        return shutil.disk_usage(there).free if os.access(there, os.W_OK) else None
    except OSError:
        return None


@cache
def versions() -> tuple[str, frozenset[str]]:
    """The newest version of the tables that this code knows, and all of them; to run them would take long."""
    files = [path.read_text("utf-8") for path in settings.ROOT.glob("migrations/versions/*.py")]
    known, followed = (
        {found[1] for one in files if (found := re.search(rf"^{name}\b.*= ['\"](\w+)", one, re.MULTILINE))}
        for name in ("revision", "down_revision")
    )
    (newest,) = known - followed
    return newest, frozenset(known)
