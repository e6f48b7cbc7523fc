"""What each kind of paper prints, read from the records: texts, days as ISO text, None for what a case has not."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from app.db.extensions import db
from app.models import (
    Application,
    Change,
    ContractText,
    Document,
    HistorySeal,
    KgGroup,
    Norm,
    Place,
    PlaceKind,
    PrivilegePaper,
    QueueOrderKind,
    Referral,
    Round,
    Sex,
    Voucher,
)
from app.rules import contract as contracts
from app.rules import iin, norms, reasons, texts
from app.rules.calendar import LOCAL, local_day

Facts = dict[str, Any]
OF_A_ROUND = {  # the norms that decide whom a round serves and what it gives
    QueueOrderKind.categories: ("procedure", "voucher.confirm", "voucher.choose"),
    QueueOrderKind.ratio: ("procedure", "queue.ratio", "referral.minimum_age", "referral.priority", "referral.attend"),
}


def registered(application: Application) -> Facts:
    """S2: the application: when it was put into which queue."""
    at = application.queued_at.astimezone(LOCAL)
    return {
        **_common(application, at.date()),
        "registered": f"{at:%d.%m.%Y %H:%M:%S}",
        "queue": str(application.queue_kind),
    }


def received(application: Application) -> Facts:
    """S2, S3: the same, with what the family brought for its privileges."""
    brought = [_paper(one) for privilege in application.privileges for one in privilege.papers]
    return registered(application) | {"papers": brought}


def entered(application: Application) -> Facts:
    """S2: the same, with what only the register book says of the two people."""
    return registered(application) | _people(application)


def voucher(row: Voucher) -> Facts:
    """S1: the right to choose a place by a day, in any kindergarten of the district; or, once a temporary place was
    chosen by it (spec 3.6), that of the stay, from its first day to its last.
    """
    stay = stay_of(row)
    return {
        **_common(row.application, row.issued_on),
        "confirmed_on": _day(row.confirmed_on),
        "choose_by": None if stay else _day(row.choose_by),
        "kindergarten": stay.vacancy.group.kindergarten.name if stay else None,
        "begins_on": _day(stay.begins_on) if stay else None,
        "ends_on": _day(stay.ends_on) if stay else None,
    }


def referral(row: Referral) -> Facts:
    """S1, S2: a place held for the child, and the day by which the family signs the contract, or comes with its papers;
    a temporary one (spec 3.6): from a day to a day.
    """
    by_voucher = row.voucher if row.ends_on is None else None
    return {
        **_place_of(row),
        "choose_by": _day(by_voucher.choose_by) if by_voucher else None,
        "attend_by": _day(row.attend_by),
        "begins_on": _day(row.begins_on),
        "ends_on": _day(row.ends_on),
    }


def card(row: Referral) -> Facts:
    """S2: what a kindergarten keeps of a child that was referred to it."""
    return _place_of(row) | _people(row.application)


def contract(row: Referral) -> Facts:
    """S1: the contract that a referral by voucher is drawn up with, what it says, and who has signed it when."""
    signed = row.contract
    assert signed is not None and signed.text is not None, "without a text there is no contract yet"
    found = {
        **_place_of(row),
        **_people(row.application),
        "bin": row.vacancy.group.kindergarten.bin,
        "family_signed_on": _day(_on(signed.family_signed_at)),
        "head_signed_on": _day(_on(signed.head_signed_at)),
    }
    return found | worded(signed.text, found)


def worded(text: ContractText, facts: Facts) -> Facts:
    """S1: the sections of a contract in each language, with the facts of this one where a section names them."""
    return {
        f"text_{language}": [
            contracts.filled(getattr(text, f"{name}_{language}"), facts, language) for name in contracts.SECTIONS
        ]
        for language in contracts.LANGUAGES
    }


def sample_contract(text: ContractText) -> Facts:
    """The same of an invented child, before anybody has approved the text; its day is the first one of the text."""
    born, mother_born = date(2022, 9, 17), date(1993, 4, 12)
    found = {
        "issued_on": _day(text.valid_from),
        "child": "Үлгібаев Алдияр Серікұлы",
        "iin": iin.make(born, Sex.male, 1),
        "born_on": _day(born),
        "sex": str(Sex.male),
        "applicant": "Үлгібаева Әсем Ерланқызы",
        "applicant_iin": iin.make(mother_born, Sex.female, 1),
        "application": "0000",
        "voucher": None,
        "kindergarten": "«Үлгі» балабақшасы",
        "bin": None,
        "address_of_kindergarten": "Абай көшесі, 1",
        "phone_of_kindergarten": None,
        "group": "Балапан",
        "birth_years": "2022",
        "language": "kk",
        "family_signed_on": None,
        "head_signed_on": None,
        **_office(text.place),
    }
    return found | worded(text, found)


def refused(row: Voucher) -> Facts:
    """S1: the family gave its voucher up, on that day."""
    return {
        **_common(row.application, _ended_on(row)),
        "voucher": row.number,
        "voucher_on": _day(row.issued_on),
    }


def revoked(row: Voucher | Referral) -> Facts:
    """S1, S2: a voucher or a referral was taken back, on that day, and why, as the history says."""
    group = row.vacancy.group if isinstance(row, Referral) else None
    return {
        **_common(row.application, _ended_on(row)),
        "given": row.number,
        "given_on": _day(row.issued_on),
        "reason": _reason(row),
        **dict.fromkeys(("kindergarten", "address_of_kindergarten", "phone_of_kindergarten")),
        **(_kindergarten(group) if group else {}),
    }


def protocol(held: Round) -> Facts:
    """Spec 1.2: what a round went by: the office, the day, the order and the norms in force at that moment, the vacancy
    of offers. Whom it met is reckoned from the history (actions/protocols.py). Nobody's name.
    """
    at, place, order = held.held_at.astimezone(LOCAL), held.place, held.queue_order
    in_force = norms.all_in_force(_upwards(place), held.held_on, held.held_at)
    asked = in_force.where(Norm.name.in_(OF_A_ROUND[order.kind]))
    found = {norm.name: norm for norm in db.session.scalars(asked)}
    return {
        "issued_on": _day(held.held_on),
        "held_at": f"{at:%H:%M:%S}",
        "automatic": held.automatic,
        "by": str(order.kind),
        **_office(place),
        "order": {**_named_place(order.place), "valid_from": _day(order.valid_from), "legal_basis": order.legal_basis},
        "norms": [
            {
                "name": name,
                "value": found[name].value,
                "unit": str(found[name].unit),
                "valid_from": _day(found[name].valid_from),
                "legal_basis": found[name].legal_basis,
            }
            for name in OF_A_ROUND[order.kind]
            if name in found
        ],
        **(_kindergarten(held.vacancy.group) if held.vacancy else {"kindergarten": None}),
    }


def daily_protocol(seal: HistorySeal) -> Facts:
    """Spec 1.2, 7: what was sealed since the protocol before: the positions in the chain, its head, and when it was
    sealed. What it was is counted from the history (actions/daily_protocols.py). Nobody's name.
    """
    with_paper = select(func.max(HistorySeal.position)).join(Document, Document.seal_id == HistorySeal.id)
    before = db.session.scalar(with_paper.where(HistorySeal.position < seal.position)) or 0
    return {
        "issued_on": _day(seal.day),
        "sealed_at": f"{seal.at.astimezone(LOCAL):%d.%m.%Y %H:%M:%S}",
        "first": before + 1,
        "last": seal.position,
        "head": seal.head.hex(),
        **_office(_place_of_all()),
    }


def _place_of_all() -> Place:
    """The region, where there is one alone, or the country."""
    found = db.session.scalars(select(Place).where(Place.kind.in_((PlaceKind.country, PlaceKind.region)))).all()
    regions = [one for one in found if one.kind is PlaceKind.region]
    return regions[0] if len(regions) == 1 else next(one for one in found if one.kind is PlaceKind.country)


def left_on(application: Application) -> date | None:
    """The day on which an application came to its status; None for a reader who does not see its history."""
    its_own = Change.subject == application.__tablename__, Change.subject_id == application.id
    came = select(Change.effective_on).where(*its_own, Change.status_to == application.status)
    return db.session.scalars(came.order_by(Change.id.desc())).first()


def stay_of(row: Voucher) -> Referral | None:
    """The last temporary place that was chosen by a voucher."""
    found = row.application.referrals if row.kind == "temporary" else []
    return next((one for one in reversed(found) if one.voucher_id == row.id and one.ends_on), None)


def _common(application: Application, issued_on: date | None) -> Facts:
    """What every paper prints: its day, the child, the applicant, the application, the office."""
    return {
        "issued_on": _day(issued_on),
        "child": application.child.full_name,
        "iin": application.child.iin,
        "born_on": _day(application.child.born_on),
        "applicant": application.applicant.full_name,
        "application": application.number,
        **_office(application.place),
    }


def _people(application: Application) -> Facts:
    return {"sex": str(application.child.sex), "applicant_iin": application.applicant.iin}


def _office(place: Place) -> Facts:
    """The place in both languages with what it lies in, up to the region, and the nearest office above it."""
    line = [place]
    while (above := line[-1].parent) is not None and above.kind is not PlaceKind.country:
        line.append(above)
    office = next((each.offices[-1] for each in line if each.offices), None)
    phone = (office and office.phone) or next((each.support_phone for each in line if each.support_phone), None)
    return {
        "place_kk": ", ".join(each.name_kk for each in reversed(line)),
        "place_ru": ", ".join(each.name_ru for each in reversed(line)),
        "office_kk": office.name_kk if office else "Білім бөлімі",
        "office_ru": office.name_ru if office else "Отдел образования",
        "office_address": office.address if office else None,
        "office_phone": texts.phones_said(phone or "") or None,
        "responsible": office.responsible if office else None,
    }


def _upwards(place: Place) -> list[int]:
    """The place and all above it."""
    return [place.id, *(_upwards(place.parent) if place.parent is not None else ())]


def _named_place(place: Place) -> Facts:
    return {"place_kk": place.name_kk, "place_ru": place.name_ru}


def _place_of(row: Referral) -> Facts:
    voucher = row.voucher
    return {
        **_common(row.application, row.issued_on),
        **_kindergarten(row.vacancy.group),
        "voucher": voucher.number if voucher else None,
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


def _paper(one: PrivilegePaper) -> str:
    said = [one.title, f"№ {one.number}" if one.number else "", one.issued_by or "", f"{one.issued_on:%d.%m.%Y}"]
    return ", ".join(filter(None, said))


def _reason(row: Voucher | Referral) -> str | None:
    """What an official has said; a family says none."""
    its_own = Change.subject == row.__tablename__, Change.subject_id == row.id, Change.verb == "revoke"
    said = db.session.scalars(select(Change.reason).where(*its_own)).first()
    return None if said in reasons.NAMES else said


def _ended_on(row: Voucher | Referral) -> date | None:
    return _on(row.ended_at)


def _on(moment: datetime | None) -> date | None:
    return local_day(moment) if moment else None


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
