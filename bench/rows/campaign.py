"""Issue 13, 8: the morning of a campaign, against gunicorn as `make run` starts it (deploy/supervisord.conf).

Two thousand families look at their pages once a minute each; 24 places a minute are wanted by 21 families each, who
choose them one after the other by a code: what follows is shown, then sent. Requests come at their own times, however
slow the answers are, and an answer's time is counted from when its request was to be sent.
"""

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any, NamedTuple
from urllib.parse import urlencode

import psycopg

from app.cabinet.own import KEY
from bench.measure import Figure
from bench.rows.burst import CHOICES, p95
from bench.town import AT, Town, connect

WORK = (
    "2,000 families refresh once a minute, 504 choose a minute, 21 for each of 24 places: until 19 in 20 are answered"
)
PEER = "the limit, 300 ms"
TARGET = 1.0
ROOT = Path(__file__).resolve().parent.parent.parent
VISITS = Path(__file__).with_suffix(".sql")
REFRESH, PLACES, WANTED, LIMIT, SLICE = 2_000, 24, 21, 0.3, 10.0  # a minute; families for a place; seconds
SERVER = ("--preload", "--workers", "2", "--threads", "8", "--no-control-socket")
AT_ONCE = 128  # requests on their way
Asked = list[tuple[float, Any]]  # when, and what: a page, its address or the vacancy, and whose


class Answer(NamedTuple):
    """One answer: of which page, when that was to be asked for, how long it took from then on, its status and text."""

    page: str
    due: float
    seconds: float
    status: int
    text: str

    @property
    def names_free(self) -> bool:
        """Does it refuse, and say what else is free?"""
        return self.status == 422 and '<ul class="steps">' in self.text


def measure(town: Town, times: int) -> Figure:
    """As long as `times` slices of ten seconds. AssertionError where a place has more than one child, or none."""
    length = times * SLICE
    many = max(1, round(PLACES * length / 60))
    with town.copy("campaign") as url:
        of_town = prepared(url, many)
        with server(url) as (port, pids):
            before = processor(pids)
            answers = sent(port, schedule(length, *of_town))
            used = processor(pids) - before
        overbooked, taken = outcome(url, of_town[2])
    assert overbooked == 0, "places were given twice"
    chosen = [one for one in answers if one.page == "signed" and one.status == 303]
    refused = [one for one in answers if one.page == "signed" and one.status != 303]
    assert len(chosen) == taken, f"{len(chosen)} were told that they have a place, {taken} have one"
    slices = [[one.seconds for one in answers if n * SLICE <= one.due < (n + 1) * SLICE] for n in range(times)]
    pages = sorted({one.page for one in answers})
    each = ", ".join(f"{page} {p95([one.seconds for one in answers if one.page == page]) * 1000:.0f}" for page in pages)
    told = sum(one.names_free for one in refused)
    failed = sum(one.status >= 500 or one.status == 0 for one in answers)
    note = (
        f"{overbooked} overbooked; {taken} of {many} places taken, {told} of {len(refused)} who came too late were "
        f"told what else is free; p95 in ms: {each}; {failed} of {len(answers)} answers failed; "
        f"{used / len(answers) * 1000:.0f} ms of a processor an answer, the database's own left out"
    )
    return Figure([p95(some) for some in slices if some], [LIMIT for some in slices if some], note=note)


def prepared(url: str, many: int) -> tuple[list[int], list[int], list[int], int]:
    """The families that choose, those that look, the vacancies of one place each, and their district."""
    facts = {"families": many * WANTED, "turns": many, "free": 1, "refresh": REFRESH}
    with connect(url, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(CHOICES.read_text(), facts)
        connection.execute(VISITS.read_text(), facts)
        connection.execute("INSERT INTO demo_time (id, at) VALUES (1, %s)", [AT])
        families = [row[0] for row in connection.execute("SELECT id FROM family ORDER BY id")]
        refreshing = [row[0] for row in connection.execute("SELECT id FROM visits WHERE NOT chooses ORDER BY id")]
        _big, *small = [row[0] for row in connection.execute("SELECT id FROM vacancy ORDER BY id")]
        (district,) = connection.execute("SELECT place_id FROM here").fetchone()
    with connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return families, refreshing, small, district


@contextmanager
def server(url: str) -> Iterator[tuple[int, list[int]]]:
    """The web and its queue server, in a folder of their own: the port, and the web's processes."""
    with TemporaryDirectory() as var, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        told = {"KEZEK_VAR": var, "KEZEK_DEMO": "1", "DATABASE_URL": url, "REDIS_URL": f"unix://{var}/valkey.sock"}
        told |= {"SECRET_KEY": "for measuring only, long enough to be one", "KEZEK_PORT": str(port)}
        queue = [ROOT / ".venv/bin/valkey-server", "--dir", var, "--unixsocket", "valkey.sock", "--port", "0"]
        web = [ROOT / ".venv/bin/gunicorn", "run:create_app()", "--bind", f"127.0.0.1:{port}", *SERVER]
        place: dict[str, Any] = {"cwd": ROOT, "env": {**os.environ, **told}, "stdout": subprocess.DEVNULL}
        with subprocess.Popen([*queue, "--save", ""], **place) as valkey, subprocess.Popen(web, **place) as gunicorn:
            try:
                while one_answer(port, "/", "").status == 0:
                    sleep(0.2)
                yield port, [gunicorn.pid, *children(gunicorn.pid)]
            finally:
                gunicorn.terminate()
                valkey.terminate()


def schedule(length: float, families: list[int], refreshing: list[int], vacancies: list[int], district: int) -> Asked:
    """All that is asked, in its order."""
    looks, asked = round(REFRESH * length / 60), Asked()
    for n in range(looks):
        who, chooser = refreshing[n % len(refreshing)], families[n % len(families)]
        own, places = ("own", f"/my/a/{who}", who), ("places", f"/places?district={district}", 0)
        pages = own, places, own, ("list", f"/my/a/{chooser}/choose", chooser), own, ("check", "/queue", 0)
        asked.append((n * length / looks, pages[n % len(pages)]))
    for n, who in enumerate(families):
        asked.append((n * length / len(families), ("choose", vacancies[n // WANTED], who)))
    return sorted(asked, key=lambda one: one[0])


def sent(port: int, asked: Asked) -> list[Answer]:
    """Send each at its time; what came of them."""
    began, found = monotonic(), list[Answer]()

    def send(due: float, what: Any) -> None:
        page, where, who = what
        if page != "choose":
            found.append(one_answer(port, where, key(who), page=page, due=due, began=began))
            return
        address = f"/my/a/{who}/choose"
        shown = one_answer(port, address, key(who), {"vacancy": str(where)}, page="asked", due=due, began=began)
        found.append(shown)
        if challenge := re.search(r'name="challenge" value="([^"]+)"', shown.text):
            sent_at, typed = monotonic() - began, {"challenge": challenge[1]}
            found.append(one_answer(port, f"/my/a/{who}/signed", key(who), typed, "signed", sent_at, began))
        else:  # it was gone before it was shown
            found.append(shown._replace(page="signed"))

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for due, what in asked:
            sleep(max(0.0, began + due - monotonic()))
            threads.submit(send, due, what)
    return found


def one_answer(
    port: int,
    address: str,
    cookie: str,
    typed: dict[str, str] | None = None,
    page: str = "",
    due: float = 0.0,
    began: float = 0.0,
) -> Answer:
    """The answer of one page; status 0 where there is none."""
    status, text = 0, ""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Cookie": cookie, "Origin": f"http://127.0.0.1:{port}"}
        if typed is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request("POST" if typed is not None else "GET", address, urlencode(typed or {}) or None, headers)
        answer = connection.getresponse()
        status, text = answer.status, answer.read().decode()
    except OSError:
        pass
    finally:
        connection.close()
    return Answer(page, due, monotonic() - began - due, status, text)


def key(who: int) -> str:
    """The cookie of a family that has entered."""
    return f"{KEY}=bench-{who}" if who else ""


LIVE = "SELECT count(*) FROM holding JOIN seat ON seat.id = seat_id WHERE ended_at IS NULL AND seat.vacancy_id"
TWICE = "SELECT seat_id FROM holding WHERE ended_at IS NULL GROUP BY 1 HAVING count(*) > 1"


def outcome(url: str, vacancies: list[int]) -> tuple[int, int]:
    """Seats that more than one child holds, and vacancies beyond their places; how many of these places were taken."""
    beyond = f"SELECT id FROM vacancy WHERE places < ({LIVE} = vacancy.id)"
    with connect(url) as connection:
        overbooked = [*connection.execute(TWICE), *connection.execute(beyond)]
        (taken,) = connection.execute(f"{LIVE} = ANY(%s)", [vacancies]).fetchone()
    return len(overbooked), taken


def processor(pids: list[int]) -> float:
    """Seconds of a processor that these have used so far."""
    used = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        used += int(fields[11]) + int(fields[12])
    return used / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """What a process has started."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
