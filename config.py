"""What differs between machines: read from the environment, typed, without a default secret (spec 5-house)."""

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

ROOT = Path(__file__).resolve().parent
LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Config:
    """One machine's settings. `secret_key` may be empty: only the web needs it, and refuses to start without."""

    var: Path
    database_url: str
    redis_url: str
    secret_key: str = ""
    demo: bool = False
    url: str = "http://127.0.0.1:8080"  # what people outside type; a paper's QR leads there
    more_hosts: tuple[str, ...] = ()  # other names that this machine answers to
    proxies: int = 0  # how many of our own stand before the web, each adding X-Forwarded-For, -Proto and -Host
    session_idle: timedelta = timedelta(minutes=30)  # nobody clicks for so long: signed out
    session_longest: timedelta = timedelta(hours=12)  # signed out then, whatever one does

    @property
    def files(self) -> Path:
        """Where generated papers are kept."""
        return self.var / "files"

    @property
    def hosts(self) -> list[str]:
        """The names that the web answers to; any other Host is somebody else's idea (spec 7)."""
        return [urlsplit(self.url).hostname or LOOPBACK[0], *self.more_hosts, *LOOPBACK]


def load(env: dict[str, str] | None = None) -> Config:
    """Read the settings from `env` (the process's environment when None)."""
    env = dict(os.environ) if env is None else env
    var = Path(env.get("KEZEK_VAR") or ROOT / "var").resolve()
    return Config(
        var=var,
        database_url=env.get("DATABASE_URL") or f"sqlite:///{var}/kezek.db",
        redis_url=env.get("REDIS_URL") or "unix://" + quote(str(var / "valkey.sock")),
        secret_key=env.get("SECRET_KEY", ""),
        demo=env.get("KEZEK_DEMO") == "1",
        more_hosts=tuple(env.get("KEZEK_HOSTS", "").split()),
        proxies=int(env.get("KEZEK_PROXIES") or 0),
        session_idle=timedelta(minutes=int(env.get("KEZEK_SESSION_IDLE") or 30)),
        session_longest=timedelta(minutes=int(env.get("KEZEK_SESSION_LONGEST") or 720)),
        url=(env.get("KEZEK_URL") or f"http://127.0.0.1:{env.get('KEZEK_PORT') or 8080}").rstrip("/"),
    )
