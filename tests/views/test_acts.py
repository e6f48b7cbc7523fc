"""What a family decides itself in its cabinet (issue 13, 4; spec 3.10): the text that is shown is signed and done."""

import html
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app import words
from app.access.actors import Visitor
from app.actions import families, vouchers
from app.asked.acts import ASKS
from app.cabinet.own import KEY
from app.db.database import transaction
from app.db.extensions import db
from app.models import (
    Application,
    ApplicationStatus,
    Change,
    ContractStatus,
    KgGroup,
    Privilege,
    Purpose,
    Signature,
    SignedInBy,
    Upload,
)
from app.now import now
from app.papers import facts
from app.rules.refusals import Reason, Refusal
from tests import authority as of
from tests.authority import OTHER_IIN, holder
from tests.factories import DEPARTMENT, family, vacancy
from tests.views import doors
from tests.views.conftest import Browser, forget_tries
from tests.views.doors import asked, code_in
from tests.views.test_cabinet import HERE


@pytest.fixture(autouse=True)
def believed(city, tmp_path):
    """The application believes the tests' authority."""
    with of.believed_by(city.web, tmp_path):
        yield


@pytest.fixture
def child(city):
    """A child whose family is asked whether it is still interested: the id of its application."""
    with city.web.app_context(), transaction():
        waiting = db.session.get_one(Application, city.own.waiting)
        vouchers.issue_out_of_turn(waiting, by=DEPARTMENT, at=now(), reason="кезектен тыс")
    return city.own.waiting


def person_of(city, application_id: int) -> str:
    with city.web.app_context():
        return db.session.get_one(Application, application_id).applicant.iin


def status_of(city, application_id: int) -> ApplicationStatus:
    with city.web.app_context():
        return db.session.get_one(Application, application_id).status


def visiting(city, person: str, by: SignedInBy) -> Browser:
    """A person in the cabinet."""
    return doors.entered(city.web, person, by)


def entered(city, application_id: int, by: SignedInBy = SignedInBy.key) -> Browser:
    """The applicant of an application in the cabinet."""
    return visiting(city, person_of(city, application_id), by)


def post(browser: Browser, to: str, **data: str):
    return doors.post(browser, f"a/{to}", **data)


def sign(browser: Browser, application_id: int, answer, iin: str):
    """Sign what is shown with a key of this person, and send it."""
    return doors.sign(browser, f"a/{application_id}/signed", answer, iin)


def test_a_parent_signs_that_it_is_interested_and_the_history_knows_by_which_signature(city, child):
    browser, person = entered(city, child), person_of(city, child)
    assert "Қызығушылықты растау" in browser.get(f"/my/a/{child}").text
    answer = sign(browser, child, post(browser, f"{child}/confirm"), person)
    assert (answer.status_code, answer.location) == (303, f"/my/a/{child}?done=confirm")
    assert 'role="status"' in browser.get(answer.location).text
    with city.web.app_context():
        row = db.session.get_one(Application, child)
        done = db.session.scalars(
            sa.select(Change).where(
                Change.application_id == child, Change.verb == "confirm", Change.subject != "privilege"
            )
        ).all()
        kept = db.session.scalars(sa.select(Signature)).one()
        assert row.status is ApplicationStatus.voucher_issued
        assert {(one.role, one.sign_in, one.signature_id, one.applicant_id) for one in done} == {
            ("family", SignedInBy.key, kept.id, row.applicant_id)
        }
        for fact in (row.number, row.child_iin, row.child.last_name):
            assert fact in kept.text.decode()


def test_a_code_is_told_that_this_is_signed_with_a_key_and_changes_nothing(city, child):
    browser = entered(city, child, SignedInBy.code)
    answer = post(browser, f"{child}/confirm")
    assert answer.status_code == 200 and "challenge" not in answer.text and "/my/enter" in answer.text
    assert status_of(city, child) is ApplicationStatus.confirming


def test_what_was_signed_is_done_once(city, child):
    browser, person = entered(city, child), person_of(city, child)
    shown = post(browser, f"{child}/confirm")
    assert sign(browser, child, shown, person).status_code == 303
    again = sign(browser, child, shown, person)
    assert (again.status_code, again.location) == (303, f"/my/a/{child}?done=confirm")  # a second click learns the same
    with city.web.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Signature.id))) == 1


def test_two_clicks_at_once_have_one_effect_and_one_answer(city, child):
    browser, person = entered(city, child), person_of(city, child)
    key, text = asked(post(browser, f"{child}/confirm"))
    cms = holder(Purpose.act, number=person).sign(text.encode())
    cookie = browser.client.get_cookie(KEY, path="/my").value

    def click(_):
        other = Browser(city.web.test_client())
        other.client.set_cookie(KEY, cookie, path="/my")
        answer = post(other, f"{child}/signed", challenge=key, cms=cms)
        return answer.status_code, answer.location

    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(click, range(2))) == {(303, f"/my/a/{child}?done=confirm")}


def test_an_address_says_nothing_that_was_not_done(city, child):
    assert 'role="status"' not in entered(city, child).get(f"/my/a/{child}?done=withdraw").text


@pytest.mark.parametrize("posted", ("confirm", "signed"))
def test_another_language_leads_from_a_page_that_was_posted_to_the_one_it_belongs_to(city, child, posted):
    browser = entered(city, child, SignedInBy.code)
    page = post(browser, f"{child}/{posted}", challenge="x").text
    address = re.search(r'href="([^"]+lang=ru)"', page)[1]
    led = browser.get(address)
    assert led.status_code == 303 and browser.get(led.location).status_code == 200


@pytest.mark.parametrize("wrong", ("nobody's", "another person's", "another text", "none", "elsewhere"))
def test_without_a_right_signature_nothing_is_done(city, child, wrong):
    browser, person = entered(city, child), person_of(city, child)
    key, text = asked(post(browser, f"{child}/confirm"))
    signer = holder(Purpose.act, number=OTHER_IIN if wrong == "another person's" else person)
    brought = {"none": "", "nobody's": "MIIC"}
    cms = brought[wrong] if wrong in brought else signer.sign((text + " " * (wrong == "another text")).encode())
    sender = entered(city, child) if wrong == "elsewhere" else browser
    answer = post(sender, f"{child}/signed", challenge=key, cms=cms)
    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert status_of(city, child) is ApplicationStatus.confirming
    with city.web.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Signature.id))) == 0


def test_what_was_asked_for_one_application_is_done_to_no_other(city, child):
    browser = entered(city, child, SignedInBy.code)
    with city.web.app_context(), transaction():
        other = db.session.get_one(Application, city.own.application)
        other.applicant_id = db.session.get_one(Application, child).applicant_id
    key, _text = asked(post(browser, f"{child}/claim_privilege", **CLAIM))
    assert post(browser, f"{city.own.application}/signed", challenge=key).status_code == 422
    with city.web.app_context():
        assert db.session.scalars(sa.select(Privilege).where(Privilege.status == "claimed")).all() == []


@pytest.mark.parametrize("verb", families.ACTS)
def test_the_application_of_another_family_is_not_found_by_any_act(city, child, verb):
    browser = entered(city, child)
    other = city.own.application
    answers = [post(browser, f"{other}/{verb}"), post(browser, f"{other}/signed", challenge="x")]
    answers += [browser.get(f"/my/a/{other}/{verb}")] if verb in ASKS else []
    assert [one.status_code for one in answers] == [404] * len(answers)


def test_a_code_is_enough_to_claim_a_privilege_and_the_paper_is_kept(city, child):
    browser = entered(city, child, SignedInBy.code)
    assert browser.get(f"/my/a/{child}/claim_privilege").status_code == 200
    typed = {"ground": "large_family", "paper_title": "Анықтама", "paper_number": "17", "paper_issued_by": "ХҚКО"}
    missing = post(browser, f"{child}/claim_privilege", **typed)
    assert missing.status_code == 422 and "Анықтама" in missing.text  # no day; what was typed is there
    key, text = asked(post(browser, f"{child}/claim_privilege", **typed, paper_issued_on="2026-04-01"))
    assert "Анықтама, 17, ХҚКО" in text
    assert post(browser, f"{child}/signed", challenge=key).status_code == 303
    with city.web.app_context():
        claims = sa.select(Privilege).where(Privilege.application_id == child).order_by(Privilege.id.desc())
        claimed = db.session.scalars(claims).first()
        assert (claimed.ground, claimed.papers[0].title) == ("large_family", "Анықтама")


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
CLAIM = {"ground": "large_family", "paper_title": "Анықтама", "paper_issued_on": "2026-04-01"}


def sent(browser: Browser, child: int, content: bytes, **typed: str):
    file = FileStorage(BytesIO(content), "анықтама.exe")
    boundary, body = encode_multipart({**CLAIM, **typed, "paper_file": file})  # the client itself leaves files open
    headers = {**HERE, "Content-Type": f"multipart/form-data; boundary={boundary}"}
    return browser.client.post(f"/my/a/{child}/claim_privilege", data=body, headers=headers)


def test_the_file_of_a_paper_is_sent_once_kept_with_the_claim_and_only_downloaded(city, child):
    browser = entered(city, child, SignedInBy.code)
    without_day = sent(browser, child, PDF, paper_issued_on="")
    assert without_day.status_code == 422
    kept = re.search(r'name="paper_file" value="([0-9a-f]{64})"', without_day.text)[1]
    key, text = asked(post(browser, f"{child}/claim_privilege", **CLAIM, paper_file=kept))  # it is not sent again
    files = city.web.config["KEZEK"].files
    before = set(files.rglob("privileges/*"))
    assert kept in text and post(browser, f"{child}/signed", challenge=key).status_code == 303
    assert len(set(files.rglob("privileges/*")) - before) == 1
    address = re.search(rf'href="(/my/a/{child}/file/\d+)"', browser.get(f"/my/a/{child}").text)[1]
    file = browser.get(address)
    assert (file.data, file.mimetype) == (PDF, "application/pdf")
    assert file.headers["Content-Disposition"].startswith("attachment") and "exe" not in str(file.headers)
    number = address.rpartition("/")[2]
    assert city.sign_in("specialist").get(f"/applications/privilege-paper/{number}").data == PDF
    stranger, other = entered(city, city.own.application, SignedInBy.code), city.own.application
    assert stranger.get(address).status_code == 404
    assert stranger.get(f"/my/a/{other}/file/{number}").status_code == 404


def test_a_file_that_waits_is_of_whoever_has_sent_it(city, child):
    kept = re.search(r"SHA-256 ([0-9a-f]{64})", sent(entered(city, child), child, PDF).text)[1]
    other = city.own.stay
    claim = post(entered(city, other), f"{other}/claim_privilege", **CLAIM, paper_file=kept)
    assert claim.status_code == 422 and "Анықтама" in claim.text


JPEG = b"\xff\xd8\xff\xe0" + b"x" * 20 + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"x" * 20 + b"\0IEND\xaeB`\x82"


@pytest.mark.parametrize("content", (JPEG, PNG), ids=("jpeg", "png"))
def test_a_photograph_is_taken(city, child, content):
    assert sent(entered(city, child, SignedInBy.code), child, content).status_code == 200


BAD = {"program": b"MZ\x90\0" * 10, "page": b"<html>%PDF-%%EOF", "cut": PDF[:-8]}
BAD |= {"large": b"%PDF-" + b"0" * 5_000_000 + b"%%EOF", "cut jpeg": JPEG[:-1], "cut png": PNG[:-8], "svg": b"<svg/>"}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_another_file_is_refused_and_what_was_typed_stays(city, child, content):
    answer = sent(entered(city, child, SignedInBy.code), child, content)
    assert answer.status_code == 422 and 'role="alert"' in answer.text and "Анықтама" in answer.text
    with city.web.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Upload.id))) == 0


def test_a_place_for_a_time_is_chosen_by_a_code_with_its_last_day_shown(city, child):
    with city.web.app_context(), transaction():
        row = db.session.get_one(Application, child)
        vouchers.confirm(row, by=family(row), at=now())
        lent = vacancy(db.session.get_one(KgGroup, city.own.group), ends_on=date(2026, 6, 30)).id
    browser = entered(city, child, SignedInBy.code)
    assert f'value="{lent}"' in browser.get(f"/my/a/{child}/choose").text
    assert post(browser, f"{child}/choose").status_code == 422  # no place is marked
    general = post(browser, f"{child}/choose", vacancy=str(city.own.vacancy))
    assert general.status_code == 200 and "challenge" not in general.text  # this one is signed with a key
    key, text = asked(post(browser, f"{child}/choose", vacancy=str(lent)))
    assert "30.06.2026" in text
    assert post(browser, f"{child}/signed", challenge=key).status_code == 303
    with city.web.app_context():
        row = db.session.get_one(Application, child)
        assert (row.status, row.referrals[-1].ends_on.isoformat()) == (ApplicationStatus.queued, "2026-06-30")


def test_each_button_of_a_family_is_an_act_that_is_accepted_and_every_other_says_why_not(city, child):
    for application_id in (child, city.own.application, city.own.stay, city.own.enrolled, city.own.late):
        browser = entered(city, application_id)
        page = browser.get(f"/my/a/{application_id}").text
        with city.web.app_context():
            row = db.session.get_one(Application, application_id)
            found = families.acts(row, Visitor(row.applicant.iin, SignedInBy.key), at=now())
        offered = {verb for verb, refusal in found.items() if refusal is None}
        assert offered == set(re.findall(rf'(?:action|href)="/my/a/{application_id}/([a-z_]+)"', page)) & set(found)
        for verb in set(found) - set(ASKS):
            assert (post(browser, f"{application_id}/{verb}").status_code == 200) == (verb in offered)


CONTACTS = {"email": "ana@example.org", "address": "Абай көшесі, 1", "notice_language": "ru"}


def test_a_new_phone_is_kept_once_the_code_that_was_sent_to_it_comes_back(city, child):
    browser = entered(city, child, SignedInBy.code)
    wrong = asked(post(browser, f"{child}/change", phone="+77020000002", **CONTACTS))[0]
    assert post(browser, f"{child}/signed", challenge=wrong, code="x").status_code == 422
    assert post(browser, f"{child}/change", phone="+77020000002", **CONTACTS).status_code == 429
    forget_tries(city.web)
    answer = post(browser, f"{child}/change", phone="+77020000002", **CONTACTS)
    assert post(browser, f"{child}/signed", challenge=asked(answer)[0], code=code_in(answer)).status_code == 303
    with city.web.app_context():
        row = db.session.get_one(Application, child)
        assert (row.phone, row.email, row.notice_language) == ("+77020000002", "ana@example.org", "ru")
    same = post(browser, f"{child}/change", phone="+7 702 000 00 02", **CONTACTS | {"email": ""})
    assert post(browser, f"{child}/signed", challenge=asked(same)[0]).status_code == 303  # no new phone, no code


@pytest.mark.parametrize("typed", ({"phone": ""}, {"phone": "жоқ"}, {"email": "@"}, {"notice_language": "xx"}))
def test_contacts_that_cannot_be_are_said_and_stay_typed(city, child, typed):
    browser = entered(city, child, SignedInBy.code)
    answer = post(browser, f"{child}/change", **{"phone": "+77020000002", **CONTACTS, **typed})
    assert answer.status_code == 422 and "Абай көшесі, 1" in answer.text


def test_a_contract_is_signed_over_all_that_it_says(city):
    own = city.own.application
    browser, person = entered(city, own), person_of(city, own)
    with city.web.app_context():
        said = facts.contract(db.session.get_one(Application, own).referrals[-1])["text_kk"]
    answer = post(browser, f"{own}/sign")
    text = asked(answer)[1]
    assert len(said) == 7 and all(one in text for one in said)
    assert sign(browser, own, answer, person).status_code == 303
    with city.web.app_context():
        contract = db.session.get_one(Application, own).referrals[-1].contract
        assert contract.status is ContractStatus.signed_by_family and contract.family_signed_at is not None


def test_a_contract_is_read_as_a_page_and_where_there_is_none_no_page(city, child):
    own = city.own.application
    browser = entered(city, own, SignedInBy.code)
    assert f'href="/my/a/{own}/contract"' in browser.get(f"/my/a/{own}").text
    with city.web.app_context():
        said = facts.contract(db.session.get_one(Application, own).referrals[-1])["text_kk"]
    page = html.unescape(browser.get(f"/my/a/{own}/contract").text)
    assert all(one in page for one in said) and "әлі жоқ" in page
    assert entered(city, child).get(f"/my/a/{child}/contract").status_code == 404


def test_acts_that_are_only_asked_for_are_limited(city, child):
    browser = entered(city, child)
    assert [post(browser, f"{child}/confirm").status_code for _ in range(21)] == [200] * 20 + [429]


def test_a_family_reads_sentences_of_its_own_and_none_of_roles_and_norms(city, child):
    with city.web.test_request_context(headers={"Accept-Language": "ru"}):
        for reason in (Reason.not_allowed, Reason.no_norm, Reason.no_calendar, Reason.no_paper):
            said = words.refusal_to_family(Refusal(reason))
            assert said != words.refusal(Refusal(reason)) and not re.search("роль|Роль|утвердите|Внесите", said)
        assert words.refusal_to_family(Refusal(Reason.too_young)) == words.refusal(Refusal(Reason.too_young))
