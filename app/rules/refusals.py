"""Why an action is refused: the names that people, scenarios and machines all see."""

from collections.abc import Callable
from enum import StrEnum, auto


class Reason(StrEnum):
    """Spec 4, named refusals: one word per cause; `no_norm` is ours, for a number nobody has entered, and
    so are `no_paper` and `paper_to_come`, for the papers of a privilege, `bad_number`, of an application, and
    `drawn_by_lot`, of a place that is not chosen but drawn. Those from `bad_signature` on are of signatures (spec 10),
    the last one of the second factor (spec 7)."""

    not_their_turn = auto()
    no_free_place = auto()
    place_is_lent = auto()
    drawn_by_lot = auto()
    stop_listed = auto()
    too_young = auto()
    too_late = auto()
    too_long = auto()
    already_used = auto()
    not_allowed = auto()
    wrong_status = auto()
    wrong_birth_year = auto()
    wrong_place = auto()
    reason_required = auto()
    signature_required = auto()
    too_old = auto()
    no_calendar = auto()
    already_waiting = auto()
    recorded_otherwise = auto()
    bad_iin = auto()
    bad_number = auto()
    no_norm = auto()
    no_paper = auto()
    paper_to_come = auto()
    bad_signature = auto()
    wrong_key = auto()
    weak_key = auto()
    foreign_iin = auto()
    foreign_bin = auto()
    certificate_expired = auto()
    certificate_revoked = auto()
    unknown_issuer = auto()
    revocation_unknown = auto()
    no_service = auto()
    service_away = auto()
    challenge_over = auto()
    qr_away = auto()
    qr_cancelled = auto()
    qr_over = auto()
    factor_required = auto()


# Spec 3.8, "Which refusal first". no_free_place stands twice: before not_their_turn where every published
# place is held or enrolled, after it otherwise. What is missing here never competes with another refusal.
ORDER = (
    Reason.not_allowed,
    Reason.too_late,
    Reason.stop_listed,
    Reason.wrong_status,
    Reason.reason_required,
    Reason.signature_required,
    Reason.wrong_place,
    Reason.wrong_birth_year,
    Reason.too_young,
    Reason.too_old,
    Reason.already_used,
    Reason.too_long,
    Reason.no_free_place,
    Reason.not_their_turn,
    Reason.no_free_place,
    Reason.drawn_by_lot,
    Reason.no_calendar,
)


class Refusal(Exception):
    """Spec 4: the regulation says no, with the reason's name and the facts its sentence needs.

    Facts reach screens and logs, so they never carry an IIN or a name. `part` names what is at fault, `parts` where
    several things at once wait for a reason.
    """

    def __init__(self, reason: Reason, /, **facts: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.reason} ({facts})" if facts else str(self.reason)


def accepted(check: Callable[[], object]) -> bool:
    """Does a verb's own check let it pass? What a page offers asks nothing else."""
    try:
        check()
    except Refusal:
        return False
    return True
