"""What a record is called, and what a list says that has none."""

from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import InstrumentedAttribute

from app import registers
from app.access import personal_data
from app.access.account_scope import District
from app.models import (
    Applicant,
    Base,
    Child,
    ContractText,
    DayOff,
    Document,
    Guardianship,
    KgGroup,
    Kindergarten,
    Norm,
    Place,
    Proposal,
    QueueCategory,
    QueueOrder,
    Round,
)
from app.rules.alphabet import sort_key
from app.words.days import day
from app.words.labels import label
from app.words.rules import norm
from app.words.verbs import verb

NOTHING: dict[str, Any] = {  # what to do when a register has no rows yet
    "application": _l("Put a child into the queue, and its application stands here."),
    "import_run": _l("Bring a list of kindergartens or applications as an Excel workbook or CSV; it is tried first."),
    "voucher": _l("A round issues vouchers down the queue; one out of turn is issued on the child's page."),
    "offer": _l("Publish a vacancy and offer its places: the next children in the queue get them."),
    "referral": _l("A referral is issued when a family chooses a kindergarten, on the child's page."),
    "queue_round": _l("Each round of vouchers and each offer of places is kept here, with the list as it stood."),
    "proposal": _l("What one official asks for and another one decides: a return, a voucher out of turn, a bulk run."),
    **{one.table: one.nothing for one in registers.ALL if one.nothing},
}


def alphabetical(model: type[Base]) -> tuple[InstrumentedAttribute[Any], ...]:
    """Spec 3.9: what orders rows of a kind by their names in the reader's language, on both databases."""
    if model is Place:
        return (Place.sort_ru if get_locale().language == "ru" else Place.sort_kk, Place.id)
    return (model.sort_name, model.id) if model in (Kindergarten, KgGroup) else (model.id,)


def by_name(row: Any) -> str:
    """The same for a few rows that are here already: the key to sort them by."""
    return sort_key(name(row))


def name(row: Any) -> str:
    """What a record is called: a place, norm or order in the reader's language, anything else by its own name."""
    match row:
        case Child() | Applicant() | Guardianship():  # first: lists show most of these
            return personal_data.name(row)
        case Place() | District() | QueueCategory():
            return row.name_ru if get_locale().language == "ru" else row.name_kk
        case Norm():
            return norm(row)
        case QueueOrder():
            return f"{label(row.kind)}, {name(row.place)}, {day(row.valid_from)}"
        case Proposal():
            return f"{verb(row.verb, row.subject)}, {row.application or f'№ {row.subject_id}'}"
        case Round():
            return f"{_('Round')}, {name(row.place)}, {day(row.held_on)}"
        case ContractText():
            return f"{_('Text of contracts')}, {name(row.place)}, {day(row.valid_from)}"
        case Document():  # of a day
            return f"{label(row.kind)}, {day(row.seal.day)}" if row.seal else label(row.kind)
        case DayOff():
            return f"{day(row.day)}, {row.name}"
    return str(row)
