"""EVERY VERB ONCE (spec 1, 3.8): who may do it, from which status to which, what it asks, and what goes with it.

A row is ``subject: {verb: Verb(clause, roles, from, to, ...)}``. A status changes by these rows alone; where a verb may
lead to more than one, its action names it (``to=``). What a verb does is one function, beside its name in
actions/possible.py; what people read of it is in words/verbs.py, and what a family is told in words/notices.py. How to
add one: docs/adr/0020-verbs.md.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from enum import StrEnum, auto

from app.models import (
    Application,
    Audience,
    Base,
    BulkRun,
    Client,
    Contract,
    ContractText,
    DayOff,
    Delivery,
    Enrolment,
    Guardianship,
    ImportRun,
    Lot,
    LotEntry,
    Norm,
    Notice,
    Offer,
    Outbox,
    Place,
    Privilege,
    Proposal,
    QueueOrder,
    Referral,
    Round,
    SanatoriumCertificate,
    SignedInBy,
    User,
    Vacancy,
    Voucher,
    WaitingEntry,
)
from app.models import ApplicationStatus as A
from app.models import ContractStatus as C
from app.models import DocumentKind as D
from app.models import GuardianshipStatus as G
from app.models import LotEntryStatus as L
from app.models import OfferStatus as F
from app.models import PrivilegeStatus as P
from app.models import ReferralStatus as S
from app.models import VacancyStatus as Y
from app.models import VoucherStatus as V
from app.rules.refusals import Reason, Refusal
from app.rules.roles import COUNTER, FAMILY, NEXT, OFFICE, Role

Statuses = Set[StrEnum]
Roles = frozenset[Role]
Papers = frozenset[D]

APPLICATION_FINAL = frozenset({A.enrolled, A.removed, A.archived})
NOT_FINAL = frozenset(A) - APPLICATION_FINAL
MANY, ANY = 50, 1_000_000_000  # records at once
TOLD = (Audience.family,)
BOTH_PARENTS = (Audience.family, Audience.guardian)
KINDERGARTEN = (Audience.kindergarten,)
BOTH = (Audience.family, Audience.kindergarten)
EVERY_PAPER = frozenset(D) - {D.protocol, D.daily_protocol}  # of a family
OF_ITSELF = frozenset({D.registration_notice, D.receipt, D.book_entry})  # of an application in the queue


class ForFamily(StrEnum):
    """Spec 3.8: does an official at the counter do this verb for a family, by the family's signed paper?"""

    never = auto()
    always = auto()
    with_paper = auto()  # without one the office does it by itself


@dataclass(frozen=True)
class Verb:
    """One row. What is named here holds for every entrance; a test compares what cannot be derived from it."""

    clause: str
    roles: Roles  # who may do it, within their reach
    source: Statuses = frozenset()  # none: it changes no status, or begins with the record
    target: Statuses = frozenset()
    follows: bool = False  # only from another verb, and then wherever the record lies
    reason: bool = False  # no status changes without a reason
    asks: tuple[str, ...] = ()  # what its function needs besides a yes, by the names of its arguments
    family: ForFamily = ForFamily.never
    tells: tuple[Audience, ...] = ()  # a notice bears the verb's name
    term: Roles = frozenset()  # who may do it within a running term alone
    many: bool = False  # a list offers it as a bulk run: tried first, then done row by row
    alone: int | None = None  # of how many records at once without another official's yes; None: not done to many
    onward: bool = False  # what carries a record on: its button stands first
    takes: bool = False  # it takes something away: its button warns
    gives: Papers = frozenset()  # the papers that it asks for
    changes: Papers = frozenset()  # whose printed facts it may change: what differs is a new version (ADR 22)
    again: bool = False  # the second factor of whoever does it is asked for once more, unless it was so a moment ago
    people: bool = False  # it changes them only where it changes a fact of a person
    sign_in: SignedInBy | None = None  # how a family itself enters for it, as shipped; in force is the norm sign.<verb>


def _only(*roles: Role) -> Roles:
    return frozenset(roles)


CLOCK, HEAD, DEPARTMENT = _only(Role.clock), _only(Role.head), _only(Role.department)
ADMINISTRATOR = _only(Role.administrator)
PLACES = OFFICE | HEAD
KEEPERS = _only(Role.department, Role.administrator)  # of the work that goes on by itself
OFFICIALS = frozenset(Role) - {Role.family, Role.clock}
ENDS = FAMILY | CLOCK | HEAD  # what follows from another verb may follow from anybody's
ALWAYS, WITH_PAPER = ForFamily.always, ForFamily.with_paper
CODE, KEY = SignedInBy.code, SignedInBy.key
APPROVE = Verb("3.2", DEPARTMENT, alone=ANY, again=True)
TAKE_BACK = Verb("3.12", DEPARTMENT, asks=("reason",), alone=0, takes=True)

# The verbs of an application stand in the order in which people meet them on its page. Who adds, changes and removes
# the rows of a register is in its declaration (registers/).
VERBS: Mapping[type[Base], Mapping[str, Verb]] = {
    Application: {
        "register": Verb(
            "3.8",
            FAMILY,
            tells=TOLD,
            gives=OF_ITSELF,
            changes=EVERY_PAPER,
            people=True,
            sign_in=CODE,
        ),
        # its contacts alone; the family itself changes its own, a new phone by a code that is sent to it
        "change": Verb("3.8", FAMILY, tells=TOLD, changes=EVERY_PAPER, people=True, sign_in=CODE),
        "issue": Verb("3.4.1", NEXT, {A.queued}, {A.confirming}, tells=TOLD),
        "confirm": Verb(
            "3.4.2",
            FAMILY,
            {A.confirming},
            {A.voucher_issued},
            family=ALWAYS,
            term=FAMILY,
            tells=TOLD,
            alone=ANY,
            onward=True,
            gives=frozenset({D.voucher}),
            sign_in=KEY,
        ),
        # the clock: to whom the lot has given the place
        "choose": Verb(
            "3.4.4, 3.5.2",
            FAMILY | CLOCK,
            {A.voucher_issued, A.notified, A.queued},
            {A.referred, A.queued},
            asks=("vacancy",),
            family=ALWAYS,
            term=FAMILY,
            tells=BOTH,
            onward=True,
            gives=frozenset({D.referral, D.temporary_referral, D.child_card, D.contract}),
            changes=frozenset({D.voucher}),
            sign_in=KEY,  # of a temporary place: sign.choose_temporary
        ),
        # the term to sign is the family's; the head signs after it too, while the contract stands
        "sign": Verb(
            "3.4.4",
            FAMILY | HEAD,
            family=ALWAYS,
            term=FAMILY,
            tells=BOTH,
            alone=ANY,
            onward=True,
            changes=frozenset({D.contract}),
            sign_in=KEY,
        ),
        # asks only where the kindergarten is a sanatorium one
        "enrol": Verb(
            "3.4.4, 3.5.5",
            HEAD,
            {A.referred},
            {A.enrolled},
            asks=("until",),
            term=HEAD,
            tells=TOLD,
            alone=ANY,
            onward=True,
        ),
        "refuse": Verb(
            "3.4.2",
            FAMILY,
            {A.confirming, A.voucher_issued},
            {A.archived},
            family=ALWAYS,
            tells=TOLD,
            alone=MANY,
            takes=True,
            gives=frozenset({D.refusal}),
            sign_in=KEY,
        ),
        "restore": Verb(
            "3.4.3",
            FAMILY,
            {A.stop_listed},
            {A.queued},
            family=ALWAYS,
            term=FAMILY,
            tells=TOLD,
            alone=ANY,
            onward=True,
            sign_in=KEY,
        ),
        "release": Verb("3.5.6", NEXT, {A.stop_listed}, {A.queued}, tells=TOLD, many=True, alone=ANY, onward=True),
        "issue_out_of_turn": Verb(
            "3.8", OFFICE, {A.queued}, {A.confirming}, reason=True, asks=("reason",), many=True, alone=0
        ),
        # of the voucher or else of the referral that it has, in whose rows the term stands
        "extend": Verb(
            "3.4.5, 3.5.5",
            FAMILY,
            asks=("until", "reason"),
            family=WITH_PAPER,
            tells=TOLD,
            many=True,
            alone=ANY,
            changes=frozenset({D.voucher, D.referral}),
            sign_in=KEY,
        ),
        "revoke": Verb(
            "3.4.5, 3.5.5",
            FAMILY | HEAD,
            {A.confirming, A.voucher_issued, A.referred},
            {A.queued},
            asks=("reason",),
            family=WITH_PAPER,
            tells=TOLD,
            many=True,
            alone=MANY,
            takes=True,
            gives=frozenset({D.revocation}),
            sign_in=KEY,
        ),
        "absent": Verb("3.6", HEAD, asks=("from_on", "until", "reason"), alone=ANY),
        "return": Verb("3.6", HEAD, alone=ANY),
        # the clock: at the last day in a sanatorium kindergarten
        "leave": Verb("3.8", HEAD | CLOCK, {A.enrolled}, {A.archived}, tells=TOLD, alone=MANY, takes=True),
        "archive": Verb(
            "3.4.5",
            NEXT,
            NOT_FINAL,
            {A.archived},
            reason=True,
            asks=("reason",),
            tells=TOLD,
            many=True,
            alone=1,
            takes=True,
        ),
        "withdraw": Verb(
            "3.8", FAMILY, NOT_FINAL, {A.removed}, family=ALWAYS, tells=TOLD, alone=MANY, takes=True, sign_in=KEY
        ),
        # by whoever is not of it yet; who is approved is on record as a guardianship
        "join": Verb("3.10", FAMILY, asks=("iin", "phone", "basis"), family=ALWAYS, tells=TOLD, sign_in=KEY),
        "reinstate": Verb(
            "3.8",
            DEPARTMENT,
            {A.archived, A.removed},
            {A.queued},
            reason=True,
            asks=("reason",),
            tells=TOLD,
            alone=0,
            onward=True,
            gives=OF_ITSELF,  # to whoever has none: an older list had it archived
            changes=frozenset({D.registration_notice}),  # which had no new versions meanwhile
        ),
        "open": Verb("1, 7", _only(Role.auditor), asks=("reason",), alone=ANY),  # what is masked for them
        "correct": Verb("3.8", OFFICE, tells=TOLD, changes=EVERY_PAPER, people=True),
        "make_anew": Verb("3.8", COUNTER),  # any of its papers, whether or not a fact has changed
        "offer": Verb("3.5.1", NEXT, {A.queued}, {A.notified}, tells=TOLD),
        "pass_over": Verb("3.5.2", CLOCK, {A.notified}, {A.queued}, tells=TOLD),
        "lapse": Verb("3.4.2", CLOCK, {A.confirming}, {A.stop_listed}, tells=TOLD),
        "expire": Verb("3.4.4", CLOCK, {A.voucher_issued, A.referred}, {A.archived}, tells=TOLD),
        "miss": Verb("3.5.5", CLOCK, {A.referred}, {A.stop_listed, A.removed}, tells=TOLD),
        "remind": Verb("3.2", CLOCK, tells=TOLD),
        "erase": Verb("7", CLOCK),  # what its history says of people, by whoever runs Kezek
        "hand_out": Verb("7", DEPARTMENT),  # with all that is kept of a person, on its request
    },
    Privilege: {  # on the page of its application: claim_privilege and so on
        "claim": Verb(
            "3.3", FAMILY, asks=("claimed", "papers"), family=ALWAYS, changes=frozenset({D.receipt}), sign_in=CODE
        ),
        "confirm": Verb("3.3", OFFICE, {P.claimed}, {P.confirmed}, tells=TOLD, alone=ANY, onward=True),
        "reject": Verb(
            "3.3", OFFICE, {P.claimed, P.confirmed}, {P.rejected}, asks=("reason",), tells=TOLD, alone=MANY, takes=True
        ),
        "expire": Verb("3.3", NEXT, {P.confirmed}, {P.expired}, tells=TOLD),  # a new one ends it too
    },
    Voucher: {
        "issue": Verb("3.4.1", NEXT),
        "issue_out_of_turn": Verb("3.8", OFFICE),
        "confirm": Verb("3.4.2", FAMILY, {V.issued}, {V.confirmed}, family=ALWAYS),
        "refuse": Verb("3.4.2", FAMILY, {V.issued, V.confirmed}, {V.refused}, family=ALWAYS),
        "revoke": Verb(
            "3.4.5",
            OFFICE,
            {V.issued, V.confirmed},
            {V.revoked},
            asks=("reason",),
            family=WITH_PAPER,
            many=True,
            alone=MANY,
            takes=True,
        ),
        "extend": Verb("3.4.5", OFFICE, asks=("until", "reason"), family=WITH_PAPER, term=OFFICE, many=True, alone=ANY),
        "lapse": Verb("3.4.2", CLOCK, {V.issued}, {V.lapsed}),
        "expire": Verb("3.4.4", CLOCK, {V.confirmed}, {V.expired}),
        "choose": Verb("3.6", FAMILY, family=ALWAYS),
        "use": Verb("3.4.4", FAMILY | HEAD, {V.confirmed}, {V.used}),
        "annul": Verb("3.6", ENDS, {V.confirmed}, {V.annulled}, follows=True),
        "sign_anew": Verb("3.8", OFFICE, {V.used}, {V.confirmed}),  # with its contract
    },
    Offer: {
        "offer": Verb("3.5.1", NEXT),
        "choose": Verb("3.5.2", FAMILY, {F.live}, {F.chosen}, family=ALWAYS),
        "pass_over": Verb("3.5.2", CLOCK, {F.live}, {F.passed_over}),
        "end": Verb("3.8", ENDS, {F.live}, {F.ended}, follows=True),
    },
    Lot: {
        "open_lot": Verb("3.5.2", CLOCK),
        "close_lot": Verb("3.5.2", CLOCK),
        "draw": Verb("3.5.2", CLOCK),
    },
    LotEntry: {  # signed as the choice itself is
        "enter_lot": Verb("3.5.2", FAMILY, asks=("vacancy",), family=ALWAYS),
        "leave_lot": Verb("3.5.2", FAMILY, {L.waiting}, {L.left}, family=ALWAYS, alone=ANY, takes=True),
        "win": Verb("3.5.2", CLOCK, {L.waiting}, {L.won}),
        "lose": Verb("3.5.2", CLOCK, {L.waiting}, {L.lost}, tells=TOLD),
    },
    Referral: {
        "issue": Verb("3.4.4", FAMILY | CLOCK),
        "use": Verb("3.8", FAMILY | HEAD, {S.issued}, {S.used}),
        "extend": Verb(
            "3.5.5",
            FAMILY,
            asks=("until", "reason"),
            family=WITH_PAPER,
            term=FAMILY,
            tells=KINDERGARTEN,
            many=True,
            alone=ANY,
        ),
        "revoke": Verb("3.5.5", ENDS, {S.issued}, {S.revoked}, follows=True, family=WITH_PAPER, tells=KINDERGARTEN),
        "miss": Verb("3.5.5", CLOCK, {S.issued}, {S.missed}, tells=KINDERGARTEN),
    },
    Contract: {
        "draw_up": Verb("3.4.4", FAMILY | CLOCK),  # the clock: once there is a text for it
        "sign": Verb(
            "3.4.4",
            FAMILY | HEAD,
            {C.draft, C.signed_by_family},
            {C.draft, C.signed_by_family, C.signed},
            family=ALWAYS,
        ),
        # of what another one has signed who is no longer the applicant: as if nobody had
        "sign_anew": Verb("3.8", OFFICE, {C.draft, C.signed_by_family, C.signed}, {C.draft}, tells=BOTH),
        "void": Verb("3.8", ENDS, {C.draft, C.signed_by_family, C.signed}, {C.void}, follows=True),
    },
    Enrolment: {
        "enrol": Verb("3.8", FAMILY | HEAD),
        "expel": Verb("3.6", CLOCK, tells=BOTH),
        "leave": Verb("3.8", ENDS, follows=True),
        "absent": Verb("3.6", HEAD, tells=KINDERGARTEN),
        "return": Verb("3.6", HEAD),
        "give_back": Verb("3.6", CLOCK),
    },
    Guardianship: {
        "approve": Verb(
            "3.10", OFFICE, {G.asked}, {G.approved}, tells=BOTH_PARENTS, alone=ANY, onward=True, again=True
        ),
        "reject": Verb(
            "3.10", OFFICE, {G.asked}, {G.rejected}, asks=("reason",), tells=BOTH_PARENTS, alone=ANY, takes=True
        ),
    },
    WaitingEntry: {
        "wish": Verb("3.11", FAMILY, asks=("kindergarten", "language"), family=ALWAYS, sign_in=CODE),
        "unwish": Verb("3.11", FAMILY, family=ALWAYS, alone=ANY, takes=True),  # signed as the wish is
    },
    Proposal: {  # and what it is about: decided by that verb's own row
        "ask": Verb("3.8", OFFICE),
        "approve": Verb("3.8", OFFICE, alone=ANY, again=True),
        "reject": Verb("3.8", OFFICE, alone=ANY),
    },
    Round: {
        "issue": Verb("3.4.1", NEXT, gives=frozenset({D.protocol})),
        "offer": Verb("3.5.1", NEXT, gives=frozenset({D.protocol})),
        "make_anew": Verb("3.8", OFFICE),  # its protocol
    },
    Vacancy: {
        "publish": Verb("3.8", PLACES, {Y.draft}, {Y.published}, alone=ANY),
        "offer": Verb("3.5.1", NEXT, alone=ANY),  # its places
        "close": Verb("3.8", PLACES | CLOCK, {Y.published}, {Y.closed}, alone=MANY, takes=True),
        # whoever lent the place is back, or has left
        "end": Verb("3.6", ENDS, {Y.draft, Y.published}, {Y.closed}, follows=True),
    },
    Place: {
        "ship": Verb("3.1", CLOCK),  # what Kezek comes with, of the whole country
        "erase": Verb("7", CLOCK),  # what was kept of people there for as long as it had to be
    },
    SanatoriumCertificate: {"erase": Verb("7", CLOCK)},
    Norm: {"approve": APPROVE, "take_back": TAKE_BACK},
    QueueOrder: {"approve": APPROVE, "take_back": TAKE_BACK},
    ContractText: {"approve": APPROVE, "take_back": TAKE_BACK},
    DayOff: {"approve": APPROVE},
    BulkRun: {"ask": Verb("3.8", OFFICE), "start": Verb("3.8", OFFICE, again=True), "stop": Verb("3.8", OFFICE)},
    ImportRun: {
        "ask": Verb("3.8", OFFICE),
        "answer": Verb("3.8", OFFICE),
        "start": Verb("3.8", OFFICE),
        "bring_in": Verb("3.8", OFFICE),
    },
    Delivery: {"send_again": Verb("3.2", COUNTER, alone=ANY), "arrived": Verb("3.2", COUNTER, alone=ANY)},
    Notice: {"read": Verb("7", PLACES, alone=ANY)},
    Outbox: {
        "try_again": Verb("7", KEEPERS, alone=ANY),
        "cancel": Verb("7", KEEPERS, alone=ANY, takes=True),
    },
    Client: {
        "new_key": Verb("7", ADMINISTRATOR, alone=ANY, again=True),
        "new_secret": Verb("7", ADMINISTRATOR | CLOCK, alone=ANY, again=True),
        "set_webhook": Verb("7", CLOCK),  # by the portal itself, which is nobody; an administrator changes the row
        "remove_webhook": Verb("7", CLOCK),
    },
    User: {
        "invite": Verb("3.8", ADMINISTRATOR, alone=ANY, again=True),
        "withdraw_link": Verb("3.8", ADMINISTRATOR, alone=ANY, takes=True),
        "reset_factor": Verb("3.8", ADMINISTRATOR, alone=ANY, takes=True, again=True),
        "set_password": Verb("3.8", OFFICIALS),  # of the own account, as all that follows here
        "change_password": Verb("3.8", OFFICIALS),
        "set_factor": Verb("3.8", OFFICIALS, again=True),
        "remove_factor": Verb("3.8", OFFICIALS, again=True),
        "new_recovery_codes": Verb("3.8", OFFICIALS, again=True),
        "use_recovery_code": Verb("3.8", OFFICIALS),
        "hand_out": Verb("7", DEPARTMENT, again=True),  # all that is kept of a person
        "export": Verb("3.8", OFFICIALS),  # what one may read, as a file: on the record of one's account
    },
}

# Spec 3.10: what a family signs in with for each of its acts, as shipped, by the name of its norm: sign.<name>.
SIGN_IN: Mapping[str, SignedInBy] = {
    **{verb: row.sign_in for verb, row in VERBS[Application].items() if row.sign_in},
    "choose_temporary": CODE,  # S1
    **{verb: row.sign_in for verb, row in VERBS[WaitingEntry].items() if row.sign_in},
    **{f"{verb}_privilege": row.sign_in for verb, row in VERBS[Privilege].items() if row.sign_in},
}


def target(model: type[Base], verb: str, status: StrEnum, to: StrEnum | None = None) -> StrEnum:
    """Spec 3.8: the status that `verb` leads to from `status`.

    Raises Refusal(wrong_status) when the table has no such step, ValueError when `to` is not one of its targets
    or is missing where there are several: that is a mistake of ours, not of a person.
    """
    row = VERBS[model].get(verb)
    if row is None or status not in row.source:
        raise Refusal(Reason.wrong_status, status=str(status), verb=verb)
    if to is None and len(row.target) == 1:
        return next(iter(row.target))
    if to is None or to not in row.target:
        raise ValueError(f"{verb} leads to {sorted(row.target)}, not to {to}")
    return to
