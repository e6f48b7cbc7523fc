"""Spec 4, issue item 4: change any shipped number of the regulation by one and a scenario turns red.

That all are green with the numbers as shipped is what test_scenarios.py says.
"""

import pytest

from app.rules import shipped
from app.rules.norms import KNOWN
from app.rules.verbs import SIGN_IN
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
    "referral.priority": ["a-mini-centre-by-turn"],
    "referral.attend": ["a-mini-centre-without-turn"],
    "referral.stop_list": ["a-private-referral-is-missed"],
    "referral.misses": ["missed-twice"],
    "referral.extension": ["a-referral-is-extended"],
    "referral.extensions": ["a-referral-is-extended"],
    "referral.revocation": ["a-day-of-twenty-five-hours"],
    "referral.minimum_age": ["too-young-for-an-offer"],
    "state_order.minimum_age": ["a-private-place-on-state-order"],
    "state_order.turn": ["a-private-place-on-state-order"],
    "mini_centre.turn": ["a-mini-centre-by-turn"],
    "queue.ratio": ["places-one-by-one"],
    "queue.maximum_age": ["too-old-for-the-queue"],
    "rounds": ["a-temporary-place"],
    "notice.reminder": ["reminders"],
    "notice.quiet": ["no-sms-at-night"],
    "notice.daily": ["so-many-sms-a-day"],
    **{f"sign.{name}": ["by-a-code-or-by-a-key"] for name in SIGN_IN if name != "change"},
    "sign.join": ["another-parent-joins"],
    "sign.wish": ["on-the-waiting-list"],
    "wish.maximum": ["on-the-waiting-list"],
    "free_choice.window": ["a-place-not-taken-is-opened"],
}
ELSEWHERE = {  # what no scenario says
    "sign.change",  # how contacts are changed: tests/views/test_acts.py
    *("retention.application", "retention.message", "retention.file"),  # tests/actions/test_retention.py
}


def others(name: str, value: str) -> list[str]:
    """What else the norm might say: one more and one less (of a ratio and of hours each), or each other choice."""
    if choices := KNOWN[name].choices:
        return sorted(choices - {value})
    between = "-" if "-" in value else ":"
    numbers = [int(number) for number in value.split(between)]
    changed = [[*numbers[:i], n + by, *numbers[i + 1 :]] for i, n in enumerate(numbers) for by in (1, -1)]
    return [between.join(map(str, one)) for one in changed if min(one) > 0 or (one[1:] == [] and one[0] >= 0)]


CASES = [(name, other) for name, value, *_ in shipped.NORMS if name not in ELSEWHERE for other in others(name, value)]


@pytest.mark.parametrize(("name", "other"), CASES)
def test_another_number_turns_a_scenario_red(name, other, monkeypatch):
    changed = [(n, other if n == name else value, *rest) for n, value, *rest in shipped.NORMS]
    monkeypatch.setattr(shipped, "NORMS", changed)
    likely = SHOWN_BY.get(name, [])
    assert any(red(file) for file in sorted(FILES, key=lambda file: (file.stem not in likely, file.stem)))


def red(file) -> bool:
    try:
        with scratch("sqlite://"):
            return bool(play(read(file.read_text("utf-8"))).failed)
    except FileWrong:  # a child of the file could not even enter
        return True
