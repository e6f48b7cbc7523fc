"""Papers: what they say, in both languages, on one page, and what nobody can make them do."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from hashlib import sha256

import pypdfium2
import pytest
from typst import TypstError

from app.db.extensions import db
from app.models import Document, DocumentKind, Outbox
from app.papers import documents, storage, typesetting
from app.rules import shipped
from tests import papers

OWN = {
    "version": 1,
    "address": "http://127.0.0.1:8080/verify/Zr9m1x0bQ3u7Kp2LwYt4aA",
    "asked_at": "2026-04-10T07:00:00+00:00",
    "made_on": "2026-04-10",
}
CHILD = {
    "number": "Ж-2026-000123",
    "issued_on": "2026-04-10",
    "child": "Һәкімұлы Іңкәр Ғабитқызы",
    "iin": "220917500123",
    "born_on": "2022-09-17",
    "applicant": "Һәкімова Ғалия Өмірқызы",
    "application": "ОДО.2026.248",
    "place_kk": "Ақмола облысы, Көкшетау қаласы",
    "place_ru": "Акмолинская область, город Кокшетау",
    "office_kk": "Көкшетау қаласының білім бөлімі",
    "office_ru": "Отдел образования города Кокшетау",
    "office_address": "Көкшетау, Абай көшесі, 89",
    "office_phone": "+7 (7162) 25-00-00",
    "responsible": "Темірова Айнұр, бас маман",
}
PEOPLE = {"sex": "female", "applicant_iin": "900101400124"}
ITSELF = OWN | CHILD | {"registered": "07.04.2026 11:21:08", "queue": "general"}
NOTICE = ITSELF | {"kind": "registration_notice", "number": "Т-2026-000012"}
RECEIPT = ITSELF | {"kind": "receipt", "papers": ["Мүгедектік туралы анықтама, № 45, № 2 емхана, 01.03.2026"]}
ENTRY = ITSELF | PEOPLE | {"kind": "book_entry", "number": "Е-2026-000012"}
VOUCHER = {
    **OWN,
    **CHILD,
    **{"kind": "voucher", "number": "В-2026-000045", "confirmed_on": "2026-04-09", "choose_by": "2026-04-16"},
    **dict.fromkeys(("kindergarten", "begins_on", "ends_on")),
}
PLACE = {
    "voucher": "В-2026-000045",
    "kindergarten": "ГККП «Ясли-сад «Арман»",
    "address_of_kindergarten": "Көкшетау, Әуезов көшесі, 12",
    "phone_of_kindergarten": "+7 (771) 625-09-16",
    "group": "Ақбота",
    "birth_years": "2022",
    "language": "ru",
}
NO_TERMS = dict.fromkeys(("choose_by", "attend_by", "begins_on", "ends_on"))
GENERAL = OWN | CHILD | PLACE | NO_TERMS | {"kind": "referral", "choose_by": "2026-04-16"}
BY_TURN = GENERAL | {"number": "Ж-2026-000124", "attend_by": "2026-04-17", "voucher": None, "choose_by": None}
STAY = {"choose_by": None, "begins_on": "2026-04-13", "ends_on": "2026-04-30"}
TEMPORARY = GENERAL | STAY | {"kind": "temporary_referral"}
OF_A_STAY = VOUCHER | STAY | {"kindergarten": PLACE["kindergarten"], "version": 2}
CARD = OWN | CHILD | PLACE | PEOPLE | {"kind": "child_card", "number": "К-2026-000123"}
CONTRACT = CARD | {
    **{"kind": "contract", "number": "Ш-2026-000123", "bin": "990840000385"},
    **{"family_signed_on": "2026-04-11", "head_signed_on": None},
    "text_kk": [kk for kk, _ru in shipped.CONTRACT.values()],
    "text_ru": [ru for _kk, ru in shipped.CONTRACT.values()],
}
REFUSAL = OWN | CHILD | {"kind": "refusal", "voucher": "В-2026-000045", "voucher_on": "2026-04-08"}
REVOCATION = {
    **OWN,
    **CHILD,
    **PLACE,
    **{"kind": "revocation", "given": "Ж-2026-000124", "given_on": "2026-04-09", "reason": "Топ жөндеуге жабылды"},
}
PAPERS = {
    **{"notice": NOTICE, "receipt": RECEIPT, "entry": ENTRY, "voucher": VOUCHER, "of-a-stay": OF_A_STAY},
    **{"referral": GENERAL, "by-turn": BY_TURN, "temporary": TEMPORARY, "card": CARD, "contract": CONTRACT},
    **{"refusal": REFUSAL, "revocation": REVOCATION},
}
EVERY = pytest.mark.parametrize("facts", PAPERS.values(), ids=PAPERS)  # of a child
PROTOCOL = OWN | {
    **{name: value for name, value in CHILD.items() if name.startswith(("office", "place", "responsible"))},
    **{"kind": "protocol", "number": "Х-2026-000012", "issued_on": "2026-04-10", "held_at": "10:00:00"},
    **{"automatic": False, "by": "categories", "kindergarten": None, "served": 3},
    "order": {"place_kk": "Қазақстан", "place_ru": "Казахстан", "valid_from": "2016-01-01", "legal_basis": "akmola.kz"},
    "norms": [
        {"name": "procedure", "value": "voucher", "unit": "CHOICE", "valid_from": "2023-03-01", "legal_basis": "қаулы"},
        {"name": "voucher.confirm", "value": "2", "unit": "WD", "valid_from": "2016-01-01", "legal_basis": "нұсқаулық"},
    ],
    "queues": [
        {
            "queue": "general",
            "places": [[2021, 2021, 3], [2022, 2023, 5]],
            "claims": 5,
            "served": [
                {"kk": "кезектен тыс", "ru": "вне очереди", "numbers": ["ОДО.2026.7"]},
                {"kk": "жалпы кезекте", "ru": "в общей очереди", "numbers": ["ОДО.2026.3", "ОДО.2026.9"]},
            ],
            "passed": [{"year": 2021, "numbers": ["ОДО.2026.5"]}],
            "left": ["ОДО.2026.11", "ОДО.2026.12"],
            "young": ["ОДО.2026.20"],
        }
    ],
}
DAY = OWN | {
    **{name: value for name, value in CHILD.items() if name.startswith(("office", "place", "responsible"))},
    **{"kind": "daily_protocol", "number": "Д-2026-000012", "issued_on": "2026-04-10"},
    **{"sealed_at": "10.04.2026 23:59:41", "first": 4711, "last": 4911, "head": "0123456789abcdef" * 4},
    "recorded": [
        {
            "kk": "Өтініш",
            "ru": "Заявление",
            "verbs": [{"kk": "Өтініш кезекке қойылды", "ru": "Заявление поставлено в очередь", "n": 120}],
        },
        {"kk": "Ваучер", "ru": "Ваучер", "verbs": [{"kk": "Ваучер берілді", "ru": "Ваучер выдан", "n": 81}]},
    ],
}
OF_NOBODY = {"protocol": PROTOCOL, "daily": DAY}
ANY = pytest.mark.parametrize("facts", [*PAPERS.values(), *OF_NOBODY.values()], ids=[*PAPERS, *OF_NOBODY])


def text(pdf: bytes) -> str:
    """What the paper's only page says, on one line."""
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 1
    return " ".join(document[0].get_textpage().get_text_range().split())


@EVERY
def test_a_paper_names_the_child_the_place_and_itself_in_kazakh_letters(facts):
    said = text(documents.render(facts))
    for fact in (
        facts["child"],
        facts["iin"],
        "17.09.2022",
        facts["applicant"],
        facts["application"],
        f"№ {facts['number']}",
        facts["address"],
    ):
        assert fact in said
    for of_the_office in (
        "place_kk",
        "place_ru",
        "office_kk",
        "office_ru",
        "office_address",
        "office_phone",
        "responsible",
    ):
        assert facts[of_the_office] in said
    assert set("ӘҒҚҢӨҰҮҺІ") <= set(text(documents.render(facts | {"place_kk": "ӘҒҚҢӨҰҮҺІ"})))


def test_a_voucher_says_by_when_a_place_is_chosen():
    said = text(documents.render(VOUCHER))
    assert "Орын таңдап, шартқа қол қойыңыз: 16.04.2026 дейін осы күнді қоса алғанда" in said
    assert "Выберите место и подпишите договор: по 16.04.2026 включительно" in said


def test_a_referral_says_where_and_by_when_the_family_signs():
    said = text(documents.render(GENERAL))
    for fact in ("ГККП «Ясли-сад «Арман»", "Әуезов көшесі, 12, +7 (771) 625-09-16", "Ақбота (2022)", "В-2026-000045"):
        assert fact in said
    assert "Электрондық шартқа қол қойыңыз: 16.04.2026 дейін" in said
    assert "Подпишите электронный договор: по 16.04.2026" in said
    assert "орыс тілі / русский язык" in said


def test_a_referral_by_turn_says_by_when_to_come_where_and_with_what_and_nothing_of_a_contract():
    said = text(documents.render(BY_TURN))
    for fact in ("№ Ж-2026-000124", "ГККП «Ясли-сад «Арман»", "Әуезов көшесі, 12", "Ақбота (2022)"):
        assert fact in said
    assert "Құжаттармен балабақшаға келіңіз: 17.04.2026 дейін осы күнді қоса алғанда" in said
    assert "Придите с документами в детский сад: по 17.04.2026 включительно" in said
    assert "осы жолдама;" in said and "свидетельство о рождении ребёнка;" in said
    assert "тоқтау парағына" in said and "стоп-лист" in said
    for word in ("шарт", "договор", "аучер"):
        assert word not in said


def test_a_temporary_referral_says_from_when_until_when_and_what_follows():
    said = text(documents.render(TEMPORARY))
    assert "Бұл – уақытша орын Бала балабақшаға бара алады: 13.04.2026 – 30.04.2026 екі күнді де қоса алғанда" in said
    assert "Это временное место Ребёнок может посещать детский сад: с 13.04.2026 по 30.04.2026 включительно" in said
    assert "келесі жұмыс күні бала балабақшадан автоматты түрде шығарылады, ваучер жойылады" in said
    assert "На следующий рабочий день после этого срока ребёнок автоматически отчисляется" in said
    assert "ваучер аннулируется" in said
    assert "кезектегі орны сақталады" in said
    assert "Место в очереди сохраняется" in said


def test_the_days_of_a_stay_stand_on_one_line():
    for facts in (TEMPORARY, OF_A_STAY):
        page = pypdfium2.PdfDocument(documents.render(facts))[0].get_textpage().get_text_range()
        assert "с 13.04.2026 по 30.04.2026" in page and "13.04.2026 – 30.04.2026" in page


def test_a_revocation_without_a_reason_says_by_whose_wish():
    said = text(documents.render(REVOCATION | {"reason": None}))
    assert "отбасының өтініші бойынша / по заявлению семьи" in said and "Причина —" not in said


@EVERY
def test_the_qr_leads_to_the_page_that_verifies_the_paper(facts):
    assert papers.qr_on(documents.render(facts)) == [list(row) for row in typesetting.qr(facts["address"]).matrix]


def test_a_revocation_of_a_voucher_says_of_a_place_only_what_may_be_so():
    """No place may have been chosen by it (spec 3.8: it is revoked while it is to be confirmed, too)."""
    of_a_voucher = REVOCATION | dict.fromkeys(("kindergarten", "address_of_kindergarten", "phone_of_kindergarten"))
    said, of_a_place = text(documents.render(of_a_voucher)), text(documents.render(REVOCATION))
    assert "Если место уже было выбрано, оно освобождено." in said and "Орын таңдалған болса, ол босатылды." in said
    assert "сохранённое место освобождено." in of_a_place and "сақталған орын босатылды." in of_a_place
    assert "сохранённое" not in said and "сақталған" not in said


MARGIN = 15 * 72 / 25.4  # points at both sides of a page, on which no letter stands
LENGTHS = {
    "reason": 300,
    "child": 242,
    "applicant": 242,
    "application": 60,
    "place_kk": 242,
    "place_ru": 242,
    "office_phone": 40,
    "responsible": 200,
}
LENGTHS |= {"kindergarten": 200, "address_of_kindergarten": 300, "group": 120}


@pytest.mark.parametrize("facts", [facts for facts in PAPERS.values() if facts is not CONTRACT])
@pytest.mark.parametrize("letter", ["Щ", "Әбілқайыр "], ids=["unbreakable", "words"])
def test_the_longest_facts_stay_on_one_page(facts, letter):
    def fill(length):
        return (letter * length)[:length]

    longest = facts | {name: fill(length) for name, length in LENGTHS.items() if facts.get(name)}
    pdf = documents.render(longest)
    assert text(pdf).count(letter[0]) > 700 // len(letter)
    page = pypdfium2.PdfDocument(pdf)[0]
    letters, (left, _, right, _) = page.get_textpage(), page.get_mediabox()
    boxes = [letters.get_charbox(i) for i in range(letters.count_chars())]
    assert min(box[0] for box in boxes if box[2] > box[0]) > left + MARGIN
    assert max(box[2] for box in boxes) < right - MARGIN


def test_a_contract_has_as_many_pages_as_its_text_needs_and_its_number_on_each():
    long = CONTRACT | {"text_kk": ["Тараптар келісті. " * 200] * 7, "text_ru": ["Стороны согласились. " * 180] * 7}
    pages = list(pypdfium2.PdfDocument(documents.render(long)))
    said = [" ".join(page.get_textpage().get_text_range().split()) for page in pages]
    assert len(said) > 2
    assert " ".join(said).count("Тараптар") == 7 * 200
    for number, one in enumerate(said, start=1):
        assert "№ Ш-2026-000123" in one and f"{number} / {len(said)}" in one
    assert CONTRACT["address"] in said[-1]


@ANY
def test_the_same_facts_make_the_same_bytes(facts):
    assert documents.render(facts) == documents.render(facts)


def test_another_process_makes_the_same_bytes():
    """A paper that was lost can be made anew, and its checksum still holds (ADR 24)."""
    ours = [sha256(documents.render(facts)).hexdigest() for facts in PAPERS.values()]
    code = (
        "import sys, json, hashlib; from app.papers.documents import render;"
        "print(json.dumps([hashlib.sha256(render(facts)).hexdigest() for facts in json.load(sys.stdin)]))"
    )
    said = json.dumps(list(PAPERS.values()))
    other = subprocess.run([sys.executable, "-c", code], input=said, capture_output=True, text=True, check=True)
    assert json.loads(other.stdout) == ours


@ANY
def test_what_a_paper_says_is_attached_for_machines(facts):
    document = pypdfium2.PdfDocument(documents.render(facts))
    attached = document.get_attachment(0)
    assert (document.count_attachments(), attached.get_name()) == (1, "facts.json")
    assert json.loads(bytes(attached.get_data())) == facts


def test_a_receipt_of_many_papers_has_as_many_pages_as_it_needs():
    many = RECEIPT | {"papers": [f"{RECEIPT['papers'][0]}, {n}-данасы, ұзақ түсіндірмесімен" for n in range(60)]}
    assert len(pypdfium2.PdfDocument(documents.render(many))) > 1


def test_every_kind_of_paper_has_a_sample_here():
    assert {facts["kind"] for facts in [*PAPERS.values(), *OF_NOBODY.values()]} == {str(each) for each in DocumentKind}


def test_a_protocol_says_by_numbers_whom_a_round_served_passed_over_and_left():
    pages = pypdfium2.PdfDocument(documents.render(PROTOCOL))
    said = " ".join(" ".join(page.get_textpage().get_text_range() for page in pages).split())
    for fact in ("№ Х-2026-000012", "10.04.2026 10:00:00", "2021: 3, 2022–2023: 5", "2 жұмыс күні / рабочих дней"):
        assert fact in said, fact
    for part in (
        "Выдано: вне очереди 1. ОДО.2026.7",
        "Выдано: в общей очереди 2. ОДО.2026.3; 3. ОДО.2026.9",
        "Пропущены: не осталось свободных мест для 2021 года рождения ОДО.2026.5",
        "Остались в очереди: места закончились ОДО.2026.11; ОДО.2026.12",
        "Не достигли возраста в этот день ОДО.2026.20",
        PROTOCOL["address"],
        "1 / ",
    ):
        assert part in said, part
    assert pypdfium2.raw.FPDFCatalog_IsTagged(pages)


def test_a_daily_protocol_says_how_many_records_there_were_and_the_head_in_groups_on_one_page():
    said = text(documents.render(DAY))
    for fact in ("№ Д-2026-000012", "за день 10.04.2026", "10.04.2026 23:59:41", "4711", "4911", "201"):
        assert fact in said, fact
    assert "01234567 89abcdef 01234567 89abcdef 01234567 89abcdef 01234567 89abcdef" in said
    assert "Өтініш кезекке қойылды / Заявление поставлено в очередь: 120" in said
    assert "chain.py history.jsonl heads.txt" in said


def test_a_daily_protocol_of_all_that_can_happen_has_as_many_pages_as_it_needs():
    verbs = [{"kk": f"Өтініштің {n}-оқиғасы", "ru": f"Событие {n} заявления", "n": n} for n in range(120)]
    many = DAY | {"recorded": [{"kk": "Өтініш", "ru": "Заявление", "verbs": verbs}]}
    assert len(pypdfium2.PdfDocument(documents.render(many))) > 1


def test_a_protocol_of_ten_thousand_is_made():
    """115 pages in 2 seconds of a processor, 5 MB, with twice as many who are left."""
    many = [f"ОДО.2026.{n}" for n in range(30_000)]
    queue = PROTOCOL["queues"][0] | {"left": many[10_000:]}
    queue["served"] = [{"kk": "жалпы кезекте", "ru": "в общей очереди", "numbers": many[:10_000]}]
    began, paper = time.process_time(), documents.render(PROTOCOL | {"queues": [queue], "served": 10_000})
    assert len(paper) < 10_000_000 and time.process_time() - began < 20
    assert "10000. ОДО.2026.9999" in "".join(
        page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(paper)
    )


def test_without_fonts_no_paper_is_made(monkeypatch, tmp_path):
    typesetting._press.cache_clear()
    monkeypatch.setattr(typesetting, "FONTS", tmp_path)
    with pytest.raises(typesetting.NoFonts, match="DejaVuSans"):
        documents.render(VOUCHER)


def test_a_process_that_cannot_set_papers_says_so_and_does_not_wait_for_ever():
    documents.render(VOUCHER)
    if not (pid := os.fork()):
        try:
            documents.render(VOUCHER)
        except RuntimeError:
            os._exit(7)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7


def test_a_letter_that_no_font_of_ours_has_is_named():
    with pytest.raises(typesetting.NoLetter, match="爱☃"):
        documents.render(VOUCHER | {"child": "爱 Ойдан ☃爱"})


def test_a_paper_can_be_read_aloud():
    document = pypdfium2.PdfDocument(documents.render(TEMPORARY))
    assert pypdfium2.raw.FPDFCatalog_IsTagged(document)
    assert document.get_metadata_dict()["Title"] == "Уақытша жолдама · Временное направление № Ж-2026-000123"


# ---------------------------------------------------------------- what is typed stays text, and nothing is fetched

PAYLOADS = (
    "<img src='file:///etc/passwd'>",
    '"><img src="http://127.0.0.1:{port}/i">',
    "<style>@import url(http://127.0.0.1:{port}/c);</style>",
    "</td></tr></table><h1>Жалған</h1>",
    "<svg xmlns='http://www.w3.org/2000/svg'><image href='http://127.0.0.1:{port}/s'/></svg>",
    "<link rel=attachment href='file:///etc/passwd'>",
    "url(http://127.0.0.1:{port}/u)",
    "{{{{ 7 * 7 }}}} {{% raw %}}",
    '#read("/etc/passwd") #image("http://127.0.0.1:{port}/t")',
    '*а* _б_ `в` $x^2$ = г <д> @е \\# -- ~ "ж" // з [и] https://127.0.0.1:{port}/u',
    "<script>document.title=1</script>",
    "&lt;b&gt; &amp;",
)


@pytest.fixture
def visits():
    """A port on which a visitor would be noticed, and who came."""
    came = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def count():
            while True:
                try:
                    visitor, _ = server.accept()
                except OSError:
                    return
                came.append(visitor.recv(100))
                visitor.close()

        threading.Thread(target=count, daemon=True).start()
        yield server.getsockname()[1], came
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_whatever_is_typed_is_printed_as_it_was_typed(visits, payload):
    port, came = visits
    typed = payload.format(port=port)
    everywhere = ("child", "application", "place_kk", "place_ru", "office_phone", "kindergarten")
    everywhere += ("address_of_kindergarten", "phone_of_kindergarten", "group")
    pdf = documents.render(TEMPORARY | dict.fromkeys(everywhere, typed))
    said = text(pdf).replace(" ", "")
    assert said.count(typed.replace(" ", "")) == len(everywhere)
    assert "root:" not in said
    assert pypdfium2.PdfDocument(pdf).count_attachments() == 1
    assert came == []


@pytest.mark.parametrize(
    "reaches",
    (
        "#read({secret})",
        '#image({secret}, alt: "x")',
        '#read("../secret.svg")',
        '#image("http://127.0.0.1:{port}/i", alt: "x")',
    ),
)
def test_even_a_template_reads_nothing_but_templates(visits, tmp_path, monkeypatch, reaches):
    port, came = visits
    secret, papers = tmp_path / "secret.svg", tmp_path / "papers"
    secret.write_text("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>")
    papers.mkdir()
    reaches = reaches.format(port=port, secret=json.dumps(str(secret)))
    (papers / "hostile.typ").write_text(f'#set document(title: "x")\n{reaches}')
    monkeypatch.setattr(typesetting, "PAPERS", papers)
    typesetting._press.cache_clear()
    with pytest.raises(TypstError):
        typesetting.pdf("hostile", VOUCHER, {"kk": "Ваучер", "ru": "Ваучер"})
    typesetting._press.cache_clear()
    assert came == []


def test_no_template_asks_for_a_package_from_elsewhere():
    asked = [
        line for file in typesetting.PAPERS.iterdir() for line in file.read_text().splitlines() if "import" in line
    ]
    assert asked and {line.split(chr(34))[1] for line in asked} <= {each.name for each in typesetting.PAPERS.iterdir()}


# ---------------------------------------------------------------- stored once, opened as it was stored


@pytest.fixture
def asked(app) -> Document:
    return papers.asked_for(1)[0]


def test_a_stored_paper_is_opened_as_it_was_stored(asked):
    with pytest.raises(documents.NotReady):
        documents.open_stored(asked)
    documents.store(asked, b"%PDF paper")
    assert asked.file_key == f"documents/2026/{asked.id:06d}-voucher.pdf"
    assert documents.open_stored(asked) == b"%PDF paper"
    documents.store(asked, b"%PDF again")
    assert documents.open_stored(asked) == b"%PDF again"


def test_a_changed_or_lost_file_is_not_handed_out(app, asked):
    documents.store(asked, b"%PDF paper")
    storage.keep(asked.file_key, b"%PDF forged")
    with pytest.raises(storage.Damaged):
        documents.open_stored(asked)
    (app.config["KEZEK"].files / asked.file_key).unlink()
    with pytest.raises(storage.Damaged):
        documents.open_stored(asked)


def test_the_facts_of_a_paper_come_from_the_records(asked):
    facts = documents.printed(asked)
    voucher = asked.voucher
    assert facts["address"] == f"http://127.0.0.1:8080/verify/{asked.code}"
    assert (facts["number"], facts["choose_by"]) == (voucher.number, voucher.choose_by.isoformat())
    assert (facts["place_kk"], facts["place_ru"]) == (
        "Ақмола облысы, Көкшетау қаласы",
        "Акмолинская область, Көкшетау қаласы",
    )
    assert asked.id in db.session.scalars(db.select(Outbox.document_id)).all()


LEGIBLE = 8.7  # points from the lowest to the highest of a letter that is set in 9 points
A4, PROOF = 841.9, 50 * 72 / 25.4  # points: a page, and the foot of it where the QR stands


@EVERY
@pytest.mark.parametrize("length", [20, 60, 120, 200])
def test_a_paper_is_set_small_only_where_its_page_is_full(facts, length):
    """A usual referral was set in 6.6 points, while a third of its page was empty."""
    if facts.get("kindergarten"):
        facts = facts | {"kindergarten": ("Ұлы дала " * 30)[:length]}
    if facts.get("address_of_kindergarten"):
        facts = facts | {"address_of_kindergarten": ("Абай к. " * 40)[:length]}
    page = pypdfium2.PdfDocument(documents.render(facts))[0]
    letters, found = page.get_textpage(), list[tuple[float, float]]()
    for i in range(letters.count_chars()):
        _left, bottom, _right, top = letters.get_charbox(i, loose=True)
        if bottom > PROOF and top > bottom:
            found.append((bottom, top - bottom))
    lowest, least = min(found)[0], min(size for _bottom, size in found)
    full = lowest < PROOF + (A4 - PROOF) * 0.15
    assert least > LEGIBLE or full
