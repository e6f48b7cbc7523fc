"""The page behind a paper's QR: for anybody, in both languages, and about nobody."""

from dataclasses import replace
from datetime import date

import pytest

from app.actions import clock, corrections, referrals, vouchers
from app.db.database import transaction
from app.db.extensions import db
from app.models import DocumentKind
from app.now import move_demo
from tests.factories import DEPARTMENT, application, at, district, family, group, kindergarten, vacancy


@pytest.fixture
def paper(web, monkeypatch):
    """The codes of seed 001's papers, and a visitor who asks for one on a day."""
    monkeypatch.setitem(web.config, "KEZEK", replace(web.config["KEZEK"], demo=True))
    with web.app_context():
        yield _seed_001(web)


def _seed_001(web):
    with transaction():
        place = district()
        arman = group(kindergarten(place), capacity=25)
        vacancy(arman)
        temporary = vacancy(arman, ends_on=date(2026, 4, 30))
        child = application(place)
        vouchers.issue_round(place.id, by=DEPARTMENT, at=at("2026-04-08T10:00"))
    with transaction():
        vouchers.confirm(child, by=family(child), at=at("2026-04-09T18:00"))
        referrals.choose(child, temporary, by=family(child), at=at("2026-04-10T12:00"))
    codes = {document.kind: document.code for document in child.documents}
    personal = (child.child.iin, child.child.first_name, child.applicant.first_name, child.number)

    def ask(kind, day):
        with transaction():
            move_demo(at(f"{day}T12:00"))
        answer = web.test_client().get(f"/verify/{codes[kind]}")
        db.session.rollback()  # it read in this context's session
        assert answer.status_code == 200
        assert not any(fact in answer.text for fact in personal)
        return " ".join(answer.text.split())

    ask.place, ask.child = place, child
    return ask


def test_a_valid_paper_says_what_it_is_where_and_until_when(paper):
    said = paper(DocumentKind.temporary_referral, "2026-04-30")
    for words in ("Құжат жарамды", "Документ действителен", "Уақытша жолдама", "Временное направление"):
        assert words in said
    assert paper.child.referrals[0].number in said and "30.04.2026" in said
    assert "ГККП «Ясли-сад «Арман»" in said


def test_a_paper_that_no_longer_holds_says_since_when(paper):
    for kind in (DocumentKind.temporary_referral, DocumentKind.voucher):
        said = paper(kind, "2026-05-01")
        for words in ("Құжат жарамсыз", "Документ недействителен", "01.05.2026 бастап", "с 01.05.2026"):
            assert words in said
    with transaction():
        clock.run(at=at("2026-05-04T00:10"), place_id=paper.place.id)
    assert "с 01.05.2026" in paper(DocumentKind.voucher, "2026-05-05")


def test_a_replaced_version_says_so_and_names_no_last_day(paper):
    with transaction():
        corrections.correct(
            paper.child,
            who="child",
            by=DEPARTMENT,
            at=at("2026-04-11T10:00"),
            reason="Туу туралы куәлік",
            last_name="Түзетілген",
        )
    for kind in (DocumentKind.temporary_referral, DocumentKind.voucher):
        said = paper(kind, "2026-04-12")
        for words in ("Құжат ауыстырылған", "Документ заменён", "күні 2-нұсқамен", "заменён версией 2 от 11.04.2026"):
            assert words in said or (kind is DocumentKind.voucher and words.replace("2", "3", 1) in said)
        assert "Соңғы күні" not in said and "Құжат жарамды" not in said
    assert "с 01.05.2026" in paper(DocumentKind.temporary_referral, "2026-05-02")


@pytest.mark.parametrize("code", ["A" * 22, "unknown", "A" * 400, "%00", "..%2F..%2Fetc", "<b>"])
def test_an_unknown_code_is_a_clear_sentence_in_both_languages(web, code):
    answer = web.test_client().get(f"/verify/{code}")
    assert answer.status_code == 404
    if "2F" not in code:
        assert "Мұндай құжат жоқ" in answer.text and "Такого документа нет" in answer.text


def test_the_page_is_only_read_never_kept_and_runs_no_script(web):
    assert web.test_client().post("/verify/" + "A" * 22).status_code in (400, 405)
    answer = web.test_client().get("/verify/" + "A" * 22)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<script" not in answer.text and "Set-Cookie" not in answer.headers
