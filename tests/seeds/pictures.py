"""The pictures beside the instructions of families: `make screenshots` walks through the seeds and keeps what the
parent sees at these steps, in Kazakh and Russian, of invented people on loopback.
"""

import logging
import tempfile
from pathlib import Path

from tests.conftest import Databases
from tests.seeds import Step, walk
from tests.seeds.every import SEEDS
from tools.screenshots import small

FOLDER = Path(__file__).resolve().parents[2] / "app/static/help"
LARGEST = 24_000  # bytes: a phone loads several of them
SHOWN = {"x": 0, "y": 0, "width": 360, "height": 600}
TAKEN = {  # after which step: the picture's name, and from where on it shows the page
    ("S0", 5): ("front", ""),
    ("S0", 16): ("turn", ".above"),
    ("S1", 48): ("key", "h1"),
    ("S1", 80): ("voucher", ".above"),
    ("S1", 87): ("temporary", "tr:has-text('30.04.2026')"),
    ("S2", 153): ("choose", ".above"),
    ("S2", 160): ("papers", "h3"),
    ("S3", 186): ("new", "h1"),
}


def take(seen: walk.Walk, name: str, top: str) -> None:
    """The page that is open, in both languages; it is open in Kazakh again afterwards."""
    address = seen.page.url.partition("#")[0]  # to a place on a page one would go without loading it anew
    for language in ("ru", "kk"):
        seen.page.context.add_cookies([{"name": "language", "value": language, "url": address}])
        seen.page.goto(address)
        if top:
            place = seen.page.locator(top).first
            place.evaluate("one => scrollTo(0, one.getBoundingClientRect().top + scrollY - 12)")
        picture = seen.page.screenshot(clip=SHOWN)
        (FOLDER / f"{name}-{language}.png").write_bytes(small(picture, LARGEST))


def main(var: Path) -> None:
    """All of them anew."""
    FOLDER.mkdir(exist_ok=True)
    logging.disable(logging.INFO)
    databases = Databases(var, "")
    web = databases.app("sqlite", web=True)
    for name, (seed, town) in SEEDS.items():

        def keep(seen: walk.Walk, step: Step, of: str = name) -> None:
            if found := TAKEN.get((of, step.number)):
                take(seen, *found)

        folder = var / name
        folder.mkdir()
        outcomes = walk.told(seed, web, folder, town, after=keep)
        assert not any(outcomes.values()), outcomes
        with web.app_context():
            databases.wipe("sqlite")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(Path(folder))
