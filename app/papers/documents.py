"""Papers: what each prints, and how it is made of that, in Kazakh and Russian. A stored one is never rendered again.

The facts of a version are read once, when it is asked for (actions/versions.py), and kept with it; whether it still
holds is asked through its QR (views/verify.py).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from flask import current_app

from app.models import (
    Application,
    Document,
    DocumentKind,
    Intake,
    KgGroup,
    Place,
    PlaceKind,
    Referral,
    ReferralStatus,
    Voucher,
    VoucherStatus,
)
from app.papers import storage, typesetting
from app.rules import texts
from app.rules.calendar import LOCAL, local_day

Facts = dict[str, Any]  # as JSON keeps them: texts, days as ISO text, None for what this case does not have
PaperOf = Voucher | Referral


class NotReady(Exception):
    """The paper was asked for, but has not been rendered yet."""


@dataclass(frozen=True)
class PaperKind:
    """One kind of paper: of what it is, in the order in which an application has them, and what it prints of one."""

    template: str
    of: Callable[[Application], Sequence[PaperOf]]
    facts: Callable[[Any], Facts]


def stands(paper_of: PaperOf) -> bool:
    """Is this right in use, or used up as it was meant to be? Of what has come to nothing no paper is made any more."""
    if isinstance(paper_of, Voucher):
        return paper_of.status in (VoucherStatus.confirmed, VoucherStatus.used)
    if paper_of.kind is Intake.temporary:
        return paper_of.voucher is not None and paper_of.voucher.status is VoucherStatus.confirmed
    return paper_of.status in (ReferralStatus.issued, ReferralStatus.used)


def paper_of(document: Document) -> PaperOf:
    """The right that a paper is of."""
    right = document.voucher or document.referral
    assert right is not None
    return right


def _vouchers(application: Application) -> Sequence[Voucher]:
    return [one for one in application.vouchers if stands(one)]


def _referrals(intake: Intake) -> Callable[[Application], Sequence[Referral]]:
    return lambda application: [one for one in application.referrals if one.kind is intake and stands(one)]


def _of_voucher(voucher: Voucher) -> Facts:
    """S1: the right to choose a place by a day, in any kindergarten of the district; or, once a temporary place was
    chosen by it (spec 3.6), that of the stay, from its first day to its last.
    """
    stays = voucher.application.referrals if voucher.kind is Intake.temporary else []
    stay = next((one for one in reversed(stays) if one.voucher_id == voucher.id and one.ends_on), None)
    return {
        **_right(voucher),
        "confirmed_on": _day(voucher.confirmed_on),
        "choose_by": None if stay else _day(voucher.choose_by),
        "kindergarten": stay.vacancy.group.kindergarten.name if stay else None,
        "begins_on": _day(stay.begins_on) if stay else None,
        "ends_on": _day(stay.ends_on) if stay else None,
    }


def _of_referral(referral: Referral) -> Facts:
    """S1, S2: a place held for the child, and the day by which the family signs the contract, or comes with its papers;
    a temporary one (spec 3.6): from a day to a day.
    """
    voucher, temporary = referral.voucher, referral.kind is Intake.temporary
    return {
        **_right(referral),
        **_kindergarten(referral.vacancy.group),
        "voucher": voucher.number if voucher else None,
        "choose_by": _day(voucher.choose_by) if voucher and not temporary else None,
        "attend_by": _day(referral.attend_by),
        "begins_on": _day(referral.begins_on),
        "ends_on": _day(referral.ends_on),
    }


PAPERS: Mapping[DocumentKind, PaperKind] = {
    DocumentKind.voucher: PaperKind("voucher.html", _vouchers, _of_voucher),
    DocumentKind.referral: PaperKind("referral.html", _referrals(Intake.general), _of_referral),
    DocumentKind.temporary_referral: PaperKind("temporary_referral.html", _referrals(Intake.temporary), _of_referral),
}


def _right(right: PaperOf) -> Facts:
    """What every paper prints: its number and day, the child, the application, the office."""
    application = right.application
    return {
        "number": right.number,
        "issued_on": _day(right.issued_on),
        "child": application.child.full_name,
        "iin": application.child.iin,
        "born_on": _day(application.child.born_on),
        "applicant": application.applicant.full_name,
        "application": application.number,
        **_place(application.place),
    }


def _place(place: Place) -> Facts:
    """The place's name in both languages with what it lies in, up to the region; the nearest phone for questions."""
    line = [place]
    while (above := line[-1].parent) is not None and above.kind is not PlaceKind.country:
        line.append(above)
    return {
        "place_kk": ", ".join(each.name_kk for each in reversed(line)),
        "place_ru": ", ".join(each.name_ru for each in reversed(line)),
        "support_phone": next((texts.phones_said(each.support_phone) for each in line if each.support_phone), None),
    }


def _kindergarten(group: KgGroup) -> Facts:
    years = sorted({group.birth_year_from, group.birth_year_to})
    return {
        "kindergarten": group.kindergarten.name,
        "address_of_kindergarten": group.kindergarten.address,
        "phone_of_kindergarten": texts.phones_said(group.kindergarten.phone or "") or None,
        "group": group.name,
        "birth_years": "–".join(map(str, years)),
        "language": str(group.language),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def printed(document: Document) -> Facts:
    """All that a version prints: its facts, and what is its own alone."""
    facts = document.facts or PAPERS[document.kind].facts(paper_of(document))  # of a version from before they were kept
    return facts | {
        "kind": str(document.kind),
        "version": document.version,
        "asked_at": document.asked_at.isoformat(),
        "made_on": local_day(document.asked_at).isoformat(),
        "address": f"{current_app.config['KEZEK'].url}/verify/{document.code}",
    }


def render(facts: Facts) -> bytes:
    """The paper of its kind. Raises what typesetting.pdf does."""
    return typesetting.pdf(PAPERS[DocumentKind(facts["kind"])].template, **facts)


def warm() -> None:
    """Set one paper now: the first takes three times as long. Raises typesetting.NoFonts."""
    nobody = dict.fromkeys(("address", "number", "iin", "applicant", "application", "place_kk", "place_ru"), "")
    nobody |= dict.fromkeys(("issued_on", "born_on", "confirmed_on", "choose_by"), "2026-01-01")
    nobody |= dict.fromkeys(("support_phone", "kindergarten", "begins_on", "ends_on"), None)
    own = {"kind": "voucher", "version": 1, "asked_at": datetime.now(UTC).isoformat(), "made_on": ""}
    render(nobody | own | {"child": "Ә Ғ Қ Ң Ө Ұ Ү Һ І"})


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
