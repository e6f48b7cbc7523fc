"""Papers: what each is, how it is made of what it prints, in Kazakh and Russian. A stored one is never rendered again.

The facts of a version are read once, when it is asked for (actions/versions.py), and kept with it; whether it still
holds is asked through its QR (views/verify.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from flask import current_app

from app.models import (
    Application,
    ApplicationStatus,
    ContractStatus,
    ContractText,
    Document,
    DocumentKind,
    HistorySeal,
    QueueOrderKind,
    Referral,
    ReferralStatus,
    Round,
    Voucher,
    VoucherStatus,
)
from app.papers import facts, storage, typesetting
from app.papers.facts import Facts
from app.rules import contract, validity
from app.rules.calendar import LOCAL, local_day
from app.rules.validity import PaperState

NO_LETTER = "no letter: "  # how the row of a paper that cannot be made begins to say why
ITS_OWN = ("kind", "version", "asked_at", "made_on", "address")  # of a version, whatever its facts
SIGNATURES = ("family_signed_on", "head_signed_on")
OF_RECORDS: Mapping[type, str] = {Voucher: "В", Referral: "Ж"}  # in the numbers of a kind that is of records of several
PaperOf = Application | Voucher | Referral | Round | HistorySeal


class NotReady(Exception):
    """The paper was asked for, but has not been rendered yet."""


@dataclass(frozen=True)
class PaperKind:
    """One kind of paper: the letter of its numbers, its name in both languages, of which records it is, and what it
    prints of one. Its template is called as the kind is.

    `stands`: may a paper of this record be made now, or has it come to nothing? `holds`: until when the paper of one
    does, on a day; for good unless it is said. `of_an_end`: it tells that the right of this record was ended.
    `signed`: has anybody signed it, so that it stays as it is?
    """

    letter: str
    kk: str
    ru: str
    of: tuple[type, ...]
    facts: Callable[[Any], Facts]
    stands: Callable[[Any], bool] = lambda _row: True
    holds: Callable[[Any, date], PaperState] = lambda _row, _day: PaperState()
    of_an_end: bool = False
    signed: Callable[[Any], bool] = lambda _row: False

    def prints(self, row: PaperOf) -> Facts:
        """What the first paper of this record prints now: the same facts, with its number."""
        found = self.facts(row)
        return found | {"number": f"{self.letters(type(row))}-{found['issued_on'][:4]}-{row.id:06d}"}

    def letters(self, of: type) -> str:
        """How the numbers of papers of such a record begin: rows of two tables have the same ids."""
        return self.letter + (OF_RECORDS[of] if len(self.of) > 1 else "")


def _not_given_up(application: Application) -> bool:
    return application.status not in (ApplicationStatus.archived, ApplicationStatus.removed)


def _in_the_queue(application: Application, _day: date) -> PaperState:
    """As long as the application is not archived or removed: it says that the child is in the queue."""
    if _not_given_up(application):
        return PaperState()
    return validity.in_the_queue(local_day(application.queued_at), facts.left_on(application))


def _in_use(row: Voucher | Referral) -> bool:
    if isinstance(row, Voucher):
        return row.status in (VoucherStatus.confirmed, VoucherStatus.used)
    if row.ends_on is not None:
        return row.voucher is not None and row.voucher.status is VoucherStatus.confirmed
    return row.status in (ReferralStatus.issued, ReferralStatus.used)


def _for_good(row: Referral) -> bool:
    return row.ends_on is None and _in_use(row)


def _for_a_time(row: Referral) -> bool:
    return row.ends_on is not None and _in_use(row)


def _through_its_term(row: Voucher, day: date) -> PaperState:
    return validity.voucher(row, facts.stay_of(row), day)


def _taken_back(row: Voucher | Referral) -> bool:
    """A voucher's referral goes with it."""
    of_its_own = isinstance(row, Voucher) or row.voucher_id is None
    return of_its_own and row.status in (VoucherStatus.revoked, ReferralStatus.revoked)


def _given_up(row: Voucher) -> bool:
    return row.status is VoucherStatus.refused


def _agreed(row: Referral) -> bool:
    signed = row.contract
    return signed is not None and signed.text is not None and signed.status is not ContractStatus.void


def _signed(row: Referral) -> bool:
    of = row.contract
    return of is not None and (of.family_signed_at is not None or of.head_signed_at is not None)


def _by_the_order(held: Round) -> bool:
    """Not an act by hand, nor the day whose vacancies have a round each."""
    return held.by_hand is None and (held.vacancy_id is not None or held.queue_order.kind is QueueOrderKind.categories)


D, ITSELF, RIGHTS = DocumentKind, (Application,), (Voucher, Referral)
PAPERS: Mapping[DocumentKind, PaperKind] = {
    D.registration_notice: PaperKind(
        "Т",
        "Тіркеу туралы хабарлама",
        "Уведомление о регистрации",
        ITSELF,
        facts.registered,
        _not_given_up,
        _in_the_queue,
    ),
    D.receipt: PaperKind(
        "Қ", "Құжаттарды қабылдау туралы хабарлама", "Извещение о приёме документов", ITSELF, facts.received
    ),
    D.book_entry: PaperKind(
        "Е", "Баланы есепке алу кітабына тіркеу", "Регистрация ребёнка в книге учёта", ITSELF, facts.entered
    ),
    D.voucher: PaperKind("В", "Ваучер", "Ваучер", (Voucher,), facts.voucher, _in_use, _through_its_term),
    D.referral: PaperKind("Ж", "Жолдама", "Направление", (Referral,), facts.referral, _for_good, validity.referral),
    D.temporary_referral: PaperKind(
        "Ж", "Уақытша жолдама", "Временное направление", (Referral,), facts.referral, _for_a_time, validity.referral
    ),
    D.child_card: PaperKind(
        "К", "Баланың картасы", "Карточка ребёнка", (Referral,), facts.card, _for_good, validity.referral
    ),
    D.contract: PaperKind(
        "Ш",
        "Электрондық келісімшарт",
        "Электронный договор",
        (Referral,),
        facts.contract,
        _agreed,
        validity.referral,
        signed=_signed,
    ),
    D.refusal: PaperKind(
        "Б",
        "Ваучерден бас тарту туралы анықтама",
        "Справка об отказе от ваучера",
        (Voucher,),
        facts.refused,
        _given_up,
        of_an_end=True,
    ),
    D.revocation: PaperKind(
        "О",
        "Кері қайтарып алу туралы хабарлама",
        "Уведомление об отзыве",
        RIGHTS,
        facts.revoked,
        _taken_back,
        of_an_end=True,
    ),
    D.protocol: PaperKind(
        "Х", "Орындарды бөлу хаттамасы", "Протокол распределения мест", (Round,), facts.protocol, _by_the_order
    ),
    D.daily_protocol: PaperKind(
        "Д",
        "Күннің хаттамасы",
        "Протокол дня",
        (HistorySeal,),
        facts.daily_protocol,
        lambda _seal: False,  # what it says never changes: there is one version of each day
    ),
}


def given(kind: DocumentKind, application: Application, at: datetime) -> list[PaperOf]:
    """The records of an application of which a verb of this moment gives a paper of this kind, as far as one may be
    made now: of a right that there was at the moment, or that it ended where the paper tells of an end.
    """
    paper, found = PAPERS[kind], list[PaperOf]()
    found += [application] if Application in paper.of else []
    found += [row for row in application.vouchers if Voucher in paper.of and _there(row, at, paper.of_an_end)]
    found += [row for row in application.referrals if Referral in paper.of and _there(row, at, paper.of_an_end)]
    return [row for row in found if paper.stands(row)]


def _there(row: Voucher | Referral, at: datetime, ended: bool) -> bool:
    if ended:
        return row.ended_at == at
    return row.issued_at <= at and (row.ended_at is None or row.ended_at >= at)


def paper_of(document: Document) -> PaperOf:
    """The record that a paper is of."""
    found = document.voucher or document.referral or document.application or document.round or document.seal
    assert found is not None, "the database allows no paper of nothing"
    return found


def prints_now(document: Document) -> Facts:
    """What another version of a paper prints now, under the number that it has; of what somebody has signed, what was
    signed, with the signatures of now (ADR 25).
    """
    kind, row = PAPERS[document.kind], paper_of(document)
    found, was = kind.prints(row), document.facts
    if was is None:
        return found
    if kind.signed(row):
        return was | {name: found[name] for name in SIGNATURES}
    return found | {"number": was["number"]}


def to_sign(referral: Referral) -> Facts:
    """What a contract says to whoever signs it now: what its paper prints, which another may have signed already."""
    for document in referral.application.documents:
        if document.kind is D.contract and document.referral_id == referral.id and document.replaced_at is None:
            return prints_now(document)
    return PAPERS[D.contract].prints(referral)


def differs(document: Document) -> bool:
    """Does the record say something else than what was signed? Of offices it may: they have other phones every year."""
    kind, row = PAPERS[document.kind], paper_of(document)
    if document.facts is None or document.replaced_at is not None or not kind.signed(row) or not kind.stands(row):
        return False
    return any(document.facts.get(name) != value for name, value in kind.prints(row).items() if name in contract.FACTS)


def stands(document: Document) -> bool:
    """May another version of it be made?"""
    return PAPERS[document.kind].stands(paper_of(document))


def holds(document: Document, day: date) -> PaperState:
    """How it is with what a paper is of on a day, whichever version it is. A daily protocol holds as long as the seal
    that it is of has the head that it prints.
    """
    if document.seal is not None and document.facts is not None:
        same = document.facts.get("head") == document.seal.head.hex()
        return PaperState() if same else PaperState(invalid_since=document.seal.day)
    return PAPERS[document.kind].holds(paper_of(document), day)


def printed(document: Document) -> Facts:
    """All that a version prints: its facts, and what is its own alone."""
    kind = PAPERS[document.kind]
    kept = document.facts or kind.prints(paper_of(document))  # of a version from before they were kept
    own = str(document.kind), document.version, document.asked_at.isoformat(), local_day(document.asked_at).isoformat()
    address = f"{current_app.config['KEZEK'].url}/verify/{document.code}"
    return kept | dict(zip(ITS_OWN, (*own, address), strict=True))


def its_facts(said: Facts) -> Facts:
    """The facts of a version, without what is its own alone."""
    return {name: value for name, value in said.items() if name not in ITS_OWN}


def sample_contract(text: ContractText) -> Facts:
    """All that the contract of an invented child would print with this text; its QR leads to no paper."""
    found = facts.sample_contract(text)
    own = {"kind": "contract", "version": 1, "number": "ҮЛГІ · ОБРАЗЕЦ", "asked_at": datetime.now(UTC).isoformat()}
    address = f"{current_app.config['KEZEK'].url}/verify/{'0' * 22}"
    return found | own | {"made_on": found["issued_on"], "address": address}


def render(said: Facts) -> bytes:
    """The paper of its kind. Raises what typesetting.pdf does."""
    paper = PAPERS[DocumentKind(said["kind"])]
    return typesetting.pdf(said["kind"], said, {"kk": paper.kk, "ru": paper.ru})


def store(document: Document, paper: bytes) -> None:
    """Keep a rendered paper, in the caller's transaction; its key is its document's, so a second try replaces it."""
    document.file_key = f"documents/{document.asked_at.astimezone(LOCAL):%Y}/{document.id:06d}-{document.kind}.pdf"
    document.sha256 = sha256(paper).hexdigest()
    storage.keep(document.file_key, paper)


def open_stored(document: Document) -> bytes:
    """The stored paper, checked against what was recorded. Raises NotReady, storage.Damaged."""
    if document.file_key is None or document.sha256 is None:
        raise NotReady(document.id)
    return storage.read_whole(document.file_key, document.sha256)
