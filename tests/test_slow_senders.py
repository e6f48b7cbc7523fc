"""Issue 14, 4: whoever sends half of a request, sends slowly, reads slowly or stays on the line keeps nobody waiting.

Against the web by itself, as `make run`, the units and the containers start it. Nothing here is timed: while they hold
on others are answered, and they do hold on then.
"""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from tests.running import soon, web_alone

FORM = b"POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
FILE = b"POST /imports/begin HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\n"
HALVES = {  # what is sent of a request, and by how many who send no more
    "a form": (FORM + b"Content-Length: 1000\r\n\r\nusername=a", 40),
    "a form in pieces": (FORM + b"Transfer-Encoding: chunked\r\n\r\n5\r\nuser", 10),
    "a head": (FORM + b"X-Long: ", 40),
    "nothing": (b"", 40),
    "a file": (FILE + b"Content-Length: 9000000\r\n\r\n" + b"-" * 1000, 10),
}
WITHIN = 60  # seconds: nobody waits for so long but whoever is kept out


@pytest.fixture(scope="module")
def port(seeded: Path) -> Iterator[int]:
    with web_alone(seeded) as port:
        yield port


def line(port: int, sent: bytes, room: int | None = None) -> socket.socket:
    """A connection on which this was sent; `room`: bytes of an answer that are taken without being read."""
    client = socket.socket()
    if room is not None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    client.settimeout(WITHIN)
    client.connect(("127.0.0.1", port))
    client.sendall(sent)
    return client


def status(port: int, path: str) -> int:
    """How a page is answered to somebody else, on a line of its own."""
    with closing(line(port, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())) as client:
        return int(client.makefile("rb").readline().split()[1])


def heard(client: socket.socket) -> bytes | None:
    """What came on a line, b"" once it was cut; None where it is held, and silent."""
    client.setblocking(False)
    try:
        return client.recv(65536)
    except BlockingIOError:
        return None
    except ConnectionError:
        return b""


def say_on(client: socket.socket) -> None:
    """One byte more, as of a form that comes very slowly."""
    client.setblocking(False)
    with suppress(OSError):  # it was cut
        client.send(b"a")


def test_forty_half_sent_requests_of_each_kind_keep_nobody_from_reading_and_each_is_cut_or_answered(port):
    with ExitStack() as held:
        lines = {
            kind: [held.enter_context(closing(line(port, sent))) for _ in range(times)]
            for kind, (sent, times) in HALVES.items()
        }
        slow = [held.enter_context(closing(line(port, HALVES["a form"][0]))) for _ in range(40)]
        left = [*slow, *(one for some in lines.values() for one in some)]
        assert {path: status(port, path) for path in ("/health/live", "/", "/login/")} == {
            "/health/live": 200,
            "/": 200,
            "/login/": 200,
        }
        assert [one for one in left if heard(one) is not None] == [], "they were held while others read"

        def all_ended() -> bool:
            for one in slow:
                say_on(one)
            left[:] = [one for one in left if heard(one) is None]
            return not left

        assert soon(all_ended, every=0.5)
        assert status(port, "/") == 200


def test_whoever_reads_nothing_of_an_answer_keeps_nobody_waiting(port):
    asked = b"GET /static/vendor/screen/tabler.min.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with ExitStack() as held:
        for _ in range(40):
            held.enter_context(closing(line(port, asked * 12, room=2048)))  # more than a kernel keeps for a line
        assert status(port, "/") == 200


def test_whoever_stays_on_the_line_after_its_answer_keeps_nobody_waiting(port):
    """Each was given two seconds to close, and all others waited for that."""
    with ExitStack() as held:
        for _ in range(120):
            held.enter_context(closing(line(port, b"GET /health/live HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")))
        assert status(port, "/") == 200


def test_what_is_sent_slowly_but_whole_is_taken(port):
    """A form in small pieces, and one in chunks."""
    with closing(line(port, FORM + b"Content-Length: 10\r\n\r\n")) as client:
        for sign in b"username=a":
            client.sendall(bytes([sign]))
        assert client.makefile("rb").readline().split()[1] == b"400", "without its token"
    with closing(line(port, FORM + b"Transfer-Encoding: chunked\r\n\r\n")) as client:
        for piece in (b"5\r\nusern\r\n", b"5\r\name=a\r\n", b"0\r\n\r\n"):
            client.sendall(piece)
        assert client.makefile("rb").readline().split()[1] == b"400"
