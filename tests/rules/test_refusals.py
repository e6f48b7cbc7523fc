"""Spec 4 and 3.8: the names of refusals, and which is said first."""

import pickle

from app.rules.refusals import ORDER, Reason, Refusal

SIGNATURES = {  # refused before any verb is asked
    Reason.bad_signature,
    Reason.wrong_key,
    Reason.weak_key,
    Reason.foreign_iin,
    Reason.foreign_bin,
    Reason.certificate_expired,
    Reason.certificate_revoked,
    Reason.unknown_issuer,
    Reason.revocation_unknown,
    Reason.no_service,
    Reason.service_away,
    Reason.challenge_over,
    Reason.qr_away,
    Reason.qr_cancelled,
    Reason.qr_over,
}


def test_a_refusal_says_its_name_and_its_facts_and_survives_the_way_to_a_worker() -> None:
    refusal = Refusal(Reason.no_calendar, year=2032)
    assert str(refusal) == "no_calendar (year=2032)"
    assert str(Refusal(Reason.too_late)) == "too_late"
    again = pickle.loads(pickle.dumps(refusal))
    assert (again.reason, again.facts) == (Reason.no_calendar, {"year": 2032})


def test_a_reason_is_written_as_it_is_named() -> None:
    assert all(reason.value == reason.name for reason in Reason)


def test_no_free_place_alone_has_two_turns_and_ours_of_no_order_never_compete() -> None:
    assert {reason for reason in ORDER if ORDER.count(reason) > 1} == {Reason.no_free_place}
    assert set(Reason) - set(ORDER) == {
        Reason.already_waiting,
        Reason.bad_iin,
        Reason.bad_number,
        Reason.no_norm,
        Reason.no_paper,
        Reason.paper_to_come,
        Reason.place_is_lent,
        Reason.recorded_otherwise,
        Reason.factor_required,
        *SIGNATURES,
    }
