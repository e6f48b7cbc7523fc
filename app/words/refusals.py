"""Why not: refusals of the regulation, wrong fields, constraints, rows of bulk runs and of files."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.exc import IntegrityError

from app import registers
from app.access import personal_data
from app.actions.records import Invalid
from app.actions.rounds import RoundOutcome
from app.models import BulkOutcome, BulkRow, ImportProblem, Unit
from app.rules.norms import KNOWN, NormKind
from app.rules.refusals import Reason, Refusal
from app.words.days import day
from app.words.labels import label
from app.words.problems import SENTENCES, sentence_of
from app.words.rules import CHOICES

PERHAPS_DONE = _l(
    "The database went away while it was writing: what you asked for may be done, or not. Send the same again in a "
    "moment: it is not done twice."
)
REFUSALS: dict[Reason, Any] = {
    Reason.not_their_turn: _l("It is not this child's turn yet."),
    Reason.no_free_place: _l("There is no free place: every published one is held, taken, or owed to a voucher."),
    Reason.place_is_lent: _l("The child's place is lent, and another child attends in it or is to come."),
    Reason.drawn_by_lot: _l("This place is given by lot: ask for it, until the time to ask is over."),
    Reason.stop_listed: _l("The application is on the stop-list: nothing is issued, offered or chosen until it ends."),
    Reason.too_young: _l("The child is too young for this."),
    Reason.too_old: _l("The child is too old for the queue."),
    Reason.too_late: _l("The term has passed."),
    Reason.too_long: _l("That is longer than the norm allows."),
    Reason.already_used: _l("This right has been used already."),
    Reason.not_allowed: _l("Your role does not allow this here."),
    Reason.wrong_status: _l("This cannot be done in the present status."),
    Reason.wrong_birth_year: _l("The group is for children of other birth years."),
    Reason.wrong_place: _l("This does not belong to this district, or another procedure is in force there."),
    Reason.reason_required: _l("Give a reason."),
    Reason.signature_required: _l("This is signed with your key. Enter by your key, or come to the office."),
    Reason.no_calendar: _l("No days off are entered for that year. Enter the calendar first."),
    Reason.already_waiting: _l("This child is in the queue already, or attends a state kindergarten."),
    Reason.recorded_otherwise: _l(
        "This district has recorded it otherwise for this IIN. Type it as it is recorded, or have the record corrected."
    ),
    Reason.bad_iin: _l("There is no such IIN. Check its twelve digits."),
    Reason.bad_number: _l("A number has at least one letter or digit."),
    Reason.no_paper: _l("No paper proves this privilege. The family has to bring one."),
    Reason.paper_to_come: _l("The paper has a day that is still to come."),
    Reason.no_norm: _l("No norm is in force for this. Enter and approve it first."),
    Reason.bad_signature: _l(
        "This is no signature of the text that was shown. Nothing was done. Begin again and sign it."
    ),
    Reason.wrong_key: _l(
        "This is another kind of key. To enter, choose your authentication key (AUTH in its file's name); to sign, "
        "your signature key; for a kindergarten its head signs with the organisation's key."
    ),
    Reason.weak_key: _l("This key is of a kind that is no longer safe. Get a new one from the certification centre."),
    Reason.foreign_iin: _l("This is another person's key. Sign with your own."),
    Reason.foreign_bin: _l("This is the key of another organisation."),
    Reason.certificate_expired: _l("This key is not valid today. Get a new one from the certification centre."),
    Reason.certificate_revoked: _l("This key has been revoked. Get a new one from the certification centre."),
    Reason.unknown_issuer: _l("This key is not of the national certification centre."),
    Reason.revocation_unknown: _l(
        "Whether this key has been revoked cannot be asked at the moment. Try again later, enter by a one-time code, "
        "or come to the counter."
    ),
    Reason.no_service: _l(
        "A GOST key cannot be verified here. Take an RSA key, enter by a one-time code, or come to the counter."
    ),
    Reason.service_away: _l(
        "The service that verifies keys gives no answer. Try again later, enter by a one-time code, or come to the "
        "counter."
    ),
    Reason.challenge_over: _l("This text was signed already, or its five minutes are over. Begin again."),
    Reason.qr_away: _l(
        "The service that passes the text to a phone does not answer as it should. Nothing was done. Try again later, "
        "sign with NCALayer on a computer, or come to the counter."
    ),
    Reason.qr_cancelled: _l("Signing was given up on the phone. Nothing was done. You can begin again."),
    Reason.qr_over: _l("The time for signing on the phone is over. Nothing was done. Begin again."),
    Reason.factor_required: _l("This asks for the code of your authenticator once more."),
}
# What a family reads otherwise than an official.
TO_FAMILIES: dict[Reason, Any] = {
    Reason.not_allowed: _l("This is not yours to do here: the applicant does it, or the education department."),
    Reason.no_calendar: _l(
        "The days off of that year are not entered yet, so no last day can be said. Ask the education department."
    ),
    Reason.no_norm: _l("Nothing is laid down for this here yet. Ask the education department."),
    Reason.no_paper: _l("No paper proves this privilege. Send one with it, or bring it to the education department."),
    Reason.already_waiting: _l(
        "This child is in the queue already, or attends a state kindergarten. If you do not know who has applied, ask "
        "the education department."
    ),
    Reason.recorded_otherwise: _l(
        "Something here is not as it is on record. Come to the education department with the papers."
    ),
}
# A fact of a refusal that says more than its reason.
BECAUSE: dict[str, Any] = {
    "over_capacity": _l(
        "The group has more children than places: nothing is published from it until children have left or its "
        "capacity is raised."
    ),
    "official": _l(
        "Something here is not as it is on record, or a child of this name and birth date waits already. An official "
        "looks at it: come to the education department with the papers."
    ),
    "number": _l("Another application of this district has this number."),
    "paper": _l("Name the day of the family's signed paper."),
    "began_on": _l("The paper was signed before the right that it uses began. The family has to sign a new one."),
    "to_come": _l("This day has not come yet. Correct it."),
    "not_later": _l("The new last day must come after the one that is set now."),
    "author": _l("You entered, changed or asked for it yourself: another person says yes to it."),
    "second": _l("Another official has to say yes first: ask on the page of the run."),
    "joined": _l("This person sees the application already: as its applicant, or by having joined it."),
    "asked_to_join": _l("This person has asked already; an official decides."),
    "asked": _l("It waits for a second person already."),
    "no_wish": _l("The family waits for no kindergarten."),
    "wished": _l("The family waits for a place there already."),
    "wish": _l("This kindergarten is of another district or another queue, or has no places on state order."),
    "wishes": _l("The family waits for as many kindergartens as it may. Give one up first."),
    "lot_over": _l("No lot runs there: the time to ask is over, or the places are not given by lot."),
    "no_lot": _l("The child takes part in no lot there."),
    "in_lot": _l("The child takes part in this lot already."),
    "chosen_at_once": _l("This place can be chosen at once, without a lot."),
    "begun": _l("Its first day has come: enter the next one, from a day of its own."),
    "many": _l("So many at once start as a bulk run, with a second person's yes."),
    "twice": _l("There is one of this kind for this place and day already. Change that one, or name another day."),
    "own_account": _l("This is your own account: another administrator does this to it."),
    "left": _l("The child has left its kindergarten. Its family applies anew."),
    "backwards": _l("The last day comes before the first one. Correct them."),
    "away": _l("The child is recorded as away on some of these days already: its place is lent once."),
    "not_away": _l("No absence of this child is recorded that still runs or is to come."),
    "lends": _l("It was drafted by an absence, and its days are those of the absence. It ends when the child is back."),
    "changed": _l("Somebody changed it after this page was shown to you. Look at it again, then approve it."),
    "others_next": _l("The places would go to other children by now. Look at it again, then offer them."),
    "no_draft": _l("It was published, so it stays as it is. Draft another one; close this one for its free places."),
    "no_text": _l(
        "No text of contracts is in force here, so there is no contract to sign. The department approves one."
    ),
    "approved": _l("It is approved, so it stays as it is. Enter a new one that begins on its own day."),
}
# What keeps a record from being removed, by the table that names it.
BELONGS: dict[str, Any] = {
    "kg_group": _l("groups"),
    "vacancy": _l("vacancies"),
    "enrolment": _l("children who attend or have attended"),
    "user_scope": _l("accounts whose reach it is"),
    "change": _l("a history"),
}
# Why a number cannot be one.
NO_NUMBER: dict[tuple[Reason, str], Any] = {
    (Reason.bad_iin, "form"): _l("An IIN has twelve digits. Correct it by the child's or parent's paper."),
    (Reason.bad_iin, "check_digit"): _l("There is no such IIN: its check digit is wrong. Correct it by the paper."),
    (Reason.bad_iin, "century"): _l("There is no such IIN: its seventh digit is wrong. Correct it by the paper."),
    (Reason.bad_iin, "birth_date"): _l(
        "There is no such IIN: it begins with a day that does not exist. Correct it by the paper."
    ),
    (Reason.bad_iin, "same_person"): _l("The child and the applicant have the same IIN. Correct one of them."),
    (Reason.bad_number, "long"): _l("The number is too long. Shorten it."),
}
# What an official accepts with a reason, or corrects.
DOUBTS: dict[str, Any] = {
    "born_on": _l("This is not the birth date in the IIN. Correct it, or give a reason."),
    "sex": _l("The IIN says otherwise. Correct it, or give a reason."),
    "namesake": _l(
        "A child of this name and birth date waits under another IIN. "
        "Look it up by its name; if they are two children, say so as the reason."
    ),
}
WHY_NOT: dict[str, Any] = {  # of a row of a bulk run, where it is no refusal of the regulation
    "contradiction": _l("This contradicts what is recorded already. Nothing was changed."),
    "failed": _l("Something went wrong on our side. Nothing was changed."),
    "changed": _l("The application has changed since it was tried. It was left as it is."),
    "stopped": _l("The run was stopped before its turn came."),
    "dismissed": _l("The run was stopped: whoever asked for it no longer has that role."),
}
NOT_BROUGHT_IN: dict[str, Any] = {  # why a file that was started, or was being tried, came to nothing
    "problems": _l("Something has become wrong since the file was tried. Nothing was written."),
    "dismissed": _l("Whoever brought the file no longer has that role. Nothing was written."),
    "damaged": _l("The kept file is not as it came. Nothing was written. Bring it again."),
    "failed": _l("Something went wrong on our side. Nothing was changed."),
    "erased": _l("It was not brought in for as long as files are kept, and the file is gone."),
}
FORESEEN: dict[BulkOutcome, Any] = {
    BulkOutcome.waiting: _l("Not tried yet"),
    BulkOutcome.done: _l("Can be done"),
    BulkOutcome.refused: _l("Will be turned down"),
}
INVALID: dict[str, Any] = {
    "norm_name": _l("There is no norm of this name."),
    "norm_unit": _l("This norm is counted otherwise: %(allowed)s."),
    "norm_value": _l("This norm cannot have this value. It may be: %(allowed)s."),
    "norm_on_lapse": _l("This cannot follow here. It may be: %(allowed)s."),
    "no_categories": _l("An order by categories needs at least one category."),
    "categories_by_ratio": _l("An order by ratio has no categories. Empty them, or choose the order by categories."),
    "too_many_categories": _l("An order has at most %(rank)d categories."),
    "category_name": _l("Category %(rank)d needs its name in both languages."),
    "category_ages": _l("Category %(rank)d: the last age is before the first, or is no age of a child."),
    "categories_overlap": _l("Categories %(other)d and %(rank)d have the same privilege and share ages."),
    "category_in_vain": _l("Category %(rank)d would serve nobody: category %(other)d takes all its children before."),
    "wrong_code": _l("This is not the code that the authenticator shows now. Look at it and type it again."),
    "easily_guessed": _l("This password is easily guessed. Take several words that belong together for you alone."),
    "no_reach": _l("This role does nothing without its reach. Choose it."),
    "reach_of_another_role": _l("A head reaches a kindergarten, other roles a region, district or city. Empty this."),
    "decree": _l("Give the number of the decree."),
    "before_first": _l("The last birth year is before the first."),
    "bin": _l("There is no such BIN. Check its twelve digits."),
    "name_taken": _l("This name is recorded already: “%(other)s”. Change that one, or give this one another name."),
    "name_near": _l(
        "One is called almost so: “%(other)s”. If it is meant, change that one; if this is another one, say so below."
    ),
    "temporary_only": _l("A temporary vacancy needs its last day; a general one has none."),
    "temporary_begins": _l("Only a temporary vacancy has a first day. Empty it, or make the vacancy temporary."),
    "ends_before": _l("The last day comes before the first one. Correct them."),
}
CONSTRAINTS: dict[str, Any] = {
    **{part: sentence for one in registers.ALL for part, sentence in one.clashes.items()},
}
OUTCOMES: dict[RoundOutcome, Any] = {
    RoundOutcome.served: _l("served"),
    RoundOutcome.no_seat: _l("passed over: no free place was left for its birth year"),
    RoundOutcome.later: _l("its turn had not come: the places ended before it"),
    RoundOutcome.too_young: _l("too young on that day"),
}
OUTCOMES_TO_COME: dict[RoundOutcome, Any] = {  # of a round that is only looked at
    RoundOutcome.served: _l("will be served"),
    RoundOutcome.no_seat: _l("will be passed over: no free place is left for its birth year"),
    RoundOutcome.too_young: _l("too young for any category today"),
}


def refusal(refused: Refusal) -> str:
    """Why not, with the day that it is about where there is one."""
    usual = NO_NUMBER.get((refused.reason, str(refused.facts.get("because"))), REFUSALS[refused.reason])
    sentence = str(next((BECAUSE[fact] for fact in refused.facts if fact in BECAUSE), usual))
    if "belongs_to" in refused.facts:
        number = refused.facts["belongs_to"]
        return _(
            "This IIN is that of another child here, by application %(number)s. Compare both with the papers, and "
            "correct the one that is wrong.",
            number=number,
        )
    if isinstance(families := refused.facts.get("families"), int):
        return families_would_lose(families)
    if isinstance(has := refused.facts.get("has"), list):
        return _(
            "It cannot be removed: it has %(what)s. Remove those first; what was used stays.", what=_belonging(has)
        )
    last, began = refused.facts.get("last_day"), refused.facts.get("began_on")
    if isinstance(began, date):
        return sentence + " " + _("The right began on %(day)s.", day=day(began))
    return sentence + " " + _("The last day: %(day)s.", day=day(last)) if isinstance(last, date) else sentence


def refusal_to_family(refused: Refusal) -> str:
    """The same to somebody of a family, who has no role and enters no norms."""
    if BECAUSE.keys().isdisjoint(refused.facts) and refused.reason in TO_FAMILIES:
        return str(TO_FAMILIES[refused.reason])
    return refusal(refused)


def _belonging(tables: Iterable[str]) -> str:
    """What belongs to a record, in words; what has no words of its own are entries."""
    return ", ".join(dict.fromkeys(str(BELONGS.get(table, _("entries"))) for table in tables))


def families_would_lose(num: int) -> str:
    """Spec 3.2: why a place stays as it is under an offer, a voucher or a referral, and the way out."""
    return ngettext(
        "%(num)d family would lose its place by this: it has an offer, a voucher or a referral for it. "
        "Wait until its term is over, or take its place back first, with a reason.",
        "%(num)d families would lose their places by this: they have an offer, a voucher or a referral for them. "
        "Wait until their terms are over, or take their places back first, with a reason.",
        num,
    )


def refused(why: Refusal) -> dict[str, str]:
    """Why not, by the part at fault; "" where it is none in particular."""
    if "parts" in why.facts:
        doubts = why.reason is Reason.reason_required
        return {part: str(DOUBTS[part]) if doubts else refusal(why) for part in why.facts["parts"]}
    return {why.facts.get("part", ""): refusal(why)}


def outcome(row: BulkRow, over: bool) -> str:
    """What became of a row of a bulk run; before the run, what its preview found."""
    return label(row.outcome) if over else str(FORESEEN[row.foreseen])


def why_not(row: BulkRow) -> str:
    """Why a row of a bulk run was not done, or will not be; "" for one that was."""
    return because(row.reason, row.facts)


def problem(row: ImportProblem) -> str:
    """What is wrong in a cell of a file; of what its author has typed only what whoever reads may see."""
    facts = dict(row.facts)
    if personal_data.masks():
        facts |= dict.fromkeys(facts.keys() & {"title"}, personal_data.MASK)
        facts |= {name: facts[name].rpartition("!")[2] for name in facts.keys() & {"cell"}}
    return sentence_of(row.sentence, facts) if row.sentence in SENTENCES else row.sentence


def cell_of(row: ImportProblem) -> str:
    """Where it is; the name of a file or of a sheet only for whoever may see it."""
    if not personal_data.masks():
        return row.cell
    return row.cell.rpartition("!")[2] if row.row else personal_data.typed(row.cell) or ""


def because(reason: str | None, facts: Mapping[str, Any]) -> str:
    """A reason that was kept by its name, with its facts as JSON keeps them."""
    if reason not in set(Reason):
        return str(WHY_NOT.get(reason or "", reason or ""))
    known = {**facts}
    if isinstance(last := facts.get("last_day"), str):
        known["last_day"] = date.fromisoformat(last)
    return refusal(Refusal(Reason(reason), **known))


def invalid(problem: Invalid) -> str:
    """What is wrong with one field, and for a norm what it may be instead."""
    known = KNOWN.get(str(problem.facts.get("norm")))
    facts = {**problem.facts, "allowed": _allowed(problem.field, known)} if known else problem.facts
    return str(INVALID[problem.problem]) % facts


def _allowed(field: str, known: NormKind) -> str:
    if field == "value" and Unit.RATIO in known.units:
        return "1:3"
    if field == "value":
        return ", ".join(f"“{CHOICES[choice]}”" for choice in sorted(known.choices)) or _("a whole number")
    allowed = known.units if field == "unit" else known.on_lapse
    return ", ".join(label(one) for one in sorted(allowed)) or _("nothing")


def constraint(error: IntegrityError) -> str:
    """The sentence of the constraint that the database named: never its SQL, never a value."""
    text = str(error.orig)
    for name, sentence in CONSTRAINTS.items():
        if name in text:
            return str(sentence)
    return _("This contradicts what is recorded already. Nothing was changed.")
