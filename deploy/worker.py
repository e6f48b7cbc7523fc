"""How the web takes requests: who sends or reads slowly keeps nobody waiting (docs/adr/0040-whole-requests.md).

gunicorn's threaded worker gives a request a thread from its first byte on and waits for the rest without an end, as it
does for whoever reads an answer: sixteen forms that were half sent stopped the web. Here threads are many, for they
cost little, and a few of them work at a time: a request takes its turn once all of it is there, and what does not come
is cut.
"""

import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from io import BytesIO
from threading import BoundedSemaphore
from time import monotonic
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from app.views.transport import MOST_MEGABYTES

AT_ONCE = 8  # requests of one process that are worked on
PATIENCE = 10  # seconds: for the head of a request, and for a first piece of its body
SLOWEST = 16_384  # bytes of a body a second, from then on
PIECE = 65_536  # bytes
MOST = MOST_MEGABYTES * 1_000_000  # bytes
SMALL = 262_144  # bytes: a form without a file; of larger bodies AT_ONCE are in memory at a time
READS = 30  # seconds for which nothing of an answer is taken


class Web(ThreadWorker):
    """One process of the web."""

    def init_process(self) -> None:
        self.ends: dict[socket.socket, float] = {}  # when what is being read there must have come
        self.turns, self.large = BoundedSemaphore(AT_ONCE), BoundedSemaphore(AT_ONCE)
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi = partial(self.in_turn, self.wsgi)

    def handle(self, conn: Any) -> Any:
        """What is over is closed here: gunicorn's main thread, which all others wait for, gives each client two seconds
        to close first.
        """
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", READS, 0))
        self.ends[conn.sock] = monotonic() + PATIENCE
        try:
            goes_on = super().handle(conn)
        finally:
            self.ends.pop(conn.sock, None)
        if not goes_on:
            conn.close(graceful=True)
        return goes_on

    def finish_request(self, conn: Any, fs: Any) -> None:
        if not fs.cancelled() and fs.exception() is None and not fs.result():
            self.nr_conns -= 1
        else:
            super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Once a second: whoever waits for more from a connection whose time is over reads its end instead."""
        super().murder_pending()
        for sock, end in self.ends.copy().items():
            if end < monotonic():
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RD)

    def in_turn(self, app: Callable[..., Iterable[bytes]], environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        """The answer to a whole request. One that is made while it is sent holds its turn, and its connection to the
        database, until it is sent; any other lies in memory, however slowly it is read.
        """
        streamed = True

        def begin(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            nonlocal streamed
            streamed = all(name.lower() != "content-length" for name, _value in headers)
            return start(status, headers, *error)

        with ExitStack() as held:
            self.read(environ, held)
            held.enter_context(self.turns)
            answer = app(environ, begin)
            if streamed:
                return Streamed(answer, held.pop_all().close)
        return answer

    def read(self, environ: dict[str, Any], held: ExitStack) -> None:
        """Take in all of the body. Of one that ends too early, the application says so."""
        sock, sent = environ["gunicorn.socket"], environ["wsgi.input"]
        chunked = "HTTP_TRANSFER_ENCODING" in environ
        length = MOST + 1 if chunked else int(environ.get("CONTENT_LENGTH") or 0)
        if length > MOST and not chunked:
            self.ends.pop(sock, None)
            return  # the application refuses it, unread
        if length > SMALL:
            self.ends.pop(sock, None)  # to wait for others is nobody's fault
            held.enter_context(self.large)
        body, begun = BytesIO(), monotonic()
        while rest := length - body.tell():
            self.ends[sock] = begun + PATIENCE + body.tell() / SLOWEST
            if not (piece := sent.read(min(PIECE, rest))):
                break
            body.write(piece)
        self.ends.pop(sock, None)
        body.seek(0)
        environ["wsgi.input"] = body


class Streamed:
    """An answer that is made while it is sent; `done` is called at its end, whatever that is."""

    def __init__(self, answer: Iterable[bytes], done: Callable[[], None]) -> None:
        self.answer, self.done = answer, done

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.answer)

    def close(self) -> None:
        try:
            if hasattr(self.answer, "close"):
                self.answer.close()
        finally:
            self.done()
