"""Spec 3.8: the table of verbs, compared with the spec's own status by status, and what else has to agree with it."""

from inspect import signature

import pytest

from app.access.permissions import alone, find, of
from app.actions import possible
from app.models import (
    Application,
    ApplicationStatus,
    Audience,
    Contract,
    ContractStatus,
    Guardianship,
    GuardianshipStatus,
    LotEntry,
    LotEntryStatus,
    Norm,
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
from app.rules.roles import Role
from app.rules.verbs import APPLICATION_FINAL, VERBS, Verb, target
from app.words import NOTICES

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
sign_anew | draft, signed_by_family, signed | draft
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
GUARDIANSHIP = """
approve | asked | approved
reject  | asked | rejected
"""
LOT_ENTRY = """
leave_lot | waiting | left
win       | waiting | won
lose      | waiting | lost
"""
TABLES = {
    Application: (ApplicationStatus, APPLICATION),
    Voucher: (VoucherStatus, VOUCHER),
    Offer: (OfferStatus, OFFER),
    Referral: (ReferralStatus, REFERRAL),
    Contract: (ContractStatus, CONTRACT),
    Vacancy: (VacancyStatus, VACANCY),
    Privilege: (PrivilegeStatus, PRIVILEGE),
    Guardianship: (GuardianshipStatus, GUARDIANSHIP),
    LotEntry: (LotEntryStatus, LOT_ENTRY),
}


def rows(text: str) -> dict[str, tuple[set[str], set[str]]]:
    """verb: (from, to)."""
    split = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return {verb: (set(source.split(", ")), set(to.split(", "))) for verb, source, to in split}


def moving(model: type) -> dict[str, Verb]:
    """The verbs of the table that move such a record."""
    return {verb: row for verb, row in VERBS[model].items() if row.target}


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model.__name__)
def test_a_verb_leads_where_the_spec_says_and_from_nowhere_else(model):
    statuses, text = TABLES[model]
    table = rows(text)
    assert moving(model).keys() == table.keys()
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
    assert {model for model in VERBS if moving(model)} == set(TABLES)


def test_where_a_verb_may_lead_to_two_statuses_the_action_must_say_which():
    with pytest.raises(ValueError, match="not to None"):
        target(Application, "choose", ApplicationStatus.voucher_issued)
    assert target(Application, "issue", ApplicationStatus.queued) is ApplicationStatus.confirming


def test_a_verb_that_is_not_in_the_table_is_refused():
    with pytest.raises(Refusal) as refused:
        target(Voucher, "enrol", VoucherStatus.issued)
    assert (refused.value.reason, refused.value.facts) == (Reason.wrong_status, {"status": "issued", "verb": "enrol"})


def test_what_is_final_is_left_by_reinstatement_and_by_leaving_alone():
    leaving = {verb: row.source & APPLICATION_FINAL for verb, row in VERBS[Application].items()}
    assert {verb for verb, source in leaving.items() if source} == {"reinstate", "leave"}


def test_a_reason_is_asked_for_where_an_official_decides_against_the_order_of_things():
    asked = {(model.__name__, verb) for model, verbs in VERBS.items() for verb, row in verbs.items() if row.reason}
    always = {"archive", "reinstate", "issue_out_of_turn"}  # revoke: unless a family does it
    assert asked == {("Application", verb) for verb in always}


@pytest.mark.parametrize(
    ("verb", "records", "may"),
    [("revoke", 50, True), ("revoke", 51, False), ("extend", 5000, True), ("archive", 1, True), ("archive", 2, False)],
)
def test_more_than_fifty_records_are_too_many_for_one_official_alone(verb, records, may):
    assert alone(Application, verb, records) is may


def test_a_verb_is_found_by_the_name_that_a_page_gives_it():
    assert of(Application, "confirm_privilege") is VERBS[Privilege]["confirm"]
    assert of(Voucher, "extend") is VERBS[Voucher]["extend"]
    for verb in ("enrol", "revoke"):  # a list of referrals does what its application's page does
        assert of(Referral, verb) is VERBS[Application][verb]
    assert find(Application, "nonsense") is find(Norm, "restore") is None


@pytest.mark.parametrize(
    ("model", "verb"), [(model, verb) for model, acts in possible.ACTS.items() for verb in acts], ids=str
)
def test_a_verb_asks_by_its_row_what_its_function_takes(model, verb):
    _record, *taken = signature(possible.ACTS[model][verb].do).parameters
    assert {*taken} - {"automatic"} == {"by", "at", *of(model, verb).asks}  # what the clock does by itself says so


def test_what_follows_from_another_verb_follows_from_whoever_may_do_any():
    follows = [row.roles for verbs in VERBS.values() for row in verbs.values() if row.follows]
    assert set(follows) == {frozenset(Role) - {Role.auditor, Role.administrator}}


def test_every_verb_that_tells_has_its_sentence_and_every_sentence_its_verb():
    shared = {Privilege, Guardianship}  # whose verbs are called as others' are: approve_guardianship
    told = {
        (f"{verb}_{model.__tablename__}" if model in shared else verb, audience)
        for model, verbs in VERBS.items()
        for verb, row in verbs.items()
        for audience in row.tells
    }
    beside = {  # reminders, a free place that is wished, a missing calendar, what a correction leaves to decide
        ("remind_privilege", Audience.family),
        ("remind_stay", Audience.family),
        ("wished_place", Audience.family),
        ("no_calendar", Audience.department),
        ("correct", Audience.department),
    }
    assert {(template, audience) for template, audience, *_facts in NOTICES} == told | beside
