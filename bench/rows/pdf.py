"""Spec 9, pdf: one referral, tagged, in Kazakh and Russian, with its QR and its facts attached."""

from itertools import count
from pathlib import Path
from time import process_time

from app.papers import documents
from bench.measure import Figure, alternate
from bench.town import Town

WORK = "a referral by turn: from its facts to the bytes of a tagged PDF, in CPU seconds"
PEER = "the same page by WeasyPrint as it comes: the system's fonts, styles anew for each, without the subset library"
TARGET = 1 / 15
PAGE = Path(__file__).with_suffix(".html")
TURNS = count()
FACTS = {
    "kind": "referral",
    "version": 1,
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
    "voucher": None,
    "kindergarten": "ГККП «Ясли-сад «Арман»",
    "address_of_kindergarten": "Көкшетау, Әуезов көшесі, 12",
    "phone_of_kindergarten": "+7 (771) 625-09-16",
    "group": "Ақбота",
    "birth_years": "2022",
    "language": "ru",
    "choose_by": None,
    "attend_by": "2026-04-17",
    "begins_on": None,
    "ends_on": None,
    "asked_at": "2026-04-10T07:00:00+00:00",
    "made_on": "2026-04-10",
    "address": "http://127.0.0.1:8080/verify/Zr9m1x0bQ3u7Kp2LwYt4aA",
}


def measure(_town: Town, times: int) -> Figure:
    """Both sides set the same words."""
    ours()  # a worker is warm
    return alternate(ours, naive, times=times, clock=process_time)


def ours() -> None:
    """As a worker does it; each paper has another number, so that nothing of the one before helps."""
    turn = next(TURNS)
    documents.render(FACTS | {"number": f"Ж-2026-{turn:06d}", "address": f"{FACTS['address'][:-6]}{turn:06d}"})


def naive() -> None:
    """As it is in WeasyPrint's own first example; the letters of its fonts are picked by fontTools."""
    from weasyprint import HTML
    from weasyprint.pdf import fonts as library

    kept, library.harfbuzz_subset = library.harfbuzz_subset, None
    try:
        HTML(PAGE).write_pdf(pdf_variant="pdf/ua-1")
    finally:
        library.harfbuzz_subset = kept
