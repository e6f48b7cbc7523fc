"""How the web is served: `gunicorn -c deploy/gunicorn.conf.py`, in the project's folder, by whatever starts it.

KEZEK_BIND: an address and a port of its own, 127.0.0.1:KEZEK_PORT where it is not set.
"""

import os
import shutil
import tempfile
from pathlib import Path

wsgi_app = "run:create_app()"
preload_app = True  # the processes are forked from one that has imported all, so that both cores answer sooner
workers = 2
worker_class = "deploy.worker.Web"  # whole requests, in turn
threads = 200  # requests of a process that are read or answered; few of them are worked on at a time
worker_connections = 500  # with those that are kept open for another request; a process may open 1,024 files
forwarder_headers = ""  # a proxy says nothing of our own addresses, so nobody else does by its name
control_socket_disable = True
graceful_timeout = 30  # seconds for what was begun, when it is to end: a new one answers meanwhile
bind = os.environ.get("KEZEK_BIND") or f"127.0.0.1:{os.environ.get('KEZEK_PORT') or 8080}"
if os.environ.get("KEZEK_DEMO") == "1" and not bind.startswith("127.0.0.1:"):
    raise SystemExit("The demo's accounts are known to everybody: it is for this machine alone, without KEZEK_BIND.")

# Where its processes add up what they count. In memory, for a full disk would end whoever writes there.
memory = Path("/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir())
for left in memory.glob("kezek-web-*-*"):  # by one that was killed
    if not Path("/proc", left.name.split("-")[2]).exists():
        shutil.rmtree(left, ignore_errors=True)
counted = tempfile.mkdtemp(prefix=f"kezek-web-{os.getpid()}-", dir=memory)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = counted  # before prometheus_client is imported, which looks for it once


def child_exit(server, worker):
    """What it counted stays counted; what it was just doing it does no more."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server):
    """Nothing is left behind."""
    shutil.rmtree(counted, ignore_errors=True)
