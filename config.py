"""What differs between machines: read from the environment, typed, without a default secret (spec 5-house)."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Config:
    """One machine's settings. `secret_key` may be empty: only the web needs it, and refuses to start without."""

    var: Path
    database_url: str
    redis_url: str
    secret_key: str = ""
    demo: bool = False
    url: str = "http://127.0.0.1:8080"  # what people outside type; a paper's QR leads there

    @property
    def files(self) -> Path:
        """Where generated papers are kept."""
        return self.var / "files"


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
        url=(env.get("KEZEK_URL") or f"http://127.0.0.1:{env.get('KEZEK_PORT') or 8080}").rstrip("/"),
    )
