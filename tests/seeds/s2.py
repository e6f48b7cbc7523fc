"""Seed 002: referrals by the norms of the country. A mother has filed for three children, their father for a fourth:
one goes to a private kindergarten, one is two years old, one lets its turn and two referrals pass.
"""

from datetime import date
from types import SimpleNamespace

import sqlalchemy as sa
from playwright.sync_api import expect

from app.actions import applications, clock, enrolments, guardianships, offers, people, referrals, vacancies
from app.actions.people import Person
from app.db.extensions import db
from app.models import Guardianship, Kindergarten, Language, Ownership, Place, Sex, Unit, Vacancy
from app.rules import iin
from tests import factories
from tests.factories import DEPARTMENT, at
from tests.seeds import Seed
from tests.seeds.walk import PHONE, SHOWN, Walk

S2 = Seed("S2", "Жеке балабақшаға мемлекеттік білім беру тапсырысы бойынша жолдаманы алуға арналған нұсқаулық")
MOTHER, FATHER = iin.make(date(1993, 8, 18), Sex.female, 616), iin.make(date(1991, 1, 9), Sex.male, 617)
CAME, TURN = "2026-04-06T17:29:09", "2026-04-13T10:00"
CHILD, SMALL, MISSES, OTHERS = "16.УО.2017.32731.1", "УО.2018.000024.1", "УО.2018.000016.1", "УО.2018.000031.1"
BORN = {CHILD: date(2022, 9, 17), SMALL: date(2023, 10, 1), MISSES: date(2021, 5, 5), OTHERS: date(2021, 6, 6)}
OF_PRIVATE, OF_THE_STATE = "Жеке балаларға арналған мектепке дейінгі ұйымды таңдау", "Мемлекеттік балабақшаны таңдау"
FRONT, HELP, KEY, JOURNAL, OWN, CHOOSE = (
    "/",
    "/help/<topic>",
    "/my/enter/key",
    "/my/",
    "/my/a/<id>",
    "/my/a/<id>/choose",
)
ACT, AGENT = "/my/a/<id>/choose, the text", "the agent's own window"
SECOND, EMAILS = "+77011112244", ("ana@example.org", "ata@example.org")


def town() -> SimpleNamespace:
    place = factories.district("Степногорск қаласы", "referral")
    factories.norm("notice.quiet", "0-0", Unit.HOURS, place)
    factories.norm("notice.daily", "90", Unit.COUNT, place)
    order = {"ownership": Ownership.private, "state_order": True, "phone": "+77077358245"}
    private = factories.kindergarten(place, "№36 «Балапан» балабақшасы", address="5 шағын аудан, 36", **order)
    state = factories.kindergarten(place, "№42 «Бәйшешек»", phone="+77754476651")
    group = factories.group(private, years=(2022, 2023), capacity=2)
    group.language = Language.kk
    groups = {"private": group, "state": factories.group(state, years=(2021, 2021), capacity=1)}
    places = {name: factories.vacancy(group, publish=False).id for name, group in groups.items()}
    contacts = {CHILD: people.Contacts(phone=f"{PHONE}, {SECOND}", address="Степногорск қ., 3 шағын аудан")}
    sources = {CHILD: ("egov.kz", "ПЭП-2018-77"), SMALL: ("ХҚКО", "ЦОН-002-18")}
    for n, (number, born_on) in enumerate(BORN.items()):
        source, of_source = sources.get(number, (None, None))
        applications.register(
            place_id=place.id,
            child=Person(iin.make(born_on, Sex.female, 4111), last_name="Ойдан", first_name=f"Бала {'абвг'[n]}"),
            applicant=Person(FATHER if number == OTHERS else MOTHER, last_name="Ойдан", first_name="Ата-ана"),
            contacts=contacts.get(number, people.Contacts(phone="+77770000001" if number == OTHERS else PHONE)),
            by=DEPARTMENT,
            at=at(CAME),
            number=number,
            source=source,
            source_number=of_source,
        )
    return SimpleNamespace(place=place.id, name=place.name_kk, places=places, private=private.id)


def norm(walk: Walk, name: str, value: str, unit: Unit, since: date) -> None:
    """The district enters another number, which holds from a day on."""
    factories.norm(name, value, unit, db.session.get_one(Place, walk.town.place), since=since)


def turns(walk: Walk, moment: str) -> None:
    walk.it_is(moment, lambda: clock.run(at=at(moment), place_id=walk.town.place))


def choices(walk: Walk, number: str) -> list[str]:
    walk.opens(number)
    return [one for one in walk.buttons() if "таңда" in one]


def vacancy(walk: Walk, name: str) -> Vacancy:
    return db.session.get_one(Vacancy, walk.town.places[name])


def published(walk: Walk, name: str, moment: str) -> None:
    walk.it_is(moment, lambda: vacancies.publish(vacancy(walk, name), by=DEPARTMENT, at=at(moment)))


def offered(walk: Walk, moment: str) -> None:
    walk.it_is(moment, lambda: offers.offer(vacancy(walk, "state"), by=DEPARTMENT, at=at(moment)))


def takes(walk: Walk, number: str, name: str, moment: str) -> None:
    """The family of an application takes a place at the counter."""

    def take() -> None:
        row = walk.row(number)
        referrals.choose(row, vacancy(walk, name), by=factories.family(row), at=at(moment))

    walk.it_is(moment, take)


# ---------------------------------------------------------------- the service and the way in


@S2.step(106, "«Мектеп жасына дейінгі балаларды БМҰ-ға кезекке қою» қызметін таңдау", FRONT)
def the_service(walk: Walk) -> None:
    walk.it_is(CAME)
    walk.goes("/")
    walk.sees("Кезекке тұру", "мектеп жасына дейінгі балаларды кезекке қою")


@S2.step(107, "(Астана, Алматы, Ақтөбе қалаларына қатысты емес)", FRONT)
def not_of_three_cities(walk: Walk) -> None:
    """Only districts of the regions that keep their queue here are in the list."""
    walk.sees(walk.town.name, gone=("Астана", "Алматы", "Ақтөбе"))


@S2.step(176, "(Толығырақ … ұзарту / кері қайтару / біріктіру нұсқаулығында)", HELP)
def three_more_instructions(walk: Walk) -> None:
    walk.goes("/help/join")
    walk.sees("Өтінішті ата-ананың ЖСН-іне біріктіру")
    walk.goes("/help/referral")
    walk.sees("Жолдаманы ұзарту", "Алынған жолдаманы кері қайтару")


@S2.step(108, "кілтті таңдап, ЭЦҚ (AUTH_RSA) … «Сертификатты таңдау» (1-сурет)", KEY)
def enter_by_the_key(walk: Walk) -> None:
    walk.enters_by_key(MOTHER)


S2.not_ours(
    109, "құпиясөзді енгізіп, «ОК» (2-сурет)", AGENT, "the password is typed into NCALayer and into nothing else"
)
S2.look(
    110,
    "ЭЦҚ иесінің деректері пайда болады, «Кіру» (3-сурет)",
    KEY,
    "the-owner",
    "ЭЦҚ иесінің деректері",
    "Ойдан Шығарылған Әкесіқызы",
    MOTHER,
    "Кіру",
)


@S2.step(111, "бірінші рет кірген кезде электрондық поштаны көрсету қажет", f"{KEY}; /my/a/<id>/change")
def an_e_mail_at_the_first_entry(walk: Walk) -> None:
    walk.sees("электрондық пошта")
    walk.follows("Электрондық поштаны көрсету")
    walk.page.get_by_label("Электрондық пошта").fill(", ".join(EMAILS))
    walk.presses("Жалғастыру")
    walk.signs()


# ---------------------------------------------------------------- the journal


@S2.step(112, "«Өтініштер журналы» батырмасы (4-сурет)", FRONT)
def a_button_to_the_journal(walk: Walk) -> None:
    walk.goes("/")
    walk.page.locator("main").get_by_role("link", name="Өтініштер журналы").click()
    walk.page.wait_for_url("**/my/")


S2.look(
    113,
    "өтінімді берген Өтініш берушілерде ғана көрсетіледі",
    JOURNAL,
    "its-applicant-alone",
    CHILD,
    SMALL,
    gone=(OTHERS,),
)


def column(number: int, words: str, name: str, title: str, said: str) -> None:
    """What stands in a column of the child's own row."""

    def beside(walk: Walk) -> None:
        cell = walk.page.locator("tbody tr").filter(has_text=CHILD).locator(f'td[data-label="{title}"]')
        expect(cell).to_have_text(said)

    S2.add(number, f"баған: {words}", JOURNAL, f"column-{name}", beside)


column(116, "№мірі", "number", "Тіркеу нөмірі", CHILD)
column(117, "ФИО ребенка", "child", "Бала", "Ойдан Бала а")
column(118, "Баланың ЖСН", "iin", "Баланың ЖСН", iin.make(BORN[CHILD], Sex.female, 4111))
column(119, "Кезек нөмірі", "queue-number", "Кезек нөмірі", "1")
column(120, "Өтініш берушінің …", "applicant", "Өтініш беруші", "Ойдан Ата-ана")
column(121, "Құрастыру күні", "day", "Кезекке қойылған күні", "06.04.2026")
column(122, "Статустар", "status", "Мәртебе", "Кезекте")
column(123, "Жеңілдік түрі (Жеңілдіксіз)", "privilege", "Жеңілдік түрі", "Жеңілдіксіз")
column(124, "Туған күні", "born", "Туған күні", "17.09.2022")


@S2.step(114, "Өтінішті ата-ананың ЖСН-ға біріктіру", "/my/join")
def join_the_other_parents(walk: Walk) -> None:
    """The form, the text, the code that proves the phone, and an official's decision."""
    walk.follows("Екінші ата-ана берген өтінішті өз ЖСН-іңізге біріктіру")
    for label, typed in (
        ("Өтініш нөмірі", OTHERS),
        ("Баланың ЖСН", iin.make(BORN[OTHERS], Sex.female, 4111)),
        ("Аты", "Айгүл"),
    ):
        walk.page.get_by_label(label, exact=True).fill(typed)
    walk.page.get_by_label("Ұялы телефон").fill("+77015550011")
    walk.no_barrier()
    walk.presses("Біріктіруді сұрау")
    expect(walk.page.get_by_label("Сіз қол қоятын мәтін")).to_contain_text(OTHERS)
    walk.no_barrier()
    walk.proves()
    walk.page.get_by_role("button", name="Қол қою және жіберу").click()
    expect(walk.page.get_by_text("Шешім күтеді")).to_be_visible()
    decided = "2026-04-06T18:00"

    def approve() -> None:
        asked = db.session.scalars(sa.select(Guardianship).where(Guardianship.iin == MOTHER)).one()
        guardianships.approve(asked, by=DEPARTMENT, at=at(decided))

    walk.it_is(decided, approve)
    walk.goes("/my/")
    walk.sees(OTHERS)


# ---------------------------------------------------------------- the application


@S2.step(115, "Өтінішті ашу үшін өтініш жолағына басу (5-сурет)", JOURNAL)
def open_by_its_row(walk: Walk) -> None:
    walk.opens(CHILD)


S2.look(125, "№ 16.УО.2017.32731.1, Кезекте", OWN, "as-printed", f"Өтініш {CHILD}", "Ағымдағы мәртебе Кезекте")
S2.look(
    127,
    "Информация о заявлении / История изменений / Общие документы",
    OWN,
    "three-parts",
    "Өтінім туралы ақпарат",
    "Тарих",
    "Жалпы құжаттар",
)
S2.look(
    128,
    "Полное имя, ИИН, Дата рождения, Телефон, E-mail, Адрес",
    OWN,
    "the-applicant",
    "Т.А.Ә. Ойдан Ата-ана",
    f"ЖСН {MOTHER}",
    "Туған күні 18.08.1993",
    f"Телефон нөмірі {SHOWN}",
    "Электрондық пошта",
    "Мекенжайы Степногорск қ., 3 шағын аудан",
)
S2.look(
    129,
    "Данные ребенка: Полное имя, ИИН, Дата рождения, Тип льготы",
    OWN,
    "the-child",
    "Т.А.Ә. Ойдан Бала а",
    f"ЖСН {iin.make(BORN[CHILD], Sex.female, 4111)}",
    "Туған күні 17.09.2022",
    "Жеңілдік түрі Жеңілдіксіз",
)
S2.look(130, "Номер очереди 2", OWN, "queue-number", "Кезек нөмірі 1")
S2.look(
    131, "Номер очереди по льготной категории 0", OWN, "among-the-privileged", "Жеңілдік санаты бойынша кезек нөмірі 0"
)
S2.look(132, "Номер заявления УО.2018.000024.1", OWN, "number", f"Тіркеу нөмірі {CHILD}")
S2.look(133, "Дата регистрации 31.07.2018 17:29:09", OWN, "registered", "Тіркеу күні мен уақыты 06.04.2026 17:29:09")
S2.look(134, "Номер ПЭП", OWN, "number-at-the-portal", "egov.kz, ПЭП-2018-77")
S2.look(136, "Текущее состояние: Принято решение (В очереди)", OWN, "present-state", "Ағымдағы мәртебе Кезекте")
S2.look(
    137, "Дата и время последнего изменения (в очереди с …)", OWN, "last-change", "Соңғы өзгеріс 06.04.2026 17:29:09"
)


@S2.step(138, "Дополнительный Email, Дополнительный телефон", OWN)
def a_second_email_and_phone(walk: Walk) -> None:
    walk.opens(MISSES)
    walk.sees(", ".join(EMAILS))
    walk.opens(CHILD)
    walk.sees(f"{SHOWN}, +7 701 111 2244")


@S2.step(140, "[Изменить льготность]", f"{OWN}; /my/a/<id>/claim_privilege")
def change_the_privilege(walk: Walk) -> None:
    walk.follows("Жеңілдікті мәлімдеу")
    expect(walk.page.get_by_label("Жеңілдік негізі")).to_be_visible()


@S2.step(141, "[Снять с очереди]", f"{OWN}; /my/a/<id>/withdraw")
def take_out(walk: Walk) -> None:
    walk.opens(CHILD)
    walk.presses("Кезектен шығару")
    walk.follows("Бас тарту")


@S2.step(135, "Номер ЦОН", OWN)
def number_at_the_centre(walk: Walk) -> None:
    walk.opens(SMALL)
    walk.sees("ХҚКО, ЦОН-002-18")


# ---------------------------------------------------------------- a button exactly where there is something to choose


@S2.step(144, "бос орындар болған жағдайда", OWN)
def only_with_free_places(walk: Walk) -> None:
    assert [choices(walk, number) for number in BORN] == [[]] * 4


@S2.step(103, "Жеке балабақшаларда … бос орындар бар", OWN)
def private_places_are_free(walk: Walk) -> None:
    published(walk, "private", "2026-04-07T10:00")
    assert choices(walk, CHILD) == [OF_PRIVATE]
    walk.no_barrier()


S2.look(101, "Бала кезекте тұр", OWN, "it-waits", "Ағымдағы мәртебе Кезекте")
S2.look(126, "«Жеке балаларға арналған мектепке дейінгі ұйымды таңдау» (6-сурет)", OWN, "the-button", OF_PRIVATE)
S2.look(139, "[Выбрать частный детский сад]", OWN, "the-button-too", OF_PRIVATE)


@S2.step(102, "Баланың жасы - 3 жас және одан үлкен", OWN)
def three_years(walk: Walk) -> None:
    assert choices(walk, SMALL) == []


@S2.step(142, "Баланың жасы 2 (толық) және одан үлкен", OWN)
def two_years_where_the_norm_says_so(walk: Walk) -> None:
    """The seed's box contradicts its head: a district says which of the two holds."""
    day = date(2026, 4, 8)
    walk.it_is("2026-04-08T09:00", lambda: norm(walk, "state_order.minimum_age", "24", Unit.MONTHS, day))
    assert choices(walk, SMALL) == [OF_PRIVATE]


@S2.step(143, "егер Сіздің кезеңіңіз келсе", OWN)
def by_turn_where_the_norm_says_so(walk: Walk) -> None:
    """The same: «кезегіңіз келсе» beside «кезекте тұр»."""
    day = date(2026, 4, 9)
    walk.it_is("2026-04-09T09:00", lambda: norm(walk, "state_order.turn", "needed", Unit.CHOICE, day))
    assert choices(walk, CHILD) == []
    day = date(2026, 4, 10)
    walk.it_is("2026-04-10T09:00", lambda: norm(walk, "state_order.turn", "none", Unit.CHOICE, day))
    assert choices(walk, CHILD) == [OF_PRIVATE]


# ---------------------------------------------------------------- the private place


@S2.step(148, "хабарлама түріндегі терезе … «ОК» (7-сурет)", CHOOSE)
def what_to_mind_before_the_list(walk: Walk) -> None:
    """What the window says stands above the list, so that nothing has to be closed first."""
    walk.follows(OF_PRIVATE)
    expect(walk.page.locator(".note").first).to_be_visible()


S2.look(
    154,
    "Оқыту тіліне және … орналасқан жеріне назар",
    CHOOSE,
    "language-and-place",
    "Оқыту тіліне және",
    "орналасқан жеріне назар аударыңыз",
)


@S2.step(153, "Язык обучения / Название / Контактный номер телефона", CHOOSE)
def three_columns(walk: Walk) -> None:
    titles = walk.page.locator("thead th").all_text_contents()
    assert {"Оқыту тілі", "Мектепке дейінгі ұйымның атауы", "Телефон нөмірі"} <= set(titles)
    walk.sees("Қазақша", "№36 «Балапан» балабақшасы", "+7 707 735 8245", "5 шағын аудан, 36")
    walk.no_barrier()


@S2.step(152, "тізімнен қажетті балабақшаны таңдау (8-сурет)", CHOOSE)
def choose_from_the_list(walk: Walk) -> None:
    walk.page.locator("tr").filter(has_text="Балапан").get_by_role("radio").check()
    walk.presses("Мектепке дейінгі ұйымды таңдаңыз")


@S2.step(155, "«Қол қою және жіберу» басып, ЭЦҚ (RSA) сертификатын жүктеу", ACT)
def sign_and_send(walk: Walk) -> None:
    walk.sees("мемлекеттік кезектен бірден шығады")
    walk.signs()
    assert walk.agent.asked[-1]["args"]["signerParams"]["extKeyUsageOids"][0] == "1.3.6.1.5.5.7.3.4"


S2.not_ours(
    156, "құпиясөзді енгізіп, «Кілттер тізімін жаңарту»", AGENT, "NCALayer reads the keys of a storage by itself"
)
S2.not_ours(
    157, "Таңдалынған кілттің деректері … «Қол қою» (9-сурет)", AGENT, "the key's data and «Қол қою» are NCALayer's"
)
S2.look(
    104,
    "Сіз кезектен автоматты түрде алынасыз",
    OWN,
    "out-of-the-queue",
    "Ағымдағы мәртебе Жолдама берілді",
    gone=("Кезек нөмірі",),
)


@S2.step(158, "«Жалпы құжаттар» қойындысынан … жүктеуге (10-сурет)", OWN)
def download(walk: Walk) -> None:
    walk.it_is("2026-04-10T10:00")
    walk.opens(CHILD)
    assert CHILD in walk.paper("Жолдама")
    walk.no_barrier()


@S2.step(159, "Общие документы / Приложения к заявлению", f"{OWN}; /my/a/<id>/claim_privilege")
def two_sections(walk: Walk) -> None:
    """The second one begins with the first paper that is sent."""
    walk.sees("Жалпы құжаттар", gone=("Өтінішке қоса берілгендер",))
    walk.opens(SMALL)
    walk.follows("Жеңілдікті мәлімдеу")
    walk.page.get_by_label("Жеңілдік негізі").select_option(index=1)
    walk.page.get_by_label("Жеңілдікті растайтын құжат").fill("анықтама")
    walk.page.get_by_label("Берілген күні").fill("2026-04-01")
    paper = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}
    walk.page.locator("[type=file]").set_input_files(paper)
    walk.presses("Жалғастыру")
    walk.signs()
    walk.sees("Жалпы құжаттар", "Өтінішке қоса берілгендер", "анықтама")


@S2.step(160, "Наименование документа / Дата создания / Действие (Скачать)", OWN)
def columns_of_papers(walk: Walk) -> None:
    walk.opens(CHILD)
    titles = walk.page.get_by_role("region", name="Жалпы құжаттар").locator("th").all_text_contents()
    assert titles == ["Құжаттың атауы", "Құрылған күні", "Әрекет"]
    walk.sees("Жүктеу", "10.04.2026")


S2.look(161, "Уведомление о регистрации", OWN, "paper-1", "Тіркеу туралы хабарлама")
S2.look(162, "Извещение о приеме документов", OWN, "paper-2", "Құжаттарды қабылдау туралы хабарлама")
S2.look(163, "Регистрация ребенка в книге учета", OWN, "paper-3", "Баланы есепке алу кітабына тіркеу")
S2.look(164, "Карточка ребенка", OWN, "paper-4", "Баланың картасы")
S2.look(165, "Направление в ДДО", OWN, "paper-5", "Жолдама")


@S2.step(173, "бір тәулік ішінде өз бастамасы бойынша … жою", f"{OWN}; /my/a/<id>/revoke")
def revoked_within_a_day(walk: Walk) -> None:
    walk.it_is("2026-04-11T08:59")
    walk.opens(CHILD)
    walk.presses("Қайтарып алу")
    walk.signs()
    walk.sees("Ағымдағы мәртебе Кезекте", "Кезек нөмірі 1")


@S2.step(174, "Аталған мерзім аяқталғаннан кейін … мүмкін емес", OWN)
def not_after_that(walk: Walk) -> None:
    takes(walk, CHILD, "private", "2026-04-12T10:00")
    walk.it_is("2026-04-13T09:59")
    walk.opens(CHILD)
    assert "Қайтарып алу" in walk.buttons()
    walk.it_is("2026-04-13T10:01")
    walk.opens(CHILD)
    assert "Қайтарып алу" not in walk.buttons()


@S2.step(172, "жолдаманы күнтізбелік 30 күнге дейін ұзартудың тағы бір мүмкіндігі", f"{OWN}; /my/a/<id>/extend")
def extended_once(walk: Walk) -> None:
    walk.follows("Мерзімін ұзарту")
    walk.page.get_by_label("Жаңа соңғы күні").fill("2026-05-14")
    walk.presses("Жалғастыру")
    walk.sees("Соңғы күн: 13.05.2026")  # 30 calendar days after that of asking
    walk.opens(CHILD)
    walk.follows("Мерзімін ұзарту")
    walk.page.get_by_label("Жаңа соңғы күні").fill("2026-05-13")
    walk.presses("Жалғастыру")
    walk.signs()
    walk.sees("Құжаттармен келу: 13.05.2026")
    assert "Мерзімін ұзарту" not in walk.buttons()


@S2.step(105, "өтінішті … егер ол балабақшада есепке алынса … бере алады", "/my/new/<question>")
def filed_anew_once_enrolled(walk: Walk) -> None:
    """Before, the child is in the queue's hands still, and the form says so; the head enrols it at its own desk."""

    def enrol() -> None:
        head = factories.head(db.session.get_one(Kindergarten, walk.town.private))
        enrolments.enrol(walk.row(CHILD), by=head, at=at("2026-04-13T12:00"))

    walk.goes("/my/new")
    walk.answers(walk.town.name, iin.make(BORN[CHILD], Sex.female, 4111), "Бала а", "Ата-ана")
    for _ in ("queue", "privilege", "check"):
        walk.presses("Жалғастыру")
    walk.sees("кезекте тұр")
    walk.it_is("2026-04-13T12:00", enrol)
    walk.goes("/my/new")  # what was answered is kept
    walk.presses("Жалғастыру")
    walk.signs()
    walk.sees("Ағымдағы мәртебе Кезекте")


# ---------------------------------------------------------------- the turn of a state kindergarten


@S2.step(145, "пошта мен телефон нөміріне кезеңіңіздің келгендігі туралы хабарлама келеді", "a phone, an e-mail")
def the_turn_is_told(walk: Walk) -> None:
    published(walk, "state", "2026-04-13T13:00")
    offered(walk, "2026-04-13T14:00")
    told = [*walk.sms.texts(PHONE), *(one.get_content() for one in walk.mail.to(*EMAILS))]
    assert len([one for one in told if MISSES in one and "Кезегіңіз келді" in one]) == 2, told


@S2.step(146, 'статусы "Хабарлама жіберілді" болып өзгертіледі', OWN)
def notice_sent(walk: Walk) -> None:
    assert choices(walk, MISSES) == [OF_THE_STATE]
    walk.sees("Ағымдағы мәртебе Хабарлама жіберілді")


@S2.step(175, "Статус: Направлено уведомление", OWN)
def notice_sent_in_russian(walk: Walk) -> None:
    walk.page.get_by_title("Русский").click()
    walk.sees("Текущее состояние Направлено уведомление")
    walk.page.get_by_title("Қазақша").click()


S2.look(149, "3 жұмыс күні ішінде алмаса", OWN, "three-working-days", "16.04.2026")


@S2.step(150, "топтың жылына сәйкес барлық кезектегі балаларға қол жетімді", OWN)
def open_to_the_birth_year(walk: Walk) -> None:
    turns(walk, "2026-04-16T23:59")
    assert choices(walk, OTHERS) == []
    turns(walk, "2026-04-17T00:10")
    assert choices(walk, OTHERS) == [OF_THE_STATE]


@S2.step(147, "(еркін таңдауға … хабарламалар жіберілмейді)", OWN)
def of_free_choice_nobody_is_told(walk: Walk) -> None:
    walk.sees(gone=("еркін таңдау",))
    assert not [one for one in walk.sms.texts("+77770000001") if "еркін таңдау" in one]


@S2.step(151, "балабақшаны таңдамаған … кезекте қалады", OWN)
def stays_in_the_queue(walk: Walk) -> None:
    walk.opens(MISSES)
    walk.sees("Ағымдағы мәртебе Кезекте", "Кезек нөмірі 1")


@S2.step(166, "5 жұмыс күні ішінде балабақшаға келмесе", OWN)
def five_working_days_to_come(walk: Walk) -> None:
    takes(walk, MISSES, "state", "2026-04-17T10:00")
    walk.opens(MISSES)
    walk.sees("Құжаттармен келу: 24.04.2026")
    turns(walk, "2026-04-24T23:59")
    walk.opens(MISSES)
    walk.sees("Ағымдағы мәртебе Жолдама берілді")


@S2.step(167, "жолдама автоматты түрде жойылады", OWN)
def the_referral_is_annulled(walk: Walk) -> None:
    turns(walk, "2026-04-25T00:10")
    walk.opens(MISSES)
    walk.sees("24.04.2026 дейін жолдамамен ешкім келмеді")
    expect(walk.page.locator("tr").filter(has_text="Жолдама").first).to_contain_text("жарамсыз")


S2.look(168, "10 (он) жұмыс күніне стоп-тізімге", OWN, "ten-working-days", "Тоқтау парағында", "13.05.2026")


@S2.step(169, "стоп-тізімде … жолдаманы алу мүмкіндігі бұғатталады", OWN)
def nothing_meanwhile(walk: Walk) -> None:
    assert choices(walk, MISSES) == []
    assert choices(walk, OTHERS) == [OF_THE_STATE]  # while the same place is there for others


@S2.step(170, "Бұғаттан шығарғаннан кейін … бос орын болған жағдайда ғана", OWN)
def after_it_only_where_a_place_is_free(walk: Walk) -> None:
    turns(walk, "2026-05-14T00:10")
    assert choices(walk, MISSES) == [OF_THE_STATE]
    takes(walk, OTHERS, "state", "2026-05-14T10:00")
    assert choices(walk, MISSES) == []


@S2.step(171, "2 рет өткізіп алса, … кезектен алынып тасталынады", OWN)
def two_misses(walk: Walk) -> None:
    turns(walk, "2026-05-22T00:10")  # the other family did not come either
    takes(walk, MISSES, "state", "2026-05-22T10:00")
    walk.opens(MISSES)
    walk.sees("Құжаттармен келу: 01.06.2026")
    turns(walk, "2026-06-02T00:10")
    walk.opens(MISSES)
    walk.sees("Ағымдағы мәртебе Кезектен шығарылды", gone=("Кезек нөмірі",))
    assert walk.buttons() == []
