"""S3: a family puts its child into the queue itself: one question a page, kept half-way, looked over, then sent.

As through egov it is signed with a key, as through Indigo a code is enough: sign.register says which (spec 3.10). What
is typed is kept by access/drafts.py until it is sent.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import g, redirect, request, url_for
from flask_babel import gettext as _

from app import words
from app.access import drafts, login_limits, uploads
from app.access.actors import Actor, Visitor
from app.actions import families, public
from app.actions.people import NAMES
from app.asked import registration
from app.asked.acts import ASKS, Mistyped, claimed, contacts, fit, told_why
from app.asked.registration import VERB
from app.cabinet import sending, signing
from app.cabinet.own import back_here, blueprint, signed_in, typed_before
from app.cabinet.public import later, render, today
from app.db.database import DEADLOCK, retried
from app.db.viewer import unscoped
from app.models import Language, PrivilegeGround, QueueKind
from app.now import now
from app.rules import iin as iins
from app.rules import texts
from app.rules.refusals import Refusal
from app.rules.roles import Role

STEPS: dict[str, tuple[str, ...]] = {  # a page each, and the fields that it asks for
    "district": ("district",),
    "child": ("child_iin", *(f"child_{name}" for name in NAMES)),
    "applicant": tuple(f"applicant_{name}" for name in NAMES),
    "contacts": ASKS[families.CONTACTS],
    "queue": ("queue_kind",),
    "privilege": ASKS["claim_privilege"],
}


@blueprint.get("/new")
@signed_in
def begin(iin: str) -> Any:
    """The first page that is not answered yet; then all answers together."""
    kept = drafts.of(iin)
    return redirect(url_for("own.answer", step=_open(kept)) if _open(kept) else url_for("own.look_over"), code=303)


@blueprint.route(f"/new/<any({', '.join(STEPS)}):step>", methods=["GET", "POST"])
@signed_in
def answer(iin: str, step: str) -> Any:
    """One question; what is typed is kept, right or not, and asked for again until it is right."""
    kept = drafts.of(iin)
    if request.method != "POST":
        return _page(step, kept | typed_before())
    typed = {name: request.form.get(name, "").strip()[:300] for name in STEPS[step]}
    try:
        if step == "privilege":
            typed |= sending.sent_file()
        with unscoped():
            _check(step, typed, iin)
    except Mistyped as wrong:
        return _page(step, kept | typed, str(wrong)), 422
    kept |= typed | {f"{step}_answered": "yes"}
    drafts.keep(iin, kept)
    return redirect(url_for("own.begin"), code=303)


@blueprint.get("/new/check")
@signed_in
def look_over(iin: str) -> Any:
    """All answers, each with a link to its page."""
    kept = drafts.of(iin)
    if step := _open(kept):
        return redirect(url_for("own.answer", step=step), code=303)
    with unscoped():
        district = public.district(int(kept["district"]))
        return render("new_check.html", place=district, lines=registration.lines(kept, iin), steps=list(STEPS))


@blueprint.post("/new/check")
@signed_in
def send(iin: str) -> Any:
    """The exact text of the application, to be signed or sent; nothing is changed yet."""
    kept = drafts.of(iin)
    if _open(kept):
        return redirect(url_for("own.begin"), code=303)
    if seconds := login_limits.wait_to_register(iin):
        said = _("Too many applications were tried today. Try again tomorrow, or come to the education department.")
        return later(render("new_refused.html", sentence=said), seconds)
    try:
        with unscoped():
            retried(partial(registration.tried, kept, g.visitor, now()), (DEADLOCK,))
            place = public.district(int(kept["district"]))
            lines = [one for step in registration.lines(kept, iin).values() for one in step]
            by = registration.signed_with(kept, today())
            new = "" if families.is_on_record(iin, kept["phone"], today()) else kept["phone"]
    except (Mistyped, Refusal) as refused:
        return _refused(refused)
    if not sending.can_sign(by):
        back_here(url_for("own.look_over"))
        return render("new_sign.html", place=place, to_sign=None, keys=signing.set_up())
    drafts.keep(iin, kept)  # for thirty days from now
    asked = {name: kept.get(name, "") for fields in STEPS.values() for name in fields}
    try:
        return sending.shown(
            "new_sign.html", words.to_register(lines), by=by, verb=VERB, asked=asked, phone=new, place=place
        )
    except sending.TooOften as often:
        page, _status = _refused(often)
        return later(page, often.seconds)


@blueprint.post("/new/signed")
@signed_in
def registered(iin: str) -> Any:
    """The application itself, once; its page has the number and what follows."""
    try:
        challenge = sending.taken(VERB, application_id=None)
        address = sending.done(challenge, partial(_do, challenge.asked or {}))
    except sending.Again as again:
        return redirect(again.address, code=303)
    except (Mistyped, Refusal) as refused:
        return _refused(refused)
    drafts.keep(iin, {})
    return redirect(address, code=303)


def _do(asked: Mapping[str, str], visitor: Visitor) -> str:
    application = registration.register(asked, Actor(Role.family, visitor=visitor), now())
    return url_for("own.application", application_id=application.id, done=VERB)


def _open(kept: Mapping[str, str]) -> str | None:
    """The first page that is not answered yet, or whose file is over."""
    if kept.get("paper_file") and uploads.of(g.visitor.iin, kept["paper_file"]) is None:
        return "privilege"
    return next((step for step in STEPS if f"{step}_answered" not in kept), None)


def _check(step: str, typed: dict[str, str], iin: str) -> None:
    """What is typed is brought into the form in which it is kept. Raises Mistyped."""
    match step:
        case "district":
            asked = typed["district"]
            known = asked.isascii() and asked.isdecimal() and len(asked) < 10
            if not known or public.district(int(asked)) is None:
                raise Mistyped(_("Choose your district or city."))
        case "child":
            typed["child_iin"] = typed["child_iin"].replace(" ", "")
            try:
                iins.facts(typed["child_iin"])
            except Refusal as refusal:
                raise Mistyped(words.refusal_to_family(refusal)) from None
            if typed["child_iin"] == iin:
                raise Mistyped(_("This is your own IIN. Type the child's."))
            _named("child", typed)
        case "applicant":
            _named("applicant", typed)
        case "contacts":
            typed |= {name: str(said) for name, said in contacts(typed).items()}
        case "queue":
            if typed["queue_kind"] not in list(QueueKind):
                raise Mistyped(_("Choose the queue."))
        case "privilege":
            if any(typed.values()):  # a paper without its ground would be lost
                claimed(typed, g.visitor.iin)


def _named(whose: str, typed: dict[str, str]) -> None:
    """The parts of a name; one there must be (spec 3.9). Raises Mistyped."""
    for field in (f"{whose}_{name}" for name in NAMES):
        typed[field] = fit(texts.name, typed[field]) if typed[field] else ""
    if not typed[f"{whose}_first_name"]:
        raise Mistyped(_("Type the name. Who has one name only has it as the first name."))


def _page(step: str, kept: Mapping[str, str], problem: str = "") -> str:
    number = list(STEPS).index(step) + 1
    with unscoped():
        regions = public.regions() if step == "district" else []
    choices = {"grounds": list(PrivilegeGround), "languages": list(Language), "queues": list(QueueKind)}
    facts = {"step": step, "number": number, "of": len(STEPS), "typed": kept, "problem": problem, "regions": regions}
    return render("new.html", **facts, **choices)


def _refused(why: Mistyped | Refusal) -> Any:
    """Nothing was changed, and why; all answers are there."""
    return render("new_refused.html", **told_why(why)), 422
