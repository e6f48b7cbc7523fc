"""Spec 4, issue item 4: change any shipped number of the regulation by one and a scenario turns red."""

import pytest

from app import shipped
from app.rules.norms import KNOWN
from app.scenarios.checking import read
from app.scenarios.player import play
from app.scenarios.reading import FileWrong
from app.scenarios.scratch import scratch
from tests.scenarios import FILES

# norm: the scenarios that are likely to show it; the others are asked after them
SHOWN_BY = {
    "procedure": ["the-other-procedure"],
    "voucher.confirm": ["confirmed-on-the-last-minute"],
    "voucher.choose": ["a-place-is-chosen-by-the-last-day"],
    "voucher.stop_list": ["holidays-do-not-count"],
    "voucher.restorations": ["restored-once"],
    "voucher.restorations_per": ["restored-once"],
    "queue.maximum_age": ["too-old-for-the-queue"],
    "rounds": ["a-temporary-place"],
    "notice.reminder": ["reminders"],
}


def others(name: str, value: str) -> list[str]:
    """What else the norm might say: one more and one less, or each of its other choices."""
    choices = KNOWN[name].choices
    return sorted(choices - {value}) if choices else [str(int(value) + 1), str(int(value) - 1)]


CASES = [(name, other) for name, value, *_ in shipped.NORMS for other in others(name, value)]


@pytest.mark.parametrize(("name", "other"), CASES)
def test_another_number_turns_a_scenario_red(name, other, monkeypatch):
    changed = [(n, other if n == name else value, *rest) for n, value, *rest in shipped.NORMS]
    monkeypatch.setattr(shipped, "NORMS", changed)
    likely = SHOWN_BY.get(name, [])
    assert any(red(file) for file in sorted(FILES, key=lambda file: (file.stem not in likely, file.stem)))


def test_with_the_numbers_as_shipped_the_same_scenarios_are_green():
    likely = {stem for stems in SHOWN_BY.values() for stem in stems}
    assert [file.stem for file in FILES if file.stem in likely and red(file)] == []


def red(file) -> bool:
    try:
        with scratch("sqlite://"):
            return bool(play(read(file.read_text("utf-8"))).failed)
    except FileWrong:  # a child of the file could not even enter
        return True
