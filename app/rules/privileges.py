"""Spec 3.3: whose children have which privilege, and what an official must see before it counts."""

from collections.abc import Iterable
from datetime import date

from app.models import PrivilegeGround as G
from app.models import PrivilegeKind as K
from app.rules.refusals import Reason, Refusal

KIND_OF: dict[G, K] = {
    G.military: K.out_of_turn,
    G.special_state_body: K.out_of_turn,
    G.parent_disability: K.first_order,
    G.child_disability: K.first_order,
    G.orphan: K.first_order,
    G.large_family: K.first_order,
    G.special_needs: K.first_order,
    G.teacher: K.first_order,
}
CERTIFICATES = frozenset({G.military, G.teacher})  # spec 3.2: their papers hold for privilege.certificate


def understood(claimed: K | G) -> tuple[K, G | None]:
    """Spec 3.3: the kind of privilege that a ground gives, and the ground; a kind alone has none."""
    return (KIND_OF[claimed], claimed) if isinstance(claimed, G) else (claimed, None)


def not_to_come(days: Iterable[date], day: date) -> None:
    """S3: a paper that is brought was issued by then."""
    if late := [issued_on for issued_on in days if issued_on > day]:
        raise Refusal(Reason.paper_to_come, issued_on=min(late))


def proven(ground: G | None, papers: int) -> None:
    """S3 ("Жеңілдікті растайтын құжаттар"): a ground is confirmed by at least one paper."""
    if ground is not None and not papers:
        raise Refusal(Reason.no_paper)


def certificate(ground: G | None, days: Iterable[date]) -> date | None:
    """Spec 3.2 privilege.certificate: the day from which a claim's term runs, None for one without end.

    Of several papers the last one issued is the certificate that holds.
    """
    return max(days, default=None) if ground in CERTIFICATES else None


def not_over(last: date | None, day: date) -> None:
    """Spec 3.8: too_late to confirm by a certificate whose term has passed."""
    if last is not None and day > last:
        raise Refusal(Reason.too_late, last_day=last)
