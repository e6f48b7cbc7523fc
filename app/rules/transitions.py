"""Spec 3.8: every status changes by a verb of these tables alone; `actions/moving.py` is their only reader.

A row is ``verb: (from, to)``. Where a verb may lead to more than one status the action names it (``to=``), and
it must be one of the set. Who may do a verb is in permissions.py; what follows from it is in actions/.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from app.models import (
    Application,
    Contract,
    Offer,
    Privilege,
    Referral,
    Vacancy,
    Voucher,
)
from app.models import (
    ApplicationStatus as A,
)
from app.models import (
    ContractStatus as C,
)
from app.models import (
    OfferStatus as F,
)
from app.models import (
    PrivilegeStatus as P,
)
from app.models import (
    ReferralStatus as R,
)
from app.models import (
    VacancyStatus as Y,
)
from app.models import (
    VoucherStatus as V,
)
from app.rules.refusals import Reason, Refusal

APPLICATION_FINAL = frozenset({A.enrolled, A.removed, A.archived})


@dataclass(frozen=True)
class Step:
    """From which statuses a verb starts, to which it may lead, whether a reason must be given, where spec 3 says so."""

    source: frozenset[StrEnum]
    target: frozenset[StrEnum]
    reason_required: bool = False
    clause: str = "3.8"


def step(
    source: Collection[StrEnum], target: StrEnum | set[StrEnum], *, reason: bool = False, clause: str = "3.8"
) -> Step:
    return Step(frozenset(source), frozenset(target if isinstance(target, set) else {target}), reason, clause)


MOVES: dict[type, dict[str, Step]] = {
    Application: {
        "issue": step({A.queued}, A.confirming, clause="3.4.1"),
        "issue_out_of_turn": step({A.queued}, A.confirming, reason=True, clause="3.8"),
        "confirm": step({A.confirming}, A.voucher_issued, clause="3.4.2"),
        "refuse": step({A.confirming, A.voucher_issued}, A.archived, clause="3.4.2"),
        "lapse": step({A.confirming}, A.stop_listed, clause="3.4.2"),
        "expire": step({A.voucher_issued, A.referred}, A.archived, clause="3.4.4"),
        "restore": step({A.stop_listed}, A.queued, clause="3.4.3"),
        "offer": step({A.queued}, A.notified, clause="3.5.1"),
        "pass_over": step({A.notified}, A.queued, clause="3.5.2"),
        "choose": step({A.voucher_issued, A.notified, A.queued}, {A.referred, A.queued}, clause="3.4.4, 3.5.2"),
        "enrol": step({A.referred}, A.enrolled, clause="3.4.4, 3.5.5"),
        "miss": step({A.referred}, {A.stop_listed, A.removed}, clause="3.5.5"),
        "release": step({A.stop_listed}, A.queued, clause="3.5.6"),
        "revoke": step({A.confirming, A.voucher_issued, A.referred}, A.queued, clause="3.4.5, 3.5.5"),
        "withdraw": step(
            {A.queued, A.notified, A.confirming, A.voucher_issued, A.stop_listed, A.referred}, A.removed, clause="3.8"
        ),
        "archive": step(set(A) - APPLICATION_FINAL, A.archived, reason=True, clause="3.4.5"),
        "reinstate": step({A.archived, A.removed}, A.queued, reason=True, clause="3.8"),
        "leave": step({A.enrolled}, A.archived, clause="3.8"),
    },
    Voucher: {
        "confirm": step({V.issued}, V.confirmed),
        "lapse": step({V.issued}, V.lapsed),
        "refuse": step({V.issued, V.confirmed}, V.refused),
        "revoke": step({V.issued, V.confirmed}, V.revoked),
        "expire": step({V.confirmed}, V.expired),
        "use": step({V.confirmed}, V.used),
        "annul": step({V.confirmed}, V.annulled),
    },
    Offer: {
        "choose": step({F.live}, F.chosen),
        "pass_over": step({F.live}, F.passed_over),
        "end": step({F.live}, F.ended),
    },
    Referral: {
        "use": step({R.issued}, R.used),
        "miss": step({R.issued}, R.missed),
        "revoke": step({R.issued}, R.revoked),
    },
    Contract: {
        "sign": step({C.draft, C.signed_by_family}, {C.draft, C.signed_by_family, C.signed}),
        "void": step({C.draft, C.signed_by_family, C.signed}, C.void),
    },
    Vacancy: {
        "publish": step({Y.draft}, Y.published),
        "close": step({Y.published}, Y.closed),
        "end": step({Y.draft, Y.published}, Y.closed, clause="3.6"),
    },
    Privilege: {
        "confirm": step({P.claimed}, P.confirmed),
        "reject": step({P.claimed, P.confirmed}, P.rejected),
        "expire": step({P.confirmed}, P.expired),
    },
}


def target(model: type, verb: str, status: StrEnum, to: StrEnum | None = None) -> StrEnum:
    """Spec 3.8: the status that `verb` leads to from `status`.

    Raises Refusal(wrong_status) when the table has no such step, ValueError when `to` is not one of its targets
    or is missing where there are several: that is a mistake of ours, not of a person.
    """
    row = MOVES[model].get(verb)
    if row is None or status not in row.source:
        raise Refusal(Reason.wrong_status, status=str(status), verb=verb)
    if to is None and len(row.target) == 1:
        return next(iter(row.target))
    if to not in row.target:
        raise ValueError(f"{verb} leads to {sorted(row.target)}, not to {to}")
    return to
