"""Texts of contracts on screen: what may stand in one, how it will look, and what a family's page says without."""

import re
from html import unescape

import pypdfium2
import pytest
import sqlalchemy as sa

from app.db.database import transaction
from app.db.extensions import db
from app.models import Contract, Document, DocumentKind, Outbox, Referral
from tests.views.forms import Fields, valid


def said(answer) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", answer.text).split()))


def in_russian(city, name: str = "department"):
    found = city.sign_in(name)
    found.client.set_cookie("language", "ru")
    return found


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("Семья платит {плата} тенге", "«плата» — не данное договора. В скобках можно назвать: ребёнок, ИИН,"),
        ("Ребёнок {child", "Скобка открыта или закрыта без пары."),
    ],
)
def test_a_text_that_names_what_is_no_fact_is_refused_and_kept_as_it_was_typed(city, typed, sentence):
    with city.tables.unchanged():
        form = {**valid("contract-texts", city.own), "fee_ru": typed}
        answer = in_russian(city).post("/contract-texts/add", form)
    assert (answer.status_code, sentence in said(answer)) == (422, True)
    assert Fields(answer.text).values["fee_ru"] == typed


def test_a_draft_is_seen_as_the_paper_that_it_makes(city):
    browser = in_russian(city)
    form = {**valid("contract-texts", city.own), "subject_ru": "Предмет: {ребёнок}.\nВторая строка."}
    pk = browser.post("/contract-texts/add", form).location.rsplit("/", 1)[1]
    assert f'href="/contract-texts/preview/{pk}"' in browser.get(f"/contract-texts/show/{pk}").text
    answer = browser.get(f"/contract-texts/preview/{pk}")
    assert answer.mimetype == "application/pdf"
    paper = " ".join(pypdfium2.PdfDocument(answer.data)[0].get_textpage().get_text_range().split())
    assert "Предмет: Үлгібаев Алдияр Серікұлы. Вторая строка." in paper and "№ ҮЛГІ · ОБРАЗЕЦ" in paper


def test_the_page_that_asks_for_approval_shows_every_section(city):
    pk = in_russian(city).post("/contract-texts/add", valid("contract-texts", city.own)).location.rsplit("/", 1)[1]
    asked = in_russian(city).post(f"/contract-texts/action/approve/{pk}")
    for section, word in (("fee", "Оплата, на русском"), ("term", "Срок, на русском")):
        assert f"{word}: {section}: принимаем: {{ребёнок}}" in said(asked)


def test_the_documents_of_a_child_say_why_there_is_no_contract_yet(city):
    browser = in_russian(city)
    why, address = "Договор ещё не составлен", f"/applications/show/{city.own.application}"
    assert why not in said(browser.get(address))
    with city.web.app_context(), transaction():
        of = sa.select(Referral.id).where(Referral.application_id == city.own.application)
        papers = sa.select(Document.id).where(Document.referral_id.in_(of), Document.kind == DocumentKind.contract)
        db.session.execute(sa.delete(Outbox).where(Outbox.document_id.in_(papers)))
        db.session.execute(sa.delete(Document).where(Document.id.in_(papers)))
        db.session.execute(sa.update(Contract).where(Contract.referral_id.in_(of)).values(text_id=None))
    assert why in said(browser.get(address))
