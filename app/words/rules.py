"""Norms and terms as people say them."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.models import Norm, QueueCategory, SignedInBy, Unit
from app.rules import shipped
from app.rules.verbs import SIGN_IN
from app.words.labels import LABELS
from app.words.verbs import VERBS

NORMS: dict[str, Any] = {
    "procedure": _l("Procedure of the district"),
    "voucher.confirm": _l("Term to confirm interest in a voucher"),
    "voucher.choose": _l("Term to choose a kindergarten and sign"),
    "voucher.stop_list": _l("Time on the stop-list after a voucher"),
    "voucher.restorations": _l("Restorations of the place in the queue"),
    "voucher.restorations_per": _l("Restorations are counted per"),
    "referral.priority": _l("Time in which an offered place waits for the child"),
    "referral.attend": _l("Term to come to the kindergarten with the papers"),
    "referral.stop_list": _l("Time on the stop-list after a referral"),
    "referral.misses": _l("Missed referrals that end the application"),
    "referral.extension": _l("Longest extension of a referral"),
    "referral.extensions": _l("Extensions of one referral"),
    "referral.revocation": _l("Time in which a family may give a referral back"),
    "referral.minimum_age": _l("Youngest age for a state kindergarten or mini-centre"),
    "state_order.minimum_age": _l("Youngest age for a private place on state order"),
    "state_order.turn": _l("The turn in the queue for a private place on state order"),
    "mini_centre.turn": _l("The turn in the queue for a mini-centre"),
    "queue.ratio": _l("Privileged to general children in the order by ratio"),
    "privilege.certificate": _l("How long a certificate for a privilege holds"),
    "queue.maximum_age": _l("Age at which a child leaves the queue"),
    "wish.maximum": _l("Kindergartens that a family may wait for at once"),
    "free_choice.window": _l("Time in which families ask for a place of free choice before it is drawn by lot"),
    "rounds": _l("Who starts rounds of vouchers"),
    "notice.reminder": _l("Reminder before a last day"),
    "notice.quiet": _l("Hours in which no SMS is sent"),
    "notice.daily": _l("SMS to one phone in a day, at most"),
    "retention.application": _l("How long personal data is kept after an application is over and the child has left"),
    "retention.message": _l("How long the text and the address of a sent message are kept"),
    "retention.file": _l("How long a file that was brought in is kept"),
    **{f"sign.{name}": _l("How a family signs: %(verb)s", verb=VERBS[name]) for name in SIGN_IN},
}
CHOICES: dict[str, Any] = {
    "referral": _l("by referrals"),
    "voucher": _l("by vouchers"),
    "manual": _l("the department"),
    "clock": _l("the calendar, daily"),
    "none": _l("no, whoever comes first"),
    "needed": _l("yes, by turn"),
    "application": _l("application"),
    "stop_listing": _l("stop-listing"),
    **LABELS[SignedInBy],
}
TERMS: dict[str, Any] = {  # rules/terms.py: what is to be done, or ends, by the last day
    "confirm": _l("Interest to be confirmed"),
    "choose": _l("Kindergarten to be chosen"),
    "sign": _l("Contract to be signed"),
    "restore": _l("Place in the queue to be restored"),
    "priority": _l("Priority of an offer"),
    "attend": _l("To come with the papers"),
    "privilege": _l("Certificate of a privilege"),
    "stop_list": _l("Stop-list"),
    "stay": _l("Temporary stay"),
}
WAITS: dict[str, Any] = {  # rules/waits.py: what waits, and for whom
    "claim": _l("Privileges claimed"),
    "head_signs": _l("Contracts that the head has not signed"),
    "family_signs": _l("Contracts that the family has not signed"),
    "enrol": _l("Contracts signed: to enrol"),
    "release": _l("Blocked until the department releases them"),
    "second": _l("Waiting for a second person"),
    "contrary": _l("Rights that a corrected birth date would not have allowed"),
    "unreachable": _l("A term runs, and there is no phone and no e-mail"),
}
GUIDES: dict[str, str] = {  # whose guide says what a verb does; it is quoted by its title, as its authors gave it
    **dict.fromkeys(("issue", "confirm", "refuse", "lapse", "restore", "expire"), shipped.S1),
    **dict.fromkeys(("offer", "pass_over", "miss", "release"), shipped.S2),
    **dict.fromkeys(("register", "age"), shipped.S3),
    "turn": shipped.LEGACY,
}
PERIODS: dict[str, Any] = {"today": _l("today"), "week": _l("within 7 days")}


def basis(verb: str, subject: str) -> str:
    """The rule by which something happened to an application: its guide by its title, else whose decision it is."""
    if subject == "privilege":
        return shipped.CARD
    return GUIDES.get(verb) or (
        _("The order of the queue") if verb in ("order", "itself") else _("The office's decision")
    )


def norm_name(name: str) -> str:
    """What a norm is about; a name that nobody knows stays as it is."""
    return str(NORMS.get(name, name))


def norm(row: Norm) -> str:
    """A norm with its value, as people say it."""
    return f"{norm_name(row.name)}: {norm_value(row)}"


def norm_value(row: Norm) -> str:
    """A norm's value as people say it: so many working days, so many to so many, one of its choices."""
    if row.name == "free_choice.window" and row.value == "0":
        return _("no lot, whoever comes first")
    first, _colon, second = row.value.partition(":")
    if row.unit is Unit.CHOICE:
        return str(CHOICES.get(row.value, row.value))
    if row.unit is Unit.HOURS:
        first, _dash, last = row.value.partition("-")
        return _("from %(first)s:00 to %(last)s:00", first=first, last=last)
    if row.unit is Unit.RATIO:
        return _("%(privileged)s privileged to %(general)s general", privileged=first, general=second)
    return amount(int(row.value), row.unit) if row.value.isdecimal() else row.value


def age(row: Norm) -> str:
    """An age as families say it: in years, unless it is none of whole ones."""
    months = int(row.value)
    return amount(months, row.unit) if months % 12 else ngettext("%(num)d year", "%(num)d years", months // 12)


def amount(number: int, unit: Unit) -> str:
    """2 working days, 1 working day."""
    match unit:
        case Unit.WD:
            return ngettext("%(num)d working day", "%(num)d working days", number)
        case Unit.CD:
            return ngettext("%(num)d calendar day", "%(num)d calendar days", number)
        case Unit.H:
            return ngettext("%(num)d hour", "%(num)d hours", number)
        case Unit.MONTHS:
            return ngettext("%(num)d month", "%(num)d months", number)
    return ngettext("%(num)d time", "%(num)d times", number)


def ages(category: QueueCategory) -> str:
    """The ages of a category: full months, both included."""
    if category.months_to is None:
        return _("from %(months)d months", months=category.months_from) if category.months_from else _("any age")
    return _("%(first)d to %(last)d months", first=category.months_from, last=category.months_to)


def term(name: str) -> str:
    """A kind of term that runs out."""
    return str(TERMS[name])


def wait(name: str) -> str:
    """What waits, and for whom."""
    return str(WAITS[name])


def period(name: str) -> str:
    """Until when."""
    return str(PERIODS[name])
