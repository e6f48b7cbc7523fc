"""Papers: one function each, facts -> PDF bytes, in Kazakh and Russian. What a stored one is, is never rendered again.

A paper says what was on record when it was rendered; whether it still holds is asked through its QR (views/verify.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from hashlib import sha256

from flask import current_app

from app.models import Document, DocumentKind, KgGroup, Place, PlaceKind
from app.papers import storage, typesetting
from app.rules import texts
from app.rules.calendar import LOCAL


class NotReady(Exception):
    """The paper was asked for, but has not been rendered yet."""


@dataclass(frozen=True)
class Facts:
    """What a paper says, as plain values: nothing here still hangs on the database.

    `address` is what the QR leads to, `asked_at` the paper's own moment. None: this kind of paper, or this case,
    does not have it.
    """

    kind: DocumentKind
    address: str
    asked_at: datetime
    number: str
    issued_on: date
    child: str
    iin: str
    born_on: date
    application: str
    place_kk: str
    place_ru: str
    support_phone: str | None
    voucher: str | None
    confirmed_on: date | None
    choose_by: date | None
    kindergarten: str | None = None
    address_of_kindergarten: str | None = None
    phone_of_kindergarten: str | None = None
    group: str | None = None
    birth_years: str | None = None
    language: str | None = None
    begins_on: date | None = None
    ends_on: date | None = None
    attend_by: date | None = None


def voucher(facts: Facts) -> bytes:
    """S1: the right to choose a place by a day, in any kindergarten of the district."""
    return typesetting.pdf("voucher.html", **asdict(facts))


def referral(facts: Facts) -> bytes:
    """S1, S2: a place held for the child; the day by which the family signs the contract, or comes with its papers."""
    return typesetting.pdf("referral.html", **asdict(facts))


def temporary_referral(facts: Facts) -> bytes:
    """S1, spec 3.6: a place from a day to a day; on the next working day the child leaves, and waits on as before."""
    return typesetting.pdf("temporary_referral.html", **asdict(facts))


PAPERS: Mapping[DocumentKind, Callable[[Facts], bytes]] = {
    DocumentKind.voucher: voucher,
    DocumentKind.referral: referral,
    DocumentKind.temporary_referral: temporary_referral,
}


def warm() -> None:
    """Set one paper now: the first takes three times as long. Raises typesetting.NoFonts."""
    someone = {"child": "Ә Ғ Қ Ң Ө Ұ Ү Һ І", "iin": "", "born_on": date.min, "application": ""}
    somewhere = {"place_kk": "", "place_ru": "", "support_phone": None}
    term = {"voucher": "", "confirmed_on": date.min, "choose_by": date.min}
    at = {"address": "", "asked_at": datetime.now(UTC), "number": "", "issued_on": date.min}
    voucher(Facts(DocumentKind.voucher, **at, **someone, **somewhere, **term))


def render(facts: Facts) -> bytes:
    """The paper of its kind. Raises what typesetting.pdf does."""
    return PAPERS[facts.kind](facts)


def facts_of(document: Document) -> Facts:
    """What the records say now about the paper that was asked for."""
    application, right = document.application, document.voucher or document.referral.voucher
    return Facts(
        kind=document.kind,
        address=f"{current_app.config['KEZEK'].url}/verify/{document.code}",
        asked_at=document.asked_at,
        number=(document.voucher or document.referral).number,
        issued_on=(document.voucher or document.referral).issued_on,
        child=application.child.full_name,
        iin=application.child.iin,
        born_on=application.child.born_on,
        application=application.number,
        **_place(application.place),
        voucher=right.number if right else None,
        confirmed_on=right.confirmed_on if right else None,
        choose_by=right.choose_by if right else None,
        **(_kindergarten(document.referral.vacancy.group) if document.referral else {}),
        begins_on=document.referral.begins_on if document.referral else None,
        ends_on=document.referral.ends_on if document.referral else None,
        attend_by=document.referral.attend_by if document.referral else None,
    )


def _place(place: Place) -> dict[str, str | None]:
    """The place's name in both languages with what it lies in, up to the region; the nearest phone for questions."""
    line = [place]
    while (above := line[-1].parent) is not None and above.kind is not PlaceKind.country:
        line.append(above)
    return {
        "place_kk": ", ".join(each.name_kk for each in reversed(line)),
        "place_ru": ", ".join(each.name_ru for each in reversed(line)),
        "support_phone": next((texts.phones_said(each.support_phone) for each in line if each.support_phone), None),
    }


def _kindergarten(group: KgGroup) -> dict[str, str | None]:
    years = sorted({group.birth_year_from, group.birth_year_to})
    return {
        "kindergarten": group.kindergarten.name,
        "address_of_kindergarten": group.kindergarten.address,
        "phone_of_kindergarten": texts.phones_said(group.kindergarten.phone or "") or None,
        "group": group.name,
        "birth_years": "–".join(map(str, years)),
        "language": str(group.language),
    }


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
