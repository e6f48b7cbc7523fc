"""Applications: the journal, a child's page, and the counter where officials act for families."""

from typing import Any

from flask import abort, flash, g, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload, load_only

from app import words
from app.access import personal_data
from app.access.permissions import of
from app.actions import applications, choosing, documents, dry_run, possible, privileges, referrals, unmasking
from app.actions.people import Contacts, Person
from app.db.database import lock_district
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import (
    Application,
    ApplicationStatus,
    Child,
    Document,
    Language,
    LotEntry,
    Place,
    Privilege,
    PrivilegePaper,
    QueueKind,
    Sex,
)
from app.now import now
from app.rules import eligibility, registration_numbers, texts
from app.rules.calendar import local_day
from app.rules.notices import told_of_their_turn
from app.rules.refusals import Refusal, accepted
from app.rules.roles import FAMILIES, QUEUES, Role
from app.rules.verbs import VERBS
from app.views import filters, forms, two_editors, unmasked
from app.views.base import BaseView, answer, attempt, row_id
from app.views.child_page import SHOWN, ChildPage
from app.views.confirmation import READ, ask, by_row, confirmed, done, problem_with, reason, signer
from app.views.contract_signing import ContractSigning
from app.views.corrections import Correcting
from app.views.downloads import sent_file, stored_paper
from app.views.explanations import Why
from app.views.lots import Entering, named_vacancy
from app.views.paging import Records
from app.views.privileges import FIELDS, ClaimForm, GroundForm
from app.views.rendering import not_told
from app.views.sessions import only_asks

ONE_NAME = _l("Who has one name only has it here; the surname stays empty.")
TWO_EMAILS = _l("An additional one may follow after a comma: letters go to both.")
CONTACTS = ["phone", "email", "address", "notice_language"]


# What one page asks for all of them; a choice and a claim have forms of their own.
ANSWERED = [name for name in possible.NAMES if READ.keys() >= {*of(Application, name).asks}]


class ContactForm(forms.Form):
    phone = forms.phone(_l("Phone"))
    email = forms.emails(_l("E-mail"), description=TWO_EMAILS)
    address = forms.text(_l("Address"), longest=300, required=False)
    notice_language = forms.one_of(_l("Language of notices"), Language, default=Language.kk)

    def contacts(self) -> Contacts:
        """How the family is reached."""
        return Contacts(**{name: self[name].data for name in CONTACTS})


class RegisterForm(ContactForm, GroundForm):
    place = forms.a_district(_l("District or city"))
    queue_kind = forms.one_of(_l("Queue"), QueueKind)
    number = forms.text(
        _l("Number"),
        longest=registration_numbers.LONGEST,
        read=texts.line(registration_numbers.LONGEST),
        required=False,
        description=_l("If the application has one already; else it gets one."),
    )
    child_iin = forms.an_iin(_l("Child's IIN"))
    child_born_on = forms.a_day(_l("Child's birth date"))
    child_sex = forms.one_of(
        _l("Child's sex"), Sex, required=False, description=_l("If the papers say otherwise than the IIN.")
    )
    child_last_name = forms.name(_l("Child's last name"), required=False)
    child_first_name = forms.name(_l("Child's first name"), description=ONE_NAME)
    child_patronymic = forms.name(_l("Child's patronymic"), required=False)
    applicant_iin = forms.an_iin(_l("Applicant's IIN"))
    applicant_last_name = forms.name(_l("Applicant's last name"), required=False)
    applicant_first_name = forms.name(_l("Applicant's first name"), description=ONE_NAME)
    applicant_patronymic = forms.name(_l("Applicant's patronymic"), required=False)
    reason = forms.lines(_l("Reason, if something differs from the IIN"), required=False)
    parts = {
        "number": "number",
        "child": "child_iin",
        "born_on": "child_born_on",
        "sex": "child_sex",
        "child_name": "child_last_name",
        "namesake": "child_last_name",
        "applicant": "applicant_iin",
        "applicant_name": "applicant_last_name",
    }

    def person(self, who: str) -> Person:
        """The child's or the applicant's fields."""
        values = self.values()
        said = {name: values[name] for name in fields_of(who) if values[name] is not None}
        return Person(**{name.removeprefix(f"{who}_"): value for name, value in said.items()})


def fields_of(who: str) -> list[str]:
    """The fields of the child or the applicant, in their order."""
    return [name for name in vars(RegisterForm) if name.startswith(f"{who}_")]


class Applications(Records):
    """Applications; one whose turn has come says that its family was told only when it was."""

    def loaded(self, rows: list[Application]) -> list[Application]:
        turned = [row.id for row in rows if row.status is ApplicationStatus.notified]
        told = set(db.session.scalars(told_of_their_turn(turned))) if turned else set()
        for row in rows:
            row.__dict__["not_told"] = row.id in turned and row.id not in told
        return rows

    def get_values_item(self, row: Application, columns: list[str]) -> list[Any]:
        values = super().get_values_item(row, columns)
        if row.__dict__.get("not_told") and "status" in columns:
            values[columns.index("status")] = not_told()
        return values


class ApplicationView(ChildPage, Correcting, ContractSigning, Entering, Why, BaseView):
    route_base = "/applications"
    subject, readers = Application, FAMILIES
    adds, removes = "register", "-"
    datamodel = Applications(
        Application,
        load_only(Application.number, Application.status, Application.queued_at),
        joinedload(Application.child).load_only(Child.last_name, Child.first_name, Child.patronymic, Child.born_on),
        joinedload(Application.place).load_only(Place.name_kk, Place.name_ru),
    )
    show_title = _l("Application")
    add_title, edit_title = _l("Put a child into the queue"), _l("Change contacts")
    list_columns = ["number", "child", "child.born_on", "place", "queued_at", "status"]
    order_columns = ["queued_at"]
    search_columns, more_filters = ["status", "place"], filters.OF_APPLICATIONS
    base_order = ("id", "desc")
    add_form, edit_form = RegisterForm, ContactForm
    add_fieldsets = [
        (_l("The queue"), {"fields": ["place", "queue_kind", "number"]}),
        (_l("The child"), {"fields": [*fields_of("child"), "reason"]}),
        (_l("Privilege claimed"), {"fields": FIELDS}),
        (_l("The applicant"), {"fields": [*fields_of("applicant"), *CONTACTS]}),
    ]
    edit_columns = CONTACTS

    def load(self, pk: Any) -> Any:
        """With the people and the place that every page of it shows."""
        found = select(Application).where(Application.id == row_id(pk))
        return db.session.scalars(found.options(*SHOWN)).first() or abort(404)

    def load_to_act(self, pk: Any) -> Any:
        return self.load(pk) if only_asks() else BaseView.load(self, pk)

    def create(self, form: Any) -> Application:
        """S3: an official puts a child into the queue for its family."""
        return applications.register(
            place_id=form.place.data.id,
            child=form.person("child"),
            applicant=form.person("applicant"),
            contacts=form.contacts(),
            by=g.actor,
            at=now(),
            number=form.number.data,
            queue_kind=form.queue_kind.data,
            privilege=form.ground.data,
            papers=form.papers(),
            reason=form.reason.data,
        )

    def change(self, row: Application, values: dict[str, Any]) -> None:
        """The family's contacts: the only facts of an application that are simply typed over."""
        applications.change(row, by=g.actor, at=now(), **values)

    @expose("/claim-privilege/<pk>", methods=["GET", "POST"])
    @has_access
    def claim_privilege(self, pk: str) -> Any:
        """S2, «Изменить льготность»: the family claims a privilege, or another one, with the paper that proves it."""
        application, form, changed = self.load(pk), ClaimForm(), False
        form.seen = request.form.get("seen", "") or two_editors.shown(_claims(application))
        try:
            if form.validate_on_submit() and attempt(lambda: _claim(application, form), form) is not None:
                flash(_("The privilege is claimed. It counts once an official has confirmed it."), "success")
                return answer(self.after(application))
        except two_editors.Changed as other:
            form.seen, changed = two_editors.shown(other.standing), True
            form.form_errors = [
                _("Somebody changed the privilege while the form was open. Look at it and claim again.")
            ]
        title = _("Change the privilege")
        page = self.render_template("pages/claim.html", title=title, application=application, form=form)
        return page, 409 if changed else 422 if form.errors else 200

    @expose("/choose/<pk>", methods=["GET", "POST"])
    @has_access
    def choose(self, pk: str) -> Any:
        """S1, «Балабақшаны таңдаңыз»: free places for this child; then the family's yes, then the referral."""
        application, tried = self.load_to_act(pk), False
        if request.method == "POST" and (vacancy := named_vacancy()) and confirmed("choose"):
            tried = True
            if attempt(lambda: referrals.choose(application, vacancy, by=signer(), at=now())):
                flash(_("The place is taken. The paper is being prepared."), "success")
                return answer(self.after(application))
        try:
            with unscoped():
                places = choosing.choices(application, local_day(now()))
                by_turn = choosing.procedure(application, local_day(now())) == "referral"
                terms = referrals.terms(application.place_id, now()) if by_turn else {}
        except Refusal as refusal:
            if not tried:
                flash(words.refusal(refusal), "danger")
            return redirect(self.after(application))
        chosen = next((v for v, _free in places if str(v.id) == request.values.get("vacancy")), None)
        if tried and chosen is not None:
            return answer(self.after(application))
        if request.method == "POST" and chosen is None and not tried:
            flash(_("There is no free place: every published one is held, taken, or owed to a voucher."), "danger")
        template = "pages/choose.html" if chosen is None else "pages/choose_sure.html"
        if request.method == "POST" and chosen is not None and (problem := problem_with("choose")):
            flash(problem, "danger")
        page = self.render_template(
            template,
            title=_("Choose a kindergarten"),
            application=application,
            groups=words.choices(places) if by_turn else [("", "", places)],
            by_turn=by_turn,
            terms=terms,
            offer=next((o for o in application.offers if o.ended_at is None), None),
            vacancy=chosen,
            today=local_day(now()),
            view=self,
        )
        return page, 200 if request.method == "GET" else 422

    @expose("/paper/<int:document_id>", methods=["GET"])
    @has_access
    def paper(self, document_id: int) -> Any:
        """A stored paper, exactly as it was made."""
        document = _paper_of_a_family(document_id)
        if not personal_data.whole(document.application):
            flash(_("A paper shows what is masked for you. Open the record first, with a reason."), "warning")
            return redirect(url_for("ApplicationView.show", pk=document.application_id))
        return stored_paper(document, url_for("ApplicationView.show", pk=document.application_id))

    @expose("/privilege-paper/<int:paper_id>", methods=["GET"])
    @has_access
    def privilege_paper(self, paper_id: int) -> Any:
        """S3: the file of a paper that the family has sent for its privilege; never shown, only downloaded."""
        found = select(PrivilegePaper).where(
            PrivilegePaper.id == row_id(paper_id), PrivilegePaper.file_kind.is_not(None)
        )
        paper = db.session.scalars(found).first() or abort(404)
        page = url_for("ApplicationView.show", pk=paper.privilege.application_id)
        if not personal_data.whole(paper.privilege.application):
            flash(_("A paper shows what is masked for you. Open the record first, with a reason."), "warning")
            return redirect(page)
        return sent_file(paper, page)

    @expose("/make-missing/<pk>", methods=["POST"])
    @has_access
    def make_missing(self, pk: str) -> Any:
        """The papers that an application could have and has not, as one that came with an older list."""
        application = self.load(pk)
        if attempt(lambda: documents.make_missing(application, by=g.actor, at=now())):
            flash(_("The papers are being prepared."), "success")
        return redirect(self.after(application))

    @expose("/make-anew/<int:document_id>", methods=["POST"])
    @has_access
    def make_anew(self, document_id: int) -> Any:
        """A new version of a paper, whether or not a fact has changed; the older one says that it was replaced."""
        document = _paper_of_a_family(document_id)
        if attempt(lambda: documents.make_anew(document, by=g.actor, at=now())):
            flash(
                _("A new version of the paper is being prepared. The older one says that it was replaced."), "success"
            )
        return redirect(self.after(document.application))

    def possible(self, row: Application) -> list[str]:
        """What its page offers, of what is masked too."""
        with unscoped():
            offered = possible.verbs(row, by=g.actor, at=now())
        return [*offered, *(["open"] if not personal_data.whole(row) else [])]

    def at_first_sight(self, row: Application) -> list[str]:
        return AT_FIRST_SIGHT[row.status]

    def open(self, rows: list[Application]) -> Any:
        """Spec 1, 7: what is masked is seen for a while, in this session, and the history says by whom and why."""

        def act(application: Application, **who: Any) -> None:
            unmasking.open_record(application, reason=reason(), **who)
            unmasked.keep(personal_data.keys(application))

        if not confirmed("open", rows):
            return ask(self, "open", rows)
        return done(self, rows, lambda row: act(row, by=g.actor, at=now()), "open")

    verbs = {**by_row(*ANSWERED), "open": open}
    bulk = tuple(dry_run.VERBS[Application])
    grants = {
        "can_choose": VERBS[Application]["choose"].roles,
        "can_claim_privilege": VERBS[Privilege]["claim"].roles,
        "can_contract": {Role.head},
        "can_enter_lot": VERBS[LotEntry]["enter_lot"].roles,
        "can_correct": VERBS[Application]["correct"].roles,
        "can_make_anew": VERBS[Application]["make_anew"].roles,
        "can_make_missing": VERBS[Application]["make_anew"].roles,
        "can_paper": FAMILIES,
        "can_privilege_paper": QUEUES,
        "can_why": QUEUES,
    }


def _paper_of_a_family(document_id: int) -> Document:
    """A paper of an application within the viewer's scope, or 404: nobody's name is on any other."""
    found = select(Document).where(Document.id == row_id(document_id), Document.application_id.is_not(None))
    return db.session.scalars(found).first() or abort(404)


WITH_A_TERM = (ApplicationStatus.confirming, ApplicationStatus.voucher_issued, ApplicationStatus.referred)


def _could(verb: str, status: ApplicationStatus) -> bool:
    """Is there a verb for many that starts from this status?"""
    if verb == "extend":
        return status in WITH_A_TERM
    return accepted(lambda: eligibility.right_status(verb, status))


AT_FIRST_SIGHT = {
    status: [verb for verb in ApplicationView.bulk if _could(verb, status)] for status in ApplicationStatus
}


def _claims(application: Application) -> dict[str, Any]:
    """What stands of an application's privileges, for the form that claims another one."""
    return {"privilege": [[one.id, one.ground, one.status] for one in application.privileges]}


def _claim(application: Application, form: ClaimForm) -> Privilege:
    lock_district(application.place_id)
    two_editors.as_shown(request.form.get("seen", ""), _claims(application))
    return privileges.claim(application, claimed=form.ground.data, papers=form.papers(), by=signer(), at=now())
