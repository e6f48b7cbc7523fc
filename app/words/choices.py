"""The places that a family may choose from, under the headings of seed 000, and what follows from each."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.models import Intake, KindergartenKind, Vacancy
from app.rules.eligibility import costs_standing
from app.words.days import day, moment
from app.words.labels import label

Places = list[tuple[Vacancy, int]]  # with how many of each the family may take one of

HEADINGS = {
    "state": _l("Choose a state kindergarten"),
    "private": _l("Choose a private kindergarten"),
    "mini_centre": _l("Choose a state mini-centre"),
    "temporary": _l("Choose a place for a time"),
}


def choices(places: Places) -> list[tuple[str, str, Places]]:
    """S0: each kind of places with its heading, in the order of the seed; one without places is left out."""
    groups: dict[str, Places] = {kind: [] for kind in HEADINGS}
    for vacancy, free in places:
        groups[_kind(vacancy)].append((vacancy, free))
    return [(kind, str(HEADINGS[kind]), found) for kind, found in groups.items() if found]


def _kind(vacancy: Vacancy) -> str:
    if vacancy.intake is Intake.temporary:
        return "temporary"
    if costs_standing(vacancy):
        return "private"
    return "mini_centre" if vacancy.group.kindergarten.kind is KindergartenKind.mini_centre else "state"


def consequences(vacancy: Vacancy, *, terms: Mapping[str, Any], today: date) -> tuple[str, str]:
    """S0-S2: what a family is warned of before it takes this place, and what follows; "" for nothing.

    `terms`: those of a referral by turn (referrals.terms); empty where it is taken by voucher.
    """
    if vacancy.ends_on:
        said = [_("Please note: this is a temporary place.")]
        if vacancy.begins_on and vacancy.begins_on > today:
            said.append(_("The first day of attendance is %(day)s, not earlier.", day=day(vacancy.begins_on)))
        said.append(
            _(
                "The child may attend until %(day)s. After that the child is taken out automatically and the voucher "
                "is annulled; its place in the general queue is kept.",
                day=day(vacancy.ends_on),
            )
        )
        return " ".join(said), ""
    if not terms:
        return "", _(
            "The place is held at once; the referral and the contract are drawn up. Both the family and the head sign "
            "the contract."
        )
    follows = _(
        "The place is held at once and the referral is issued. The family brings its papers to the kindergarten by "
        "%(day)s; it may take the referral back until %(moment)s.",
        day=day(terms["attend_by"]),
        moment=moment(terms["revocable_until"]),
    )
    return costs(vacancy), follows


def costs(vacancy: Vacancy) -> str:
    """S0, S2: what a family is warned of before it takes this place for good; "" for nothing."""
    if not costs_standing(vacancy):
        return ""
    lost = _("Please note: with a private kindergarten the child loses its place in the state queue at once.")
    returns = _("Taken back in time, the place in the queue returns by its original day.")
    return f"{lost} {returns}"


def card(vacancy: Vacancy) -> list[tuple[str, str]]:
    """S1: a place as the card of its kindergarten has it, each fact by its name."""
    group, kindergarten = vacancy.group, vacancy.group.kindergarten
    facts: list[tuple[str, Any]] = [
        (_("Kindergarten"), kindergarten.name),
        (_("Phone"), kindergarten.phone),
        (_("Ownership"), label(kindergarten.ownership)),
        (_("Address"), kindergarten.address),
        (_("Kind"), label(kindergarten.kind)),
        (_("Language of instruction"), label(group.language)),
        (_("Group"), group.name),
        (_("Admission regime"), label(vacancy.intake)),
    ]
    return [(name, str(said)) for name, said in facts if said]
