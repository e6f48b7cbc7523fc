"""The cabinet of a family (S1, S2): entry by a one-time code or a key, its applications, what it may look at in each.

Its cookie is its own and goes to `/my` alone: an official who is signed in on the same browser is nobody here, and a
family nobody in the office. Each page reads within the scope of the one application that it shows.
"""

import re
import secrets
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import wraps
from io import BytesIO
from typing import Any
from uuid import uuid4

from flask import (
    Blueprint,
    abort,
    current_app,
    g,
    make_response,
    redirect,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from app import words
from app.access import drafts, login_limits, personal_data, unsent, visits
from app.access.actors import Actor
from app.access.row_scope import looking_as
from app.actions import choosing, documents, families, lots, numbers, privileges, wishes
from app.actions.explanations import Explanation
from app.actions.numbers import QueueNumber
from app.cabinet import signing
from app.cabinet.problems import not_there
from app.cabinet.public import chosen_language, later, numbers_of, page_of, render, today
from app.db.extensions import db
from app.db.viewer import decides_in, unscoped
from app.gateways import Message, NotSent, Unsure, mobile_citizens, sms
from app.models import (
    Application,
    Audience,
    Change,
    ContractStatus,
    Document,
    Notice,
    PrivilegePaper,
    Purpose,
    Referral,
)
from app.now import is_demo, now
from app.papers import storage
from app.papers.documents import PAPERS, NotReady, open_stored, to_sign
from app.rules import iin as iins
from app.rules import texts
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role
from app.rules.uploads import TYPES
from app.rules.verbs import VERBS

A_MOMENT = timedelta(minutes=10)
ENTERING = 300  # seconds, as long as a code is good
DEMO_PHONES = "+7700"
DRAWS = 3  # that a page tells of, the last ones
KEY, ENTRY = "kezek_family", "kezek_entry"  # cookies: of a visit, and of whoever is entering
BACK = "kezek_back"  # a cookie: the page to which whoever enters is led back
BACK_THERE = re.compile(r"/my/(?:new(?:/[a-z]{1,20})?|join|a/(\d{1,10})(?:/[a-z_]{1,20})?)", re.ASCII)
TYPED = "kezek_typed"  # a cookie: what was typed when a visit was over, or was to be signed with a key
OF_ITS_OWN = frozenset({"challenge", "cms", "code", "paper_file", "demo"})  # what no form has typed

blueprint = Blueprint("own", __name__, url_prefix="/my")
blueprint.before_request(chosen_language)


@blueprint.before_request
def _own_forms_only() -> None:
    """What is posted here comes from a page of ours: every browser says where a form was."""
    if request.method == "POST" and request.headers.get("Origin") != request.host_url[:-1]:
        abort(400)
    if any("\0" in value for value in request.form.values()):  # no database keeps it
        abort(400)


@blueprint.after_request
def _kept_nowhere(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "same-origin"  # with none at all a browser says of no form where it is from
    answer.headers["X-Robots-Tag"] = "noindex"
    if "back" in g:
        answer.set_cookie(BACK, g.back, max_age=unsent.LASTS, path="/my", **cookie())
    if "kept" in g:
        answer.set_cookie(TYPED, g.kept, max_age=unsent.LASTS, path="/my", **cookie())
    elif "typed_before" in g:
        answer.delete_cookie(TYPED, path="/my")
    return answer


def signed_in(view: Callable[..., Any]) -> Callable[..., Any]:
    """A page for whoever has entered; others enter first. What it shows of people is shown to a family; which of its
    applications it may read is asked of each (own_application).
    """

    @wraps(view)
    def shown(**arguments: Any) -> Any:
        g.visitor = visits.who(request.cookies.get(KEY, ""))
        if g.visitor is None:
            return _to_the_door()
        with unscoped(), personal_data.reading_as(personal_data.Reader(Role.family)):
            return view(g.visitor.iin, **arguments)

    return shown


def _to_the_door() -> Response:
    """Whoever has not entered, or whose visit is over, enters first, and is led back to this page; what was typed there
    stays on the browser until then, for just this person.
    """
    if BACK_THERE.fullmatch(back := page_of(request.path)):
        back_here(back)
    if request.form and (iin := visits.whose(request.cookies.get(KEY, ""))):
        keep_typed(iin)
    return redirect(url_for("own.enter"), code=303)


def keep_typed(iin: str) -> None:
    """What this person has typed into the form of this page stays on this browser until the next entry."""
    typed = {name: said for name, said in request.form.items() if name not in OF_ITS_OWN}
    if typed and page_of(request.path) == request.path and (kept := unsent.packed(iin, request.path, typed)):
        g.kept = kept


def typed_before() -> dict[str, str]:
    """What this person had typed into the form of this page before it entered anew; it is shown once."""
    kept = request.cookies.get(TYPED, "") if request.method == "GET" else ""
    if found := unsent.unpacked(g.visitor.iin, request.path, kept) if kept else {}:
        g.typed_before = True
    return found


@blueprint.route("/<path:_rest>", methods=["GET", "POST"])
def elsewhere(_rest: str) -> Any:
    """No page of ours; what is only ever sent leads to the page that it belongs to."""
    posted = current_app.url_map.bind("").match(request.path, "POST")[0] != request.endpoint
    return redirect(page_of(request.path), code=303) if posted else not_there()


@blueprint.route("/enter", methods=["GET", "POST"])
def enter() -> Any:
    """S1: IIN and phone, for a code. Known and unknown are answered alike, and the code leaves after the answer."""
    typed = {name: request.form.get(name, "").strip() for name in ("iin", "phone")}
    browser = request.cookies.get(ENTRY, "")
    if request.method != "POST":
        over = bool(request.cookies.get(KEY)) and visits.who(request.cookies[KEY]) is None
        page = make_response(render("enter.html", typed=typed, over=over, kept=bool(request.cookies.get(TYPED))))
        if not browser:
            page.set_cookie(ENTRY, visits.new_browser(), max_age=ENTERING, path="/my", **cookie())
        return page
    try:
        phone = texts.mobile(typed["phone"])
    except texts.Unfit:
        phone = ""
    number = typed["iin"].replace(" ", "")
    if not iins.valid(number) or not phone:
        problem = _("Look at the IIN, which has twelve digits, and at the mobile phone.")
        return render("enter.html", typed=typed, problem=problem), 422
    again, demo = bool(browser) and visits.asked_just_now(browser, number, phone), in_demo()
    db.session.rollback()
    if again and not demo:
        return redirect(url_for("own.code"), code=303)  # of two clicks the second is shown what the first has done
    if seconds := not again and login_limits.wait_for_code(number, phone, request.remote_addr):
        problem = _("A code was asked for too often. Try again later.")
        return later(render("enter.html", typed=typed, problem=problem), seconds)
    browser = browser if again else visits.begin_asking(browser, number, phone)
    with unscoped():
        known = families.is_on_record(number, phone, today())
    db.session.rollback()
    whole = _registered(number, phone, demo)  # asked of each alike: it takes its time
    asked = visits.ask(browser, known=known or whole, whole=whole)
    told = {"demo": asked.code} if asked.code and demo else {}
    answer = make_response(redirect(url_for("own.code", **told), code=303))
    answer.set_cookie(ENTRY, asked.browser, max_age=ENTERING, path="/my", **cookie())
    if asked.code is not None and not told:
        send_after(answer, phone, asked.code)
    return answer


@blueprint.route("/enter/key", methods=["GET", "POST"])
def enter_by_key() -> Any:
    """S1 (44), S2 (110): a key enters; whose it is is shown, then «Кіру». A new visit has a new key (ADR 28)."""
    if request.method != "POST":
        return _way_by_key()
    older = request.cookies.get(KEY, "")
    try:
        signed = signing.brought(purpose=Purpose.entry, browser=request.cookies.get(ENTRY, "")).signed
    except Refusal as refused:
        if refused.reason is Reason.challenge_over and visits.who(older) is not None:
            return redirect(url_for("own.journal"), code=303)  # the page that had entered was loaded again
        return _way_by_key(words.refusal_to_family(refused)), 422
    new = visits.begin(signed.iin, instead_of=older)
    with unscoped():
        seen = families.applications_of(signed.iin, today())
        filed = [one for one in seen if one.applicant.iin == signed.iin]
        asked = filed[0] if filed and not any(one.email for one in filed) else None  # S2 (111): where to give an e-mail
        page = render("owner.html", signed=signed, without_email=asked, back=_back({one.id for one in seen}))
    answer = make_response(page)
    answer.delete_cookie(ENTRY, path="/my")
    answer.delete_cookie(BACK, path="/my")
    answer.set_cookie(KEY, new, path="/my", **cookie())
    return answer


@blueprint.post("/enter/challenge")
def challenge() -> Any:
    """S1 (44), «Сертификатты таңдаңыз»: the agent is asked to sign, once, that this person enters here."""
    if not signing.set_up():
        return redirect(url_for("own.enter_by_key"), code=303)
    if seconds := login_limits.wait_for_key(request.remote_addr):
        problem = _("Too many entries were begun from your network. Try again later.")
        return later(_way_by_key(problem), seconds)
    browser = secrets.token_urlsafe(32)
    asked = signing.to_sign(entry_text(), purpose=Purpose.entry, browser=browser)
    answer = make_response(render("challenge.html", signing=asked))
    answer.set_cookie(ENTRY, browser, max_age=300, path="/my", **cookie())
    return answer


@blueprint.route("/enter/code", methods=["GET", "POST"])
def code() -> Any:
    """S1: the code that came."""
    if request.method != "POST":
        return render("code.html", shown_code=request.args.get("demo", "") if is_demo() else "")
    key = visits.enter(request.cookies.get(ENTRY, ""), request.form.get("code", "").replace(" ", ""))
    if key is None:
        problem = _(
            "This code opens nothing: it is wrong, it was used, or its five minutes are over. Ask for another one."
        )
        return render("code.html", problem=problem), 422
    with unscoped():
        who = visits.who(key)
        seen = families.applications_of(who.iin, today(), who.phones) if who else []
    answer = make_response(redirect(_back({one.id for one in seen}), code=303))
    for one in (ENTRY, BACK):
        answer.delete_cookie(one, path="/my")
    answer.set_cookie(KEY, key, path="/my", **cookie())
    return answer


@blueprint.post("/leave")
def leave() -> Response:
    visits.leave(request.cookies.get(KEY, ""))
    answer = make_response(redirect("/", code=303))
    for one in (KEY, BACK, TYPED):
        answer.delete_cookie(one, path="/my")
    return answer


@blueprint.get("/")
@signed_in
def journal(iin: str) -> str:
    """S2, «Өтініштер журналы», in its columns; what is to be done comes first."""
    with unscoped():
        seen = families.applications_of(iin, today(), g.visitor.phones)
        rows = [(one, numbers_of(one), families.to_do(one, at=now())) for one in seen]
    return render("journal.html", rows=rows, begun=bool(drafts.of(iin)))


@blueprint.get("/a/<id:application_id>")
@signed_in
def application(iin: str, application_id: int) -> str:
    """S1: «Өтініш туралы ақпарат», «Тарих», «Құжаттар»; and why the number is what it is."""
    own = own_application(application_id)
    with unscoped():
        told, to_do, acts = numbers_of(own), families.to_do(own, at=now()), families.acts(own, g.visitor, at=now())
        wished, entered, drawn = wishes.of(own), lots.of(own), lots.drawn(own, DRAWS)
        asked = lots.asked(one.lot for one in (*entered, *drawn)) if entered or drawn else {}
        done = _just_done(own, verb) if (verb := request.args.get("done", "")) else ""
        by_turn = acts["choose"] is None and choosing.procedure(own, today()) == "referral"
        kinds = words.choices(choosing.choices(own, today())) if by_turn else []
    with looking_as(Actor(Role.family, application_id=own.id)):
        to_family = select(Notice).where(Notice.application_id == own.id, Notice.audience == Audience.family)
        notices = db.session.scalars(to_family.order_by(Notice.id.desc())).all()
        found = select(Document).where(Document.application_id == own.id, Document.replaced_at.is_(None))
        theirs = db.session.scalars(found.order_by(Document.id)).all()
        with unscoped():  # what a paper is of may have ended by what a family does not read
            papers = [(one, PAPERS[one.kind], documents.standing(one, today())) for one in theirs]
        return render(
            "application.html",
            place=own.place,
            application=own,
            told=told,
            to_do=to_do,
            acts=acts,
            own_contacts=own.applicant.iin == iin,  # who has joined is not told where the applicant is to be found
            rows=VERBS[Application],
            stands=_stands(own, told["told"]),
            changed_at=_changed_at(own),
            kinds_to_choose=[(kind, heading) for kind, heading, _found in kinds],
            done=done,
            wishes=wished,
            entered=entered,
            drawn=drawn,
            asked=asked,
            has_contract=_with_contract(own) is not None,
            notices=[(one.at, words.notice(one)) for one in notices],
            papers=papers,
            files=[one for privilege in own.privileges for one in privilege.papers if one.file_key],
        )


@blueprint.get("/a/<id:application_id>/paper/<id:document_id>")
@signed_in
def paper(_iin: str, application_id: int, document_id: int) -> Any:
    """S0-S2, «Жүктеу»: a paper exactly as it was made."""
    own = own_application(application_id)
    with looking_as(Actor(Role.family, application_id=own.id)):
        document = db.session.scalars(select(Document).where(Document.id == document_id)).first()
        if document is None or document.application_id != own.id:
            abort(404)
        try:
            file = open_stored(document)
        except (NotReady, storage.Damaged):
            abort(404)
    return send_file(BytesIO(file), mimetype="application/pdf", download_name=f"{document.kind}-{document.id}.pdf")


@blueprint.get("/a/<id:application_id>/contract")
@signed_in
def contract(_iin: str, application_id: int) -> str:
    """S1, «электрондық келісімшарт»: all that the contract says, as a page; 404 where there is none."""
    own = own_application(application_id)
    with unscoped():  # the text is the place's
        referral = _with_contract(own) or abort(404)
        lines = words.contract(referral, to_sign(referral))
        return render("contract.html", place=own.place, application=own, lines=lines, contract=referral.contract)


def _with_contract(application: Application) -> Referral | None:
    """The last referral with a contract that has a text and is not void."""
    made = [one for one in application.referrals if one.contract is not None and one.contract.text_id is not None]
    return next((one for one in reversed(made) if one.contract.status is not ContractStatus.void), None)


@blueprint.get("/a/<id:application_id>/file/<id:paper_id>")
@signed_in
def privilege_paper(_iin: str, application_id: int, paper_id: int) -> Any:
    """What the family has sent for a privilege, as it was sent; never shown, only downloaded."""
    own = own_application(application_id)
    with looking_as(Actor(Role.family, application_id=own.id)):
        found = db.session.scalars(select(PrivilegePaper).where(PrivilegePaper.id == paper_id)).first()
        if found is None or found.privilege.application_id != own.id or found.file_kind is None:
            abort(404)
        try:
            file = privileges.open_file(found)
        except storage.Damaged:
            abort(404)
    sent = {"mimetype": TYPES[found.file_kind], "download_name": f"{found.id}.{found.file_kind}"}
    return send_file(BytesIO(file), as_attachment=True, **sent)


def _stands(application: Application, told: Explanation | None) -> QueueNumber | None:
    """S1 (75, 76), S2 (130, 131): its numbers, as they are explained, and also while its turn has come; none where no
    norm says how they go.
    """
    if told is not None and told.number is not None:
        return told.number
    with unscoped():
        try:
            return numbers.kept(application, today())
        except Refusal:
            return None


def _changed_at(application: Application) -> datetime | None:
    """S2 (137), «Дата и время последнего изменения»."""
    of_it = Change.application_id == application.id, Change.subject == Application.__tablename__
    with unscoped():
        return db.session.scalar(select(func.max(Change.at)).where(*of_it))


def _just_done(application: Application, verb: str) -> str:
    """The verb that the address speaks of, if the family did it a moment ago; "" else: anybody may write an address."""
    did = select(Change.verb, Change.at).where(Change.application_id == application.id, Change.role == Role.family)
    last = db.session.execute(did.order_by(Change.id.desc()).limit(1)).first()
    just = last is not None and last.at > now() - A_MOMENT
    return verb if just and last.verb in (verb, verb.partition("_privilege")[0]) else ""


def own_application(application_id: int) -> Application:
    """One of the applications of whoever visits; 404 for any other. What is decided from now on is so there."""
    with unscoped():
        seen = families.applications_of(g.visitor.iin, today(), g.visitor.phones)
        own = next((one for one in seen if one.id == application_id), None) or abort(404)
    decides_in(own.place_id)
    return own


def _registered(iin: str, phone: str, demo: bool) -> bool:
    """S1 (52): is the phone registered for this IIN elsewhere? In the demo each phone of its invented people is."""
    kezek = current_app.config["KEZEK"]
    if kezek.mobile_citizens is not None:
        return mobile_citizens.registered(kezek.mobile_citizens, iin, phone)
    return demo and phone.startswith(DEMO_PHONES)


def send_after(answer: Response, phone: str, said: str) -> None:
    """The code leaves when the answer has left: nobody can tell by the time of it whether the phone is on record."""
    gateway, log = current_app.config["KEZEK"].sms, current_app.logger
    text = _("Kezek: your code is %(code)s. It is good for five minutes. Tell it to nobody.", code=said)

    def send() -> None:
        try:
            sms.send(gateway, Message(uuid4().hex, phone, "", text))
        except (NotSent, Unsure) as missed:
            log.warning("a code was not sent: %s", missed.why)

    if gateway is None:
        log.warning("a code was not sent: no gateway is set up")
        return

    answer.call_on_close(send)


def back_here(address: str) -> None:
    """Whoever enters next, on this browser, is led back to this page of its own."""
    g.back = address


def _back(seen: Collection[int]) -> str:
    """Where whoever has entered came from, among the pages of a family that this person sees; else its applications."""
    told = BACK_THERE.fullmatch(request.cookies.get(BACK, ""))
    there = told and (told[1] is None or int(told[1]) in seen)
    return told[0] if told and there else url_for("own.journal")


def _way_by_key(problem: str = "") -> str:
    return render("enter_by_key.html", set_up=signing.set_up(), demo=in_demo(), problem=problem)


def in_demo() -> bool:
    """Are its people invented, and its keys nobody's?"""
    return current_app.config["KEZEK"].demo and is_demo()


def entry_text() -> str:
    """What is signed by whoever enters with a key."""
    return _("I enter my cabinet at %(address)s.", address=current_app.config["KEZEK"].url)


def cookie() -> dict[str, Any]:
    """How a cookie of these pages is kept."""
    return {"httponly": True, "samesite": "Lax", "secure": current_app.config["SESSION_COOKIE_SECURE"]}
