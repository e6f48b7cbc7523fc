"""Every paper has a number of its own, and keeps it through its versions."""

from app.actions import referrals, vouchers
from app.models import DocumentKind as D
from app.models import Referral, Voucher
from app.papers.documents import PAPERS
from tests.actions.test_versions import NOW, WHY, by_turn, current, reregistered, with_voucher
from tests.factories import DEPARTMENT, district

ONE_OR_THE_OTHER = {D.referral, D.temporary_referral}  # of one referral


def test_no_two_kinds_of_records_number_their_papers_alike():
    numbered = {}
    for each, paper in PAPERS.items():
        for of in paper.of:
            numbered.setdefault(paper.letters(of), set()).add((each, of))
    alike = [found for found in numbered.values() if len(found) > 1]
    assert alike == [{(each, Referral) for each in ONE_OR_THE_OTHER}]


def test_the_number_of_a_right_is_that_of_its_paper(app):
    child, referred = with_voucher(district()), by_turn()
    assert current(child, "voucher").facts["number"] == child.vouchers[0].number
    assert current(referred, "referral").facts["number"] == referred.referrals[0].number
    assert (PAPERS[D.voucher].letters(Voucher), PAPERS[D.referral].letters(Referral)) == ("В", "Ж")


def test_a_paper_keeps_its_number_when_its_year_changes(app):
    """An older list knows since when the child has been waiting: a year earlier than was recorded here."""
    child = with_voucher(district())
    was = current(child, "registration_notice").facts
    reregistered(child)
    now = current(child, "registration_notice").facts
    assert (was["issued_on"][:4], now["issued_on"][:4]) == ("2026", "2025")
    assert now["number"] == was["number"]


def test_revocations_of_a_voucher_and_of_a_referral_have_two_numbers(app):
    child, referred = with_voucher(district()), by_turn()
    vouchers.revoke(child, by=DEPARTMENT, at=NOW, reason=WHY)
    referrals.revoke(referred, by=DEPARTMENT, at=NOW, reason=WHY)
    numbers = [current(one, "revocation").facts["number"] for one in (child, referred)]
    assert numbers == [f"ОВ-2026-{child.vouchers[0].id:06d}", f"ОЖ-2026-{referred.referrals[0].id:06d}"]
