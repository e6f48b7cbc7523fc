"""Seed 001: a voucher and a place for a time, in a city that gives vouchers. One parent has five children: one takes
the place for a time, one a place for good, and three let each of the terms of the seed pass, or refuse.
"""

from datetime import date
from types import SimpleNamespace

from playwright.sync_api import expect

from app.actions import applications, clock, people, vouchers
from app.actions.people import Person
from app.db.extensions import db
from app.models import Language, Place, Sex, Unit
from app.rules import iin
from tests import factories
from tests.factories import DEPARTMENT, at
from tests.seeds import Seed
from tests.seeds.walk import PHONE, SHOWN, Walk

S1 = Seed("S1", "Мектепке дейінгі ұйымға ваучер алу және уақытша брондау кезінде орын таңдау бойынша нұсқаулық")
PARENT = iin.make(date(1994, 3, 2), Sex.female, 815)
CAME, TURN, CONFIRMS, CHOOSES = "2026-04-07T11:21:08", "2026-04-08T10:00", "2026-04-09T18:00", "2026-04-10T12:00"
CHILD, STAYS, LAPSES, EXPIRES, REFUSES = "ОДО.2026.248", "ОДО.2026.249", "ОДО.2026.250", "ОДО.2026.251", "ОДО.2026.252"
ARMAN, MADINA = "ГККП «Ясли-сад «Арман»", "«Мадина» бөбекжай-бақшасы"
STAGE = "кезекте тұрған, жасы бойынша 3 жасқа толған балалар, кезекке қойылған күні бойынша"
FRONT, HELP, KEY, CODE, JOURNAL, OWN = "/", "/help/<topic>", "/my/enter/key", "/my/enter", "/my/", "/my/a/<id>"
CHOOSE, ACT, PLACES, AGENT = "/my/a/<id>/choose", "/my/a/<id>/choose, the text", "/places", "the agent's own window"


def town() -> SimpleNamespace:
    place = factories.district()
    place.support_phone = "8 716 225 00 00"
    factories.norm("notice.quiet", "0-0", Unit.HOURS, place)
    factories.norm("notice.daily", "90", Unit.COUNT, place)  # all of a month is told in a minute
    address = {"phone": "+77716250916", "address": "Абай көшесі, 1"}
    arman, madina = factories.kindergarten(place, ARMAN, **address), factories.kindergarten(place, MADINA)
    group = factories.group(arman, capacity=3)
    factories.vacancy(group, places=1, ends_on=date(2026, 4, 30))
    for language in (Language.ru, Language.kk, Language.en):
        group = factories.group(madina, capacity=4)
        group.language = language
        factories.vacancy(group, places=4)
    contacts = people.Contacts(phone=PHONE, email="ana@example.org", address="Көкшетау қ., Абай көшесі, 5")
    for n, number in enumerate((CHILD, STAYS, LAPSES, EXPIRES, REFUSES)):
        applications.register(
            place_id=place.id,
            child=Person(
                iin.make(date(2022, 9, 17), Sex.female, 4711 + n), last_name="Ойдан", first_name=f"Айым {'абвгд'[n]}"
            ),
            applicant=Person(PARENT, last_name="Ойдан", first_name="Әсем"),
            contacts=contacts,
            by=DEPARTMENT,
            at=at(CAME),
            number=number,
        )
    return SimpleNamespace(place=place.id, name=place.name_kk)


def turns(walk: Walk, moment: str) -> None:
    """The day comes, and what is due on it."""
    walk.it_is(moment, lambda: clock.run(at=at(moment), place_id=walk.town.place))


# ---------------------------------------------------------------- the first page and the instructions


@S1.step(41, "«Нұсқаулықтар» бөлімі", FRONT)
def instructions(walk: Walk) -> None:
    walk.it_is(CAME)
    walk.goes("/")
    walk.follows("Нұсқаулықтар")
    assert walk.page.url.endswith("/help/")


@S1.step(36, "ВАУЧЕР АЛУ ЖӘНЕ УАҚЫТША БРОНДАУ КЕЗІНДЕ ОРЫН ТАҢДАУ БОЙЫНША НҰСҚАУЛЫҚ", HELP)
def of_vouchers(walk: Walk) -> None:
    walk.follows("Ваучер бойынша")
    walk.sees("2 жұмыс күні", "28 күнтізбелік күн", "5 жұмыс күні", "тоқтау парағына", "мұрағатқа")


@S1.step(37, "Уақытша болу … санаторлық … орны сақталатын орын", HELP)
def a_temporary_place(walk: Walk) -> None:
    walk.follows("Уақытша орын")
    walk.sees("санаторлық", "орны сақталады", "келесі жұмыс күні")


@S1.step(38, "ашылмалы тізімнен өзіңіздің ауданыңызды таңдаңыз", FRONT)
def choose_the_district(walk: Walk) -> None:
    walk.goes("/")
    walk.sees("Ауданыңызды немесе қалаңызды таңдаңыз")
    walk.follows(walk.town.name)
    expect(walk.page.get_by_role("heading", level=1)).to_have_text(walk.town.name)


@S1.step(39, "оң жақ жоғарғы бұрышында тілді өзгерте аласыз", "every page, at the top right")
def another_language(walk: Walk) -> None:
    top = walk.page.get_by_role("navigation", name="Тіл")
    top.get_by_title("Русский").click()
    expect(walk.page.locator("html")).to_have_attribute("lang", "ru")
    walk.page.get_by_title("Қазақша").click()
    expect(walk.page.locator("html")).to_have_attribute("lang", "kk")


@S1.step(40, "техникалық қолдау қызметінің телефон нөмірі", "every page of a district, at the top right")
def support_phone(walk: Walk) -> None:
    expect(walk.page.locator(".phone a")).to_have_attribute("href", "tel:87162250000")


# ---------------------------------------------------------------- two ways in


@S1.step(42, "«Жүйеге кіру» батырмасы", FRONT)
def enter(walk: Walk) -> None:
    walk.goes("/")
    walk.follows("Жүйеге кіру")
    assert walk.page.url.endswith("/my/enter/key")


@S1.step(43, "Порталға кірудің екі тәсілі бар", KEY)
def two_ways(walk: Walk) -> None:
    ways = walk.page.get_by_role("navigation", name="Кіру тәсілдері").get_by_role("link")
    assert ways.all_inner_texts() == ["ЭЦҚ", "Бір реттік құпия сөз"]


S1.look(48, "МАҢЫЗДЫ! … алдын ала NCALayer … орнату қажет", KEY, "the-agent-first", "NCALayer алдын ала орнатылып")


@S1.step(44, "«Сертификатты таңдаңыз»", KEY)
def choose_a_certificate(walk: Walk) -> None:
    walk.no_barrier()
    walk.enters_by_key(PARENT)
    (asked,) = [one["args"] for one in walk.agent.asked]
    assert asked["signerParams"] == {"extKeyUsageOids": ["1.3.6.1.5.5.7.3.2", "1.2.398.3.3.4.1.1"], "chain": []}
    assert asked["signingParams"]["encapsulate"] is False and asked["locale"] == "kk"
    walk.no_barrier()
    walk.page.get_by_role("button", name="Бұл мен емеспін").click()


WINDOW = "NCALayer's: the page opens it and says what is to be done in it"
S1.not_ours(45, "«Сақтау орны» жолында ЭЦҚ орналасқан жолды", AGENT, WINDOW)
S1.not_ours(46, "Құпиясөзді енгізіп, «Ашу»", AGENT, WINDOW)
S1.not_ours(47, "Кілтті таңдап, «Қол қою»", AGENT, WINDOW)


@S1.step(53, "ЭЦҚ / Бір реттік құпия сөз; ЖСН *, Телефон нөмірі *", CODE)
def required_fields(walk: Walk) -> None:
    walk.goes("/my/enter/key")
    walk.follows("Бір реттік құпия сөз")
    for label in ("ЖСН", "Телефон нөмірі"):
        expect(walk.page.get_by_label(label)).to_have_attribute("required", "")


S1.look(
    52, "телефон нөмірі мен ЖСН МАБ жүйесінде тіркелген болуы қажет", CODE, "registered", "МАБ", "тіркелген болуы қажет"
)
S1.look(
    54,
    "үшінші тұлғаның есеттік деректерін заңсыз пайдалану … жауапкершілікке",
    CODE,
    "by-law",
    "Үшінші тұлғаның есептік деректерін заңсыз пайдалану",
    "жауапкершілікке әкеп соғады",
)


@S1.step(49, "телефон нөмірі мен ЖСН-ін енгізіп, «Кіру»", CODE)
def phone_and_iin(walk: Walk) -> None:
    walk.page.get_by_label("ЖСН").fill(PARENT)
    walk.page.get_by_label("Телефон нөмірі").fill(PHONE)
    walk.presses("Кіру")
    walk.no_barrier()


@S1.step(50, "Бір реттік кодты енгізіңіз", "/my/enter/code")
def the_code(walk: Walk) -> None:
    walk.page.get_by_label("Код").fill(walk.page.url.rpartition("=")[2])


@S1.step(51, "«Кіру» батырмасын басыңыз", "/my/enter/code")
def in_by_the_code(walk: Walk) -> None:
    walk.presses("Кіру")
    assert walk.page.url.endswith("/my/")


@S1.step(55, "«Кезекке қоюға өтініштер журналы» бөлімі", JOURNAL)
def journal(walk: Walk) -> None:
    expect(walk.page.get_by_role("heading", level=1)).to_have_text("Өтініштер журналы")
    assert walk.page.locator("tbody tr").count() == 5
    walk.no_barrier()


# ---------------------------------------------------------------- the turn, and two working days


@S1.step(56, "ваучер берілгені туралы хабарлама жіберіледі", "a phone, an e-mail")
def a_voucher_is_told(walk: Walk) -> None:
    walk.it_is(TURN, lambda: vouchers.issue_round(walk.town.place, by=DEPARTMENT, at=at(TURN)))
    texts = [*walk.sms.texts(PHONE), *(one.get_content() for one in walk.mail.to("ana@example.org"))]
    told = [one for one in texts if CHILD in one and "ваучер берілді" in one and "10.04.2026" in one]
    assert len(told) == 2, texts


@S1.step(62, "өтінімді ашып, «Қызығушылықты растау» батырмасын", OWN)
def open_it(walk: Walk) -> None:
    walk.opens(CHILD)
    assert "Қызығушылықты растау" in walk.buttons()
    walk.no_barrier()


S1.look(57, "2 (екі) жұмыс күні ішінде … растап", OWN, "two-working-days", "Қызығушылықты растау: 10.04.2026")
S1.look(79, "Ағымдағы мәртебе: Растауда", OWN, "present-status", "Ағымдағы мәртебе Растауда")


@S1.step(71, "Өтінім беруші: ЖСН, Т.А.Ә., Туған күні, Телефон, Email", OWN)
def the_applicant(walk: Walk) -> None:
    walk.sees("Өтініш беруші туралы ақпарат", f"ЖСН {PARENT}", "Т.А.Ә. Ойдан Әсем", "Туған күні 02.03.1994")
    walk.sees(f"Телефон нөмірі {SHOWN}", "Электрондық пошта ana@example.org")


S1.look(72, "Тұрғылықты жері бойынша тіркелу мекенжайы", OWN, "the-address", "Мекенжайы Көкшетау қ., Абай көшесі, 5")
S1.look(
    73,
    "Бала: ЖСН, Т.А.Ә., Туған күні",
    OWN,
    "the-child",
    "Бала туралы ақпарат",
    "Т.А.Ә. Ойдан Айым а",
    "Туған күні 17.09.2022",
)
S1.look(74, "Жеңілдік түрі: Жеңілдіктер жоқ", OWN, "no-privilege", "Жеңілдік түрі Жеңілдіксіз")
S1.look(75, f"Кезек кезеңі: {STAGE}", OWN, "queue-stage", "Кезек кезеңі", STAGE)
S1.look(76, "Кезек нөмірі: 1", OWN, "queue-number", "Кезек нөмірі 1")
S1.look(77, "Тіркеу нөмірі ОДО.2026.248", OWN, "registration-number", "Тіркеу нөмірі ОДО.2026.248")
S1.look(
    78, "Тіркеу күні мен уақыты 07.04.2026 11:21:08", OWN, "registered", "Тіркеу күні мен уақыты 07.04.2026 11:21:08"
)


@S1.step(80, "[Қызығушылықты растау] [Ваучерден бас тарту] [Кезектен шығару]", OWN)
def three_buttons(walk: Walk) -> None:
    """Beside them what may be done at any time: a privilege, a full kindergarten to wait for."""
    asked = ["Қызығушылықты растау", "Ваучерден бас тарту", "Кезектен шығару"]
    assert [one for one in walk.buttons() if one in asked] == asked
    assert "Мектепке дейінгі ұйымды таңдаңыз" not in walk.buttons()


S1.look(
    81, "Өтініш туралы ақпарат / Тарих / Құжаттар", OWN, "three-parts", "Өтінім туралы ақпарат", "Тарих", "Құжаттар"
)


@S1.step(63, "ЭЦҚ кілтімен қол қою", "/my/a/<id>/confirm")
def sign_with_the_key(walk: Walk) -> None:
    """What was entered by a code is not enough: the page says so, and leads to the key and back."""
    walk.it_is(CONFIRMS)
    walk.opens(CHILD)
    walk.presses("Қызығушылықты растау")
    walk.sees("Бұған ЭЦҚ кілтімен қол қойылады")
    walk.enters_by_key(PARENT)
    walk.page.get_by_role("link", name="Кіру", exact=True).click()
    walk.page.wait_for_url("**/my/a/*")
    walk.presses("Қызығушылықты растау")
    expect(walk.page.locator(".to-sign")).to_contain_text(CHILD)
    walk.no_barrier()
    walk.signs()
    for number in (STAYS, EXPIRES):
        walk.opens(number)
        walk.presses("Қызығушылықты растау")
        walk.signs()


S1.look(82, "Ағымдағы мәртебе: Ваучер берілді", OWN, "voucher-issued", "Ағымдағы мәртебе Ваучер берілді")
S1.look(
    64,
    "балабақшаны таңдап, … электрондық келісімшарт жасауға 5 (бес) жұмыс күні",
    OWN,
    "five-working-days",
    "Балабақшаны таңдау: 16.04.2026",
)


@S1.step(83, "[Кезектен шығару] [Мектепке дейінгі ұйымды таңдаңыз]", OWN)
def two_buttons(walk: Walk) -> None:
    walk.opens(CHILD)
    assert {"Мектепке дейінгі ұйымды таңдаңыз", "Кезектен шығару"} <= set(walk.buttons())
    assert "Қызығушылықты растау" not in walk.buttons()


# ---------------------------------------------------------------- refused, not confirmed, restored


@S1.step(68, "«Ваучерден бас тарту» батырмасы", "/my/a/<id>/refuse")
def refuse(walk: Walk) -> None:
    walk.opens(REFUSES)
    walk.presses("Ваучерден бас тарту")
    walk.signs()


S1.look(69, "мәртебесін «Мұрағатта» деп өзгертеді", OWN, "archived", "Ағымдағы мәртебе Мұрағатта")


@S1.step(70, "баланы кезектен шығарады", OWN)
def out_of_the_queue(walk: Walk) -> None:
    walk.sees("Сіз ваучерден бас тарттыңыз. Өтініш мұрағатқа жіберілді.", gone=("Кезек нөмірі",))


# ---------------------------------------------------------------- a place for good, and the contract


@S1.step(65, "электрондық келісімшарт", "/my/a/<id>/sign, /my/a/<id>/contract")
def the_contract(walk: Walk) -> None:
    walk.it_is(CHOOSES)
    walk.opens(STAYS)
    walk.follows("Мектепке дейінгі ұйымды таңдаңыз")
    walk.page.locator("tr").filter(has_text=MADINA).first.get_by_role("radio").check()
    walk.presses("Мектепке дейінгі ұйымды таңдаңыз")
    walk.signs()
    walk.presses("Келісімшартқа қол қою")
    expect(walk.page.locator(".to-sign")).to_contain_text(MADINA)
    walk.signs()
    walk.follows("Шартты оқу")
    walk.sees(MADINA)


# ---------------------------------------------------------------- the place for a time


@S1.step(88, "10 20 30 100 · 1-бет · Барлығы: 5", PLACES)
def pages_of_places(walk: Walk) -> None:
    walk.goes("/places")
    walk.page.get_by_label("Аудан немесе қала").select_option(label=walk.town.name)
    walk.presses("Көрсету")
    walk.sees("10 20 30 100", "1-бет", "Барлығы: 4")


@S1.step(85, "Тіл / Меншік нысаны / атауы / Қабылдау режимі / Телефон / Бос орындар саны", f"{CHOOSE}, {PLACES}")
def six_columns(walk: Walk) -> None:
    wanted = {"Тіл", "Меншік нысаны", "Мектепке дейінгі ұйымның атауы", "Қабылдау режимі", "Телефон нөмірі"}
    wanted.add("Бос орындар саны")
    assert wanted <= set(walk.page.locator("thead th").all_text_contents())
    walk.opens(CHILD)
    walk.follows("Мектепке дейінгі ұйымды таңдаңыз")
    assert wanted - {"Тіл"} | {"Оқыту тілі"} <= set(walk.page.locator("thead th").all_text_contents())


S1.look(86, "русский / қазақша / ағылшын", CHOOSE, "languages", "Орысша", "Қазақша", "Ағылшынша")
S1.look(87, "Жалпы белгіленген / Уақытша болу", CHOOSE, "regimes", "Жалпы белгіленген", "Уақытша болу")


@S1.step(84, "«Уақытша болу» қабылдау режимі бар сәйкес балабақшаны таңдаңыз", CHOOSE)
def mark_the_temporary_one(walk: Walk) -> None:
    walk.no_barrier()
    row = walk.page.locator("tr").filter(has_text="Уақытша болу")
    expect(row).to_contain_text(ARMAN)
    row.get_by_role("radio").check()


@S1.step(89, "[Балабақшаны таңдаңыз] under the table", CHOOSE)
def one_button_under_the_table(walk: Walk) -> None:
    expect(walk.page.locator("main").get_by_role("button", name="ұйымды таңдаңыз")).to_have_count(1)
    walk.presses("Мектепке дейінгі ұйымды таңдаңыз")


@S1.step(90, "Атауы, Телефон, Меншік нысаны, Мекен-жайы, Түрі, Оқыту тілі, Қабылдау режимі", ACT)
def the_card(walk: Walk) -> None:
    walk.sees(ARMAN, "Телефон нөмірі: +77716250916", "Меншік нысаны: Мемлекеттік меншік", "Мекенжайы: Абай көшесі, 1")
    walk.sees("Түрі: Бөбекжай-бақша", "Оқыту тілі: Орысша", "Қабылдау режимі: Уақытша болу")


S1.look(91, "Жолдаманы алғаныңызды растаңыз (терезе)", ACT, "confirm-the-referral", "Жолдаманы алғаныңызды растаңыз")
S1.look(
    92,
    "Сіз балабақша ұйымын таңдадыңыз (атауы, тілі, мекенжайы)",
    ACT,
    "you-chose",
    "Сіз мына балабақшаны таңдадыңыз",
    f"{ARMAN} (Орысша",
)
S1.look(93, "Назар аударыңыз: бұл уақытша орын", ACT, "mind-it-is-temporary", "Назар аударыңыз: бұл уақытша орын")
S1.look(
    94,
    "30.04.2026 дейін бара алады … автоматты түрде шығарылады, ваучер жойылады",
    ACT,
    "until-its-day",
    "30.04.2026 күніне дейін",
    "автоматты түрде шығарылады, ваучер жойылады",
)


@S1.step(95, "[Бас тарту] [Ок]", ACT)
def or_not(walk: Walk) -> None:
    """«Ок» is «Қол қою және жіберу» of step 3: the page is the window, so that nothing is asked twice."""
    expect(walk.page.get_by_role("link", name="Бас тарту", exact=True)).to_be_visible()
    expect(walk.page.get_by_role("button", name="Қол қою және жіберу")).to_be_visible()
    walk.no_barrier()


@S1.step(96, "ЭЦҚ кілтімен немесе бір реттік код арқылы қол қойыңыз", ACT)
def sign_it(walk: Walk) -> None:
    """By a code as the norm is shipped; the same norm may ask a key (by-a-code-or-by-a-key.yaml)."""
    walk.signs()


S1.look(
    97,
    "көрсетілген күнге дейін … бара алады",
    OWN,
    "attends-until-then",
    "10.04.2026 – 30.04.2026 аралығында бара алады",
)
S1.look(98, "жалпы белгіленген қабылдау режимі бойынша кезек сақталады", OWN, "the-number-is-kept", "Кезек нөмірі 1")
S1.look(99, "тұрақты орынды күтуін жалғастырады", OWN, "waits-on", "Ағымдағы мәртебе Кезекте")


# ---------------------------------------------------------------- the terms that pass


@S1.step(58, "ваучер жарамсыз деп танылады", OWN)
def the_voucher_is_invalid(walk: Walk) -> None:
    turns(walk, "2026-04-10T23:59")
    walk.opens(LAPSES)
    walk.sees("Растауда")
    turns(walk, "2026-04-11T00:10")
    walk.opens(LAPSES)
    walk.sees("жарамсыз", gone=("Растауда",))


S1.look(59, "өтініміңіз тоқтау парағына ауыстырылады", OWN, "to-the-stop-list", "Ағымдағы мәртебе Тоқтау парағында")
S1.look(
    60,
    "28 (жиырма сегіз) күнтізбелік күн ішінде",
    OWN,
    "28-calendar-days",
    "Кезектегі орынды қалпына келтіру керек: 09.05.2026",
)


@S1.step(61, "бір рет кезегіңізді қалпына келтіру құқығы", "/my/a/<id>/restore")
def restored_once(walk: Walk) -> None:
    walk.presses("Кезекті қалпына келтіру")
    walk.signs()
    walk.sees("Ағымдағы мәртебе Кезекте")
    again, late = "2026-04-13T10:00", "2026-04-16T00:10"

    def issue() -> None:
        vouchers.issue_out_of_turn(walk.row(LAPSES), by=DEPARTMENT, at=at(again), reason="хаттама № 4")

    walk.it_is(again, issue)
    turns(walk, late)
    walk.opens(LAPSES)
    walk.sees("Тоқтау парағында")
    assert "Кезекті қалпына келтіру" not in walk.buttons()


@S1.step(66, "тіркеуді аяқтамаған жағдайда, ваучер жарамсыз", OWN)
def not_finished_in_time(walk: Walk) -> None:
    turns(walk, "2026-04-16T23:59")
    walk.opens(EXPIRES)
    walk.sees("Ваучер берілді")
    turns(walk, "2026-04-17T00:10")
    walk.opens(EXPIRES)
    walk.sees("Ваучердің мерзімі өтті")


S1.look(67, "өтініміңіз мұрағатқа жіберіледі", OWN, "to-the-archive", "Ағымдағы мәртебе Мұрағатта")


@S1.step(100, "келесі жұмыс күні автоматты түрде шығарылады", OWN)
def out_on_the_next_working_day(walk: Walk) -> None:
    over = "Уақытша болу мерзімі 30.04.2026 күні аяқталды"
    turns(walk, "2026-05-03T23:59")  # Friday was the first of May, and Sunday is no working day
    walk.opens(CHILD)
    walk.sees(gone=(over,))
    turns(walk, "2026-05-04T00:10")
    walk.opens(CHILD)
    walk.sees(over, "Ағымдағы мәртебе Кезекте", "Кезек нөмірі 1")
    assert over in walk.sms.texts(PHONE)[-1]
    with walk.web.app_context():
        assert walk.row(CHILD).standing and db.session.get_one(Place, walk.town.place)
