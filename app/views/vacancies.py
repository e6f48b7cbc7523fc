"""Free places: drafted, published and closed by the head of the kindergarten or an official of the district."""

from collections import Counter
from functools import cache, partial

from flask import abort, flash, g, render_template, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import words
from app.actions import norms, offers, records, vacancies
from app.actions.possible import ACTS, act, verbs_of_record
from app.db.extensions import db
from app.db.viewer import unscoped
from app.models import Application, Intake, KgGroup, Vacancy, VacancyStatus
from app.now import now
from app.registers.vacancies import VACANCIES
from app.rules.calendar import local_day
from app.rules.refusals import Refusal
from app.rules.seats import seats_by_state, unpublished_seats
from app.rules.verbs import VERBS
from app.views import as_shown, filters, forms
from app.views.base import answer, attempt, row_id
from app.views.confirmation import ask, by_row, confirmed, done
from app.views.offers import OfferView
from app.views.paging import Records, attribute
from app.views.registers import Registered

SHOWN = 10  # numbers of the children whom an offer would tell


class FreeForm(forms.Form):
    places = forms.number(_l("Places"), 1, 999)


def _publish_free(group: KgGroup, places: int) -> Vacancy:
    """A vacancy of so many places, drafted and published at once."""
    at = now()
    vacancy = Vacancy(group=group, intake=Intake.general, places=places)
    records.create(vacancy, by=g.actor, at=at)
    vacancies.publish(vacancy, by=g.actor, at=at)
    return vacancy


class Vacancies(Records):
    """Vacancies with their places by state, those of a whole page from one statement."""

    def loaded(self, rows):
        for row in rows:
            row.__dict__["seats"] = Counter()  # a draft has none
        self._count([row for row in rows if row.status is not VacancyStatus.draft])
        return rows

    def get_values_item(self, row, columns):
        if "seats" not in row.__dict__:
            self._count([row])
        seats = row.__dict__["seats"]
        states = {"free": "free", "open": "open", "offered": "offer", "held": "held"}
        by_state = {name: seats[state] for name, state in states.items()}
        by_state["open"] += seats["lot"]
        by_state["occupied"] = seats["enrolment"] + seats["stay"]
        return [by_state[name] if name in by_state else attribute(row, name) for name in columns]

    def _count(self, rows):
        for row in rows:
            row.__dict__["seats"] = Counter()
        found = {row.id: row for row in rows}
        for vacancy_id, state, number in db.session.execute(seats_by_state(list(found))) if rows else ():
            found[vacancy_id].__dict__["seats"][state] += number


class VacancyView(Registered):
    register, rows = VACANCIES, Vacancies
    eager = (joinedload(Vacancy.group).joinedload(KgGroup.kindergarten),)
    more_filters = filters.OF_VACANCIES
    related_views = [OfferView]

    def possible(self, row):
        """S2, spec 3.5: what would be accepted: enough places to publish, some to offer, none that vouchers need."""
        with unscoped():
            return verbs_of_record(row, by=g.actor, at=now())

    def at_first_sight(self, row):
        if row.status is VacancyStatus.draft:
            return ["publish"]
        free = row.__dict__["seats"]["free"] if "seats" in row.__dict__ else True
        return [*(["offer"] if free else []), "close"] if row.status is VacancyStatus.published else []

    def bulk_for(self, rows):
        free = {row.group.kindergarten.place_id for row in rows if "offer" in self.at_first_sight(row)}
        with unscoped():
            refers = bool(free) and norms.somewhere("referral", free, local_day(now()))
        return [verb for verb in super().bulk_for(rows) if verb != "offer" or refers]

    @expose("/publish-free/<pk>", methods=["POST"])
    @has_access
    def publish_free(self, pk):
        """S1, in two taps from the first page: the free places of a group that no vacancy publishes, for the queue."""
        found = select(KgGroup).where(KgGroup.id == row_id(pk)).options(joinedload(KgGroup.kindergarten))
        group = db.session.scalars(found).first() or abort(404)
        form = FreeForm()
        spare = len(db.session.scalars(unpublished_seats(group.id)).all())
        if "sure" in request.form and form.validate():
            publish = partial(_publish_free, group, form.places.data)
            if (vacancy := attempt(publish, form)) is not None:
                flash(_("Published."), "success")
                return answer(url_for("VacancyView.show", pk=vacancy.id))
        page = render_template("pages/publish_free.html", group=group, spare=spare, form=form)
        return page, 422 if form.errors else 200

    def offer(self, rows):
        """S2, spec 3.5.1: what an offer would do is shown, and the yes to it makes just that offer."""
        if not confirmed("offer"):
            foreseen = cache(_foreseen)  # the page tells it, and its form brings it back, in each language
            details = [_foretold(row, foreseen(row)) for row in rows[:12]]
            hidden = as_shown.shown_of(rows, lambda row: _whom(foreseen(row)))
            return ask(self, "offer", rows, details=details, hidden=hidden)
        return done(self, rows, _offer_as_shown, "offer")

    bulk = tuple(ACTS[Vacancy])
    verbs = by_row(*bulk) | {"offer": offer}
    grants = {"can_publish_free": VERBS[Vacancy]["publish"].roles}


def _offer_as_shown(row: Vacancy) -> None:
    """Raises Refusal(wrong_status) where it would go to other children than the page has shown."""
    if request.form.get(f"seen-{row.id}"):
        foreseen = cache(_foreseen)
        as_shown.still_as_shown(row, lambda one: _whom(foreseen(one)), "offer", "others_next")
    act(Vacancy, "offer").do(row, by=g.actor, at=now())


def _foreseen(row: Vacancy) -> offers.ExpectedOffer | Refusal:
    """What an offer would do here, or why it would be refused."""
    try:
        with unscoped():
            return offers.expected(row, local_day(now()))
    except Refusal as refusal:
        return refusal


def _whom(expected: offers.ExpectedOffer | Refusal) -> list[str]:
    """Who would be told of the places, in their order, and until when they go first; or why nobody."""
    if isinstance(expected, Refusal):
        return [str(expected.reason)]
    return [expected.last_day.isoformat(), *(str(child.application_id) for child in expected.children)]


def _foretold(row: Vacancy, expected: offers.ExpectedOffer | Refusal) -> str:
    """The same in words, said before it is made."""
    if isinstance(expected, Refusal):
        return f"{row}: {words.refusal(expected)}"
    first = [child.application_id for child in expected.children[:SHOWN]]
    seen = select(Application.id, Application.number).where(Application.id.in_(first))
    numbers = dict(db.session.execute(seen).all())
    named = ", ".join(numbers[id_] for id_ in first if id_ in numbers)
    sentences = [
        _("Free places that go by turn: %(num)s.", num=expected.free),
        _("Children who are told: %(num)s.", num=len(expected.children)),
        *([f"{named}{' …' if len(expected.children) > SHOWN else '.'}"] if named else []),
        _("Passed over as too young for this place: %(num)s.", num=expected.too_young),
        _("Places left without a child: %(num)s.", num=expected.free - len(expected.children)),
        _("Priority until %(day)s.", day=words.day(expected.last_day)),
    ]
    return f"{row}: {' '.join(sentences)}"
