"""Seed 000: referrals of a district that has its letter as norms: five calendar days, then blocked and not deleted, and
a mini-centre without turn. One parent has a child for each kind of place, and one that is too young for a private one.
"""

from datetime import date
from types import SimpleNamespace

import sqlalchemy as sa
from playwright.sync_api import expect

from app.actions import applications, clock, offers, people, vacancies
from app.actions.people import Person
from app.db.extensions import db
from app.models import Application, KindergartenKind, OnLapse, Ownership, Sex, Signature, Unit, Vacancy
from app.rules import iin
from tests import factories
from tests.factories import DEPARTMENT, at
from tests.seeds import Seed
from tests.seeds.walk import PHONE, Walk

S0 = Seed("S0", "Мектепке дейінгі ұйымға жолдама алу үшін")
PARENT = iin.make(date(1992, 8, 21), Sex.female, 904)
CAME, TURN, TAKES = "2026-04-06T09:00", "2026-04-07T10:00", "2026-04-08T12:00"
STATE, PRIVATE, MINI, YOUNG = "Ө-2026-000101", "Ө-2026-000102", "Ө-2026-000103", "Ө-2026-000104"
BORN = {STATE: date(2022, 9, 17), PRIVATE: date(2022, 9, 18), MINI: date(2021, 9, 19), YOUNG: date(2023, 9, 20)}
OF_THE_STATE, OF_PRIVATE = "Мемлекеттік балабақшаны таңдау", "Жеке балаларға арналған мектепке дейінгі ұйымды таңдау"
OF_MINI = "Мемлекеттік шағын орталықты таңдау"
FRONT, KEYS, KEY, JOURNAL, OWN, HELP = "/", "/help/keys", "/my/enter/key", "/my/", "/my/a/<id>", "/help/referral"
CHOOSE, ACT, AGENT = "/my/a/<id>/choose", "/my/a/<id>/choose, the text", "the agent's own window"


def town() -> SimpleNamespace:
    place = factories.district("Целиноград ауданы", "referral")
    factories.district("Бурабай ауданы", "referral")
    factories.norm("notice.quiet", "0-0", Unit.HOURS, place)
    factories.norm("notice.daily", "90", Unit.COUNT, place)
    factories.norm("referral.attend", "5", Unit.CD, place, on_lapse=OnLapse.hold)
    factories.norm("mini_centre.turn", "none", Unit.CHOICE, place)
    private = factories.kindergarten(place, "«Мадина» балабақшасы", ownership=Ownership.private, state_order=True)
    mini = factories.kindergarten(place, "№4 мектеп жанындағы орталық", kind=KindergartenKind.mini_centre)
    found = {
        "state": factories.group(factories.kindergarten(place), capacity=1),
        "private": factories.group(private, years=(2021, 2023)),
        "mini": factories.group(mini, years=(2021, 2021)),
    }
    places = {name: factories.vacancy(group, publish=False).id for name, group in found.items()}
    contacts = people.Contacts(phone=PHONE, email="ana@example.org")
    for n, (number, born_on) in enumerate(BORN.items()):
        applications.register(
            place_id=place.id,
            child=Person(iin.make(born_on, Sex.female, 3711), last_name="Ойдан", first_name=f"Бала {'абвг'[n]}"),
            applicant=Person(PARENT, last_name="Ойдан", first_name="Ана"),
            contacts=contacts,
            by=DEPARTMENT,
            at=at(CAME),
            number=number,
        )
    return SimpleNamespace(place=place.id, name=place.name_kk, places=places)


def published(walk: Walk, name: str, moment: str) -> None:
    def publish() -> None:
        vacancies.publish(db.session.get_one(Vacancy, walk.town.places[name]), by=DEPARTMENT, at=at(moment))

    walk.it_is(moment, publish)


def choices(walk: Walk, number: str) -> list[str]:
    """Which places the page of this child offers to choose."""
    walk.opens(number)
    return [one for one in walk.buttons() if "таңда" in one]


# ---------------------------------------------------------------- what is needed


@S0.step(4, "Мұнда қажетті техникалық құралдар туралы толығырақ", KEYS)
def what_is_needed(walk: Walk) -> None:
    walk.it_is(CAME)
    walk.goes("/")
    walk.follows("Нұсқаулықтар")
    walk.follows("Қалай қол қоясыз")


S0.look(1, "ХҚКО-да алуға болатын ЭЦҚ", KEYS, "a-key", "ЭЦҚ", "ХҚКО")
S0.look(2, "Соңғы нұсқадағы NCALayer … pki.gov.kz", KEYS, "the-agent", "соңғы нұсқадағы NCALayer", "pki.gov.kz")
S0.look(3, '"Google Chrome" браузерін пайдалану', KEYS, "a-browser", "Google Chrome")


@S0.step(17, "барлық тізбесі көрсетілген құжаттарды жинау", HELP)
def papers_to_collect(walk: Walk) -> None:
    walk.follows("Жолдама бойынша")
    walk.page.get_by_label("Аудан немесе қала").select_option(label=walk.town.name)
    walk.presses("Көрсету")
    walk.sees("Жолдамада көрсетілген құжаттарды балабақшаға 5 күнтізбелік күн ішінде апарыңыз")


# ---------------------------------------------------------------- the service, the district, the journal


@S0.step(5, "«akmola.kz» жүйенің басты бетіне кіріп", FRONT)
def the_first_page(walk: Walk) -> None:
    walk.goes("/")
    expect(walk.page.get_by_role("heading", level=1)).to_have_text("Балабақшаға кезек")
    walk.no_barrier()


S0.look(
    6,
    "«Мектепке дейiнгi балалар мекемелерiне жiберу үшiн мектеп жасына дейiнгi балаларды кезекке қою» қызметті таңдау",
    FRONT,
    "the-service",
    "Кезекке тұру",
    "мектепке дейінгі балалар мекемелеріне жіберу үшін мектеп жасына дейінгі балаларды кезекке қою",
)
S0.look(
    7, "аудандары мен қалаларының тізімі бейнеленеді", FRONT, "the-districts", "Целиноград ауданы", "Бурабай ауданы"
)


@S0.step(8, "Тізімнен ауданыңызды немесе қалаңызды таңдаңыз", FRONT)
def choose_it(walk: Walk) -> None:
    walk.follows(walk.town.name)
    expect(walk.page.get_by_role("heading", level=1)).to_have_text(walk.town.name)


@S0.step(9, "ЭЦҚ (AUTH_RSA) кілті арқылы жеке кабинетке кіру", KEY)
def in_by_the_key(walk: Walk) -> None:
    walk.goes("/")
    walk.follows("Жүйеге кіру")
    walk.sees("AUTH")
    walk.enters_by_key(PARENT)
    walk.follows("Кіру")


@S0.step(11, 'бас бетте "Өтініштер журналына" батырмасы', FRONT)
def a_button_to_the_journal(walk: Walk) -> None:
    walk.goes("/")
    walk.page.locator("main").get_by_role("link", name="Өтініштер журналы").click()
    walk.page.wait_for_url("**/my/")


@S0.step(10, "Берілген өтініштер журналы", JOURNAL)
def the_journal(walk: Walk) -> None:
    expect(walk.page.get_by_role("heading", level=1)).to_have_text("Өтініштер журналы")
    walk.sees(*BORN)


# ---------------------------------------------------------------- a button exactly where there is something to choose


@S0.step(13, "бос орындар болған жағдайда ғана пайда болады", OWN)
def only_with_free_places(walk: Walk) -> None:
    """Nothing is published yet: no child has such a button, and the page says why."""
    assert [choices(walk, number) for number in BORN] == [[]] * 4
    walk.page.locator("summary").filter(has_text="Қазір не істеуге болмайды және неге").click()
    walk.sees("Балабақша таңдау: ")


@S0.step(28, "«Мемлекеттік шағын орталықты таңдау» … бос орындар болған жағдайда пайда болады", OWN)
def a_mini_centre(walk: Walk) -> None:
    published(walk, "mini", "2026-04-06T10:00")
    assert choices(walk, MINI) == [OF_MINI]
    assert choices(walk, STATE) == []  # born in another year


@S0.step(23, "жеке балабақшаларда бос орындар болған жағдайда", OWN)
def private_places_are_free(walk: Walk) -> None:
    assert choices(walk, PRIVATE) == []
    published(walk, "private", "2026-04-06T11:00")
    assert choices(walk, PRIVATE) == [OF_PRIVATE]


@S0.step(22, "баланың жасы – 3 жас және одан үлкен", OWN)
def three_years(walk: Walk) -> None:
    assert choices(walk, YOUNG) == []


@S0.step(25, "«Балабақшаны таңдау» … бала 3 жасқа толған кезде ғана көрінеді", OWN)
def from_the_third_birthday(walk: Walk) -> None:
    walk.it_is("2026-09-19T12:00")
    assert choices(walk, YOUNG) == []
    walk.it_is("2026-09-20T12:00")
    assert choices(walk, YOUNG) == [OF_PRIVATE]
    walk.it_is("2026-04-06T12:00")


@S0.step(16, "«Мемлекеттік балабақшаны таңдау» батырмасы", OWN)
def a_state_kindergarten(walk: Walk) -> None:
    published(walk, "state", "2026-04-06T12:00")
    assert choices(walk, STATE) == [OF_PRIVATE]  # the turn has not come

    def offer() -> None:
        offers.offer(db.session.get_one(Vacancy, walk.town.places["state"]), by=DEPARTMENT, at=at(TURN))

    walk.it_is(TURN, offer)
    assert choices(walk, STATE) == [OF_THE_STATE, OF_PRIVATE]


@S0.step(14, "жолдамалар кезекке сәйкес беріледі", OWN)
def by_the_queue(walk: Walk) -> None:
    """The next child, as old and registered after it, has no such button."""
    assert choices(walk, PRIVATE) == [OF_PRIVATE]


@S0.step(15, "электрондық пошта … мен телефон нөміріне … хабарлама келеді", "a phone, an e-mail")
def the_turn_is_told(walk: Walk) -> None:
    told = [*walk.sms.texts(PHONE), *(one.get_content() for one in walk.mail.to("ana@example.org"))]
    assert len([one for one in told if STATE in one and "Кезегіңіз келді" in one]) == 2, told


# ---------------------------------------------------------------- chosen, signed, and five days


@S0.step(12, "«Балабақшаны таңдау» батырмасы", OWN)
def choose_a_kindergarten(walk: Walk) -> None:
    walk.it_is(TAKES)
    walk.opens(STATE)
    walk.no_barrier()
    walk.follows(OF_THE_STATE)


@S0.step(29, "тізімнен қажетті балабақшаны таңдаймыз", CHOOSE)
def from_the_list(walk: Walk) -> None:
    walk.sees(OF_THE_STATE, OF_PRIVATE)
    walk.page.locator("tr").filter(has_text="Арман").get_by_role("radio").check()
    walk.presses("Мектепке дейінгі ұйымды таңдаңыз")


@S0.step(30, "«Қол қою және жіберу» батырмасы", ACT)
def sign_and_send(walk: Walk) -> None:
    expect(walk.page.locator(".to-sign")).to_contain_text("Арман")
    walk.signs()


@S0.step(31, "ЭСҚ сертификатын жүктеңіз (RSA)", ACT)
def with_an_rsa_key(walk: Walk) -> None:
    """The window is the agent's; what it brings back is kept, with the certificate of an RSA key."""
    with walk.web.app_context():
        kept = db.session.scalars(sa.select(Signature)).one()
        assert (kept.verb, kept.iin) == ("choose", PARENT) and "RSA" in kept.algorithm


S0.look(32, "«Жалпы құжаттары» қойындысынан", OWN, "general-documents", "Жалпы құжаттар", "Жолдама")


@S0.step(33, "жолдаманы қарап жүктеуге болады", OWN)
def download_the_referral(walk: Walk) -> None:
    walk.it_is(TAKES)
    walk.page.reload()
    said = walk.paper("Жолдама")
    assert STATE in said and "баланың туу туралы куәлігі" in said  # and what to bring
    walk.kept["referral"] = said


@S0.step(34, "Жолдама берілу күнінен бастап 5 күн", "the paper")
def five_days_from_its_issue(walk: Walk) -> None:
    assert "13.04.2026" in walk.kept["referral"]


S0.look(18, "5 күн ішінде мектепке дейінгі ұйымға апарылуы", OWN, "within-five-days", "Құжаттармен келу: 13.04.2026")


@S0.step(19, "Сіздің кезегіңіз бұғатталады", OWN)
def blocked(walk: Walk) -> None:
    for moment, status in (("2026-04-13T23:59", "Жолдама берілді"), ("2026-04-14T00:10", "Тоқтау парағында")):
        walk.it_is(moment, lambda moment=moment: clock.run(at=at(moment), place_id=walk.town.place))
        walk.opens(STATE)
        walk.sees(f"Ағымдағы мәртебе {status}")
    assert choices(walk, STATE) == []


@S0.step(20, "бірақ ЖОЙЫЛМАЙДЫ", OWN)
def and_not_deleted(walk: Walk) -> None:
    """Until the department releases it: then it stands where it stood."""

    def release() -> None:
        applications.release(walk.row(STATE), by=DEPARTMENT, at=at("2026-06-15T10:00"))

    walk.it_is("2026-06-15T00:10", lambda: clock.run(at=at("2026-06-15T00:10"), place_id=walk.town.place))
    walk.opens(STATE)
    walk.sees("Ағымдағы мәртебе Тоқтау парағында")
    walk.it_is("2026-06-15T10:00", release)
    walk.opens(STATE)
    walk.sees("Ағымдағы мәртебе Кезекте", "Кезек нөмірі 1")


# ---------------------------------------------------------------- a private one


@S0.step(21, "бала … кезекте тұрған жағдайда", OWN)
def it_waits(walk: Walk) -> None:
    """Who is on the stop-list waits not, and had no such button; who waits has it."""
    walk.opens(PRIVATE)
    walk.sees("Ағымдағы мәртебе Кезекте")
    assert choices(walk, PRIVATE) == [OF_PRIVATE]


@S0.step(26, "«Мектепке дейінгі балалар ұйымын таңдау» батырмасы", OWN)
def a_private_kindergarten(walk: Walk) -> None:
    """In the words of seed 002, which has the same button."""
    walk.follows(OF_PRIVATE)


@S0.step(27, "Пайда болған тізімнен қолайлы балабақшаны таңдаңыз", CHOOSE)
def the_one_that_suits(walk: Walk) -> None:
    walk.page.locator("tr").filter(has_text="Мадина").get_by_role("radio").check()
    walk.presses("Мектепке дейінгі ұйымды таңдаңыз")


@S0.step(24, "мемлекеттік … жолдама алу кезегіңіз сақталмайды", f"{ACT}; {OWN}")
def the_state_queue_is_not_kept(walk: Walk) -> None:
    walk.sees("Назар аударыңыз: жеке балабақша таңдалса, бала мемлекеттік кезектен бірден шығады")
    walk.signs()
    walk.sees("Ағымдағы мәртебе Жолдама берілді", gone=("Кезек нөмірі",))
    with walk.web.app_context():
        assert db.session.scalars(sa.select(Application.standing).where(Application.number == PRIVATE)).one() is False


@S0.step(35, "AKMOLA.KZ мобильді қосымшасы", "every page")
def an_app_on_the_home_screen(walk: Walk) -> None:
    manifest = walk.page.evaluate("fetch(document.querySelector('link[rel=manifest]').href).then((one) => one.json())")
    assert (manifest["display"], manifest["start_url"], manifest["lang"]) == ("standalone", "/my/", "kk")
