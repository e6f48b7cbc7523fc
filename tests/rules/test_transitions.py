"""Spec 3.8: the table of transitions, copied from the spec once more and compared verb by verb, status by status."""

import pytest

from app.models import (
    Application,
    ApplicationStatus,
    Contract,
    ContractStatus,
    Offer,
    OfferStatus,
    Privilege,
    PrivilegeStatus,
    Referral,
    ReferralStatus,
    Vacancy,
    VacancyStatus,
    Voucher,
    VoucherStatus,
)
from app.rules.refusals import Reason, Refusal
from app.rules.transitions import APPLICATION_FINAL, MOVES, target

# As the spec has it: verb | from | to. "all but" as there; what has no row of its own there stands in its prose.
APPLICATION = """
issue    | queued | confirming
issue_out_of_turn | queued | confirming
confirm  | confirming | voucher_issued
refuse   | confirming, voucher_issued | archived
lapse    | confirming | stop_listed
expire   | voucher_issued, referred | archived
restore  | stop_listed | queued
offer    | queued | notified
pass_over| notified | queued
choose   | voucher_issued, notified, queued | referred, queued
enrol    | referred | enrolled
miss     | referred | stop_listed, removed
release  | stop_listed | queued
revoke   | confirming, voucher_issued, referred | queued
withdraw | queued, notified, confirming, voucher_issued, stop_listed, referred | removed
archive  | queued, notified, confirming, voucher_issued, stop_listed, referred | archived
reinstate| archived, removed | queued
leave    | enrolled | archived
"""
VOUCHER = """
confirm | issued | confirmed
use     | confirmed | used
lapse   | issued | lapsed
refuse  | issued, confirmed | refused
revoke  | issued, confirmed | revoked
expire  | confirmed | expired
annul   | confirmed | annulled
"""
OFFER = """
choose   | live | chosen
pass_over| live | passed_over
end      | live | ended
"""
REFERRAL = """
use    | issued | used
miss   | issued | missed
revoke | issued | revoked
"""
CONTRACT = """
sign | draft, signed_by_family | draft, signed_by_family, signed
void | draft, signed_by_family, signed | void
"""
VACANCY = """
publish | draft | published
close   | published | closed
end     | draft, published | closed
"""
PRIVILEGE = """
confirm | claimed | confirmed
reject  | claimed, confirmed | rejected
expire  | confirmed | expired
"""
TABLES = {
    Application: (ApplicationStatus, APPLICATION),
    Voucher: (VoucherStatus, VOUCHER),
    Offer: (OfferStatus, OFFER),
    Referral: (ReferralStatus, REFERRAL),
    Contract: (ContractStatus, CONTRACT),
    Vacancy: (VacancyStatus, VACANCY),
    Privilege: (PrivilegeStatus, PRIVILEGE),
}


def rows(text: str) -> dict[str, tuple[set[str], set[str]]]:
    """verb: (from, to)."""
    split = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return {verb: (set(source.split(", ")), set(to.split(", "))) for verb, source, to in split}


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model.__name__)
def test_a_verb_leads_where_the_spec_says_and_from_nowhere_else(model):
    statuses, text = TABLES[model]
    table = rows(text)
    assert set(MOVES[model]) == set(table)
    for verb, (sources, targets) in table.items():
        for status in statuses:
            for to in statuses:
                if status not in sources:
                    with pytest.raises(Refusal) as refused:
                        target(model, verb, status, to)
                    assert refused.value.reason is Reason.wrong_status
                elif to in targets:
                    assert target(model, verb, status, to) is to
                else:
                    with pytest.raises(ValueError, match=f"{verb} leads to"):
                        target(model, verb, status, to)


def test_all_that_has_a_status_is_in_the_tables():
    assert set(MOVES) == set(TABLES)


def test_where_a_verb_may_lead_to_two_statuses_the_action_must_say_which():
    with pytest.raises(ValueError, match="not to None"):
        target(Application, "choose", ApplicationStatus.voucher_issued)
    assert target(Application, "issue", ApplicationStatus.queued) is ApplicationStatus.confirming


def test_a_verb_that_is_not_in_the_table_is_refused():
    with pytest.raises(Refusal) as refused:
        target(Voucher, "enrol", VoucherStatus.issued)
    assert (refused.value.reason, refused.value.facts) == (Reason.wrong_status, {"status": "issued", "verb": "enrol"})


def test_what_is_final_is_left_by_reinstatement_and_by_leaving_alone():
    leaving = {verb: row.source & APPLICATION_FINAL for verb, row in MOVES[Application].items()}
    assert {verb for verb, source in leaving.items() if source} == {"reinstate", "leave"}


def test_a_reason_is_asked_for_where_an_official_decides_against_the_order_of_things():
    asked = {
        (model.__name__, verb) for model, verbs in MOVES.items() for verb, row in verbs.items() if row.reason_required
    }
    always = {"archive", "reinstate", "issue_out_of_turn"}  # revoke: unless a family does it
    assert asked == {("Application", verb) for verb in always}
