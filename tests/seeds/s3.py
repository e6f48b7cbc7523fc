"""Seed 003: a child is put into the queue, as through egov.kz with a key, and as through Indigo by a phone alone."""

from datetime import date
from types import SimpleNamespace

from playwright.sync_api import expect

from app.models import PrivilegeKind, Sex, Unit
from app.rules import iin
from tests import factories
from tests.seeds import Seed
from tests.seeds.walk import PHONE, Walk

S3 = Seed("S3", "Мектепке дейінгі ұйымдарға жіберу үшін мектеп жасына дейінгі балаларды (6 жасқа дейін) кезекке қою")
MOTHER, FATHER = iin.make(date(1990, 5, 4), Sex.female, 1234), iin.make(date(1988, 2, 1), Sex.male, 77)
ELDER, YOUNGER = iin.make(date(2022, 9, 17), Sex.female, 5711), iin.make(date(2023, 9, 17), Sex.female, 5712)
FRONT, HELP, KEYS, NEW, QUEUE, CODE = "/", "/help/join", "/help/keys", "/my/new/<question>", "/queue", "/my/enter"
SIGN, JOURNAL = "/my/new, the text", "/my/"
EGOV, INDIGO = "egov.kz's own page", "Indigo's own page"
THROUGH = "what it files there comes in through the API: tests/views/test_api.py, tests/views/test_api_acts.py"


def town() -> SimpleNamespace:
    by_key, by_code = factories.district("Саран қаласы"), factories.district("Абай ауданы")
    factories.norm("sign.register", "key", Unit.CHOICE, by_key)
    for place in (by_key, by_code):
        factories.application(place, date(2023, 1, 1), privilege=PrivilegeKind.out_of_turn)
    return SimpleNamespace(by_key=by_key.name_kk, by_code=by_code.name_kk)


def checked(walk: Walk, child: str) -> None:
    """The page «Кезекті тексеру», of whoever is nobody there."""
    walk.goes("/")
    walk.page.locator("main").get_by_role("link", name="Кезекті тексеру").click()
    walk.page.wait_for_url("**/queue")
    walk.page.get_by_label("Баланың ЖСН").fill(child)
    walk.presses("Тексеру")


# ---------------------------------------------------------------- what is needed


@S3.step(177, "кезекке қою (6 жасқа дейін)", HELP)
def up_to_six_years(walk: Walk) -> None:
    walk.it_is("2026-04-07T11:21")
    walk.goes("/")
    walk.follows("Нұсқаулықтар")
    walk.sees("Кезекке тұру", "Бала кезекте тұратын жастың шегі: 6 жас")


S3.look(180, "Интернетке қолжетімділік", HELP, "internet", "интернет")
S3.look(
    190, "Компьютердің, планшеттің немесе смартфонның болуы", HELP, "a-device", "компьютер, планшет немесе смартфон"
)
S3.look(
    182, "Баланың туу туралы куәлігі (баланың ЖСН)", HELP, "birth-certificate", "баланың туу туралы куәлігі (ЖСН-мен)"
)
S3.look(193, "Баланың туу туралы куәлігі", HELP, "birth-certificate-too", "баланың туу туралы куәлігі (ЖСН-мен)")
S3.look(194, "Ата-анасының бірінің жеке куәлігі (ата-ананың ЖСН)", HELP, "identity-card", "жеке куәлігі (ЖСН-мен)")
S3.look(
    192,
    "жарамды ұялы телефон нөмірі (ED24.kz-ке тіркелуі тиіс)",
    HELP,
    "a-mobile-phone",
    "өзіңіздің ұялы телефон нөміріңіз",
)
S3.look(183, "Жеңілдікті растайтын құжаттар", HELP, "privilege-papers", "жеңілдігіңіз болса, оны растайтын құжаттар")
S3.look(
    195, "Жеңілдікті растайтын құжаттар", HELP, "privilege-papers-too", "жеңілдігіңіз болса, оны растайтын құжаттар"
)


@S3.step(179, "Компьютер және Ncalayer", KEYS)
def a_computer_and_the_agent(walk: Walk) -> None:
    walk.follows("Қалай қол қоясыз")
    walk.sees("NCALayer", "компьютер")


S3.look(181, "Ата-анасының бірінің ЭЦҚ болуы", KEYS, "a-key-of-a-parent", "өз ЭЦҚ кілтіңіз")

# ---------------------------------------------------------------- as from egov: with a key

S3.not_ours(178, "www.egov.kz … веб-порталы арқылы", EGOV, THROUGH)
S3.not_ours(184, "1 қадам - ЭЦҚ арқылы сайтқа кіру", EGOV, "its own entry; ours by a key is steps 9, 44 and 108")
S3.not_ours(185, "2 қадам – «Білім беру» - «Мектепке дейінгі білім беру»", EGOV, "its own menu")


@S3.step(186, "3 қадам - қызметін таңдау", FRONT)
def choose_the_service(walk: Walk) -> None:
    walk.enters_by_key(FATHER)
    walk.goes("/")
    walk.page.locator("main").get_by_role("link", name="Кезекке тұру").click()
    walk.page.wait_for_url("**/my/new/district")
    walk.no_barrier()


@S3.step(187, "4 қадам – «Қызметке тапсырыс беру», … толтырыңыз, ЭЦҚ өтініміне қол қойыңыз", f"{NEW}; {SIGN}")
def fill_in_and_sign(walk: Walk) -> None:
    """In a district that asks for a key, as the portal does."""
    walk.answers(walk.town.by_key, ELDER, "Айым", "Асан")
    walk.presses("Жалғастыру")  # the general queue
    walk.presses("Жалғастыру")  # no privilege
    walk.sees("Жауаптарыңызды тексеріңіз")
    walk.presses("Жалғастыру")
    expect(walk.page.locator(".to-sign")).to_contain_text(ELDER)
    walk.signs()
    assert walk.agent.asked[-1]["args"]["signerParams"]["extKeyUsageOids"][0] == "1.3.6.1.5.5.7.3.4"


@S3.step(188, "5 қадам – «Балабақшаға кезек нөмірін қарау»", QUEUE)
def see_the_number(walk: Walk) -> None:
    checked(walk, ELDER)
    expect(walk.page.locator(".answer .big strong")).to_have_text("1")
    walk.sees("Кезекте")


# ---------------------------------------------------------------- as through Indigo: by a phone

S3.not_ours(189, "indigo … «Индиго.Электронды балабақша» жүйесі арқылы", INDIGO, THROUGH)
S3.not_ours(191, "ED24.kz мобильдік қосымшасы", INDIGO, "its own app; these pages are one on the home screen (step 35)")
S3.not_ours(196, "1 қадам - сайтына кіру", INDIGO, "its own address; ours is the first page (step 5)")


@S3.step(197, "2 қадам – «Кезекке тұру» парақшасы", f"{FRONT}; {CODE}")
def join_the_queue(walk: Walk) -> None:
    """By a code to a phone; nobody is known by it yet."""
    walk.goes("/my/")
    walk.presses("Шығу")
    walk.page.locator("main").get_by_role("link", name="Кезекке тұру").click()
    walk.page.wait_for_url("**/my/enter")
    walk.page.get_by_label("ЖСН").fill(MOTHER)
    walk.page.get_by_label("Телефон нөмірі").fill(PHONE)
    walk.presses("Кіру")
    walk.page.get_by_label("Код").fill(walk.page.url.rpartition("=")[2])
    walk.presses("Кіру")
    walk.goes("/")
    walk.page.locator("main").get_by_role("link", name="Кезекке тұру").click()
    walk.page.wait_for_url("**/my/new/district")


@S3.step(198, "3 қадам – «Жалпы білім беретін кезек» түрін таңдау", "/my/new/queue")
def the_kind_of_queue(walk: Walk) -> None:
    walk.answers(walk.town.by_code, YOUNGER, "Дана", "Әсем")
    expect(walk.page.get_by_label("Жалпы білім беретін кезек")).to_be_checked()
    walk.no_barrier()
    walk.presses("Жалғастыру")
    walk.presses("Жалғастыру")


@S3.step(199, "4 қадам – Электрондық өтінішті таңдау", SIGN)
def the_electronic_application(walk: Walk) -> None:
    walk.sees("Жауаптарыңызды тексеріңіз")
    walk.presses("Жалғастыру")
    expect(walk.page.get_by_role("heading", level=1)).to_have_text("Жаңа электрондық өтініш")
    walk.signs()
    walk.sees("Өтініш кезекке қойылды", "Кезегіңіз келгенде SMS")


@S3.step(200, "5 қадам - «Кезекті тексеру» парақшасы", QUEUE)
def check_the_queue(walk: Walk) -> None:
    """One whose privilege counts stands ahead; who it is is told to nobody."""
    checked(walk, YOUNGER)
    walk.sees("Кезек нөмірі")
    walk.sees(gone=("Дана", "Ойдан"))
