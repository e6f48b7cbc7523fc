"""A reason that people typed is read as they typed it, also where it is spelt like a name that Kezek gives its own."""

from enum import StrEnum

import pytest

from app import models, words
from app.access.permissions import EVERY_VERB
from app.actions import applications, clock, privileges, referrals, vouchers
from app.actions.entries import Entry
from app.actions.people import Person
from app.actions.takeover import take_over
from app.db.database import taken_back
from app.db.extensions import db
from app.models import Change, Document, Notice, PrivilegeKind
from app.papers.documents import printed
from app.rules import iin, reasons
from app.rules.reasons import OwnReason
from app.rules.refusals import Reason
from app.words.notices import REACHED
from tests.actions.test_versions import NOW, by_turn, chosen, with_voucher
from tests.factories import DEPARTMENT, application, at, district, family

OFFICE = {"by": DEPARTMENT, "at": NOW}


def on_a_list(place, name):
    """An older list brings a child, too old for the queue already."""
    born_on = at("2017-01-01T00:00").date()
    child, mother = Person(iin.make(born_on, "male", 3)), Person(iin.make(at("1990-01-01T00:00").date(), "female", 3))
    entry = Entry("7", child, mother, at("2020-01-01T09:00"), reason=name)
    take_over([entry], place_id=place.id, **OFFICE)


def with_a_privilege(place):
    child = application(place)
    privileges.claim(child, PrivilegeKind.first_order, by=family(child), at=NOW)
    return child


TYPED = {
    "of a voucher": lambda place, name: vouchers.revoke(chosen(place), reason=name, **OFFICE),
    "of a referral": lambda _place, name: referrals.revoke(by_turn(), reason=name, **OFFICE),
    "of the archive": lambda place, name: applications.archive(with_voucher(place), reason=name, **OFFICE),
    "of a privilege": lambda place, name: privileges.reject(with_a_privilege(place), reason=name, **OFFICE),
    "on a list": on_a_list,
}


@pytest.mark.parametrize("case", TYPED)
def test_a_typed_reason_that_is_spelt_like_one_of_ours_is_read_as_it_was_typed(app, case):
    for name in OwnReason:
        with taken_back():
            TYPED[case](district(), str(name))
            db.session.flush()
            said = [one for one in db.session.scalars(db.select(Change.reason)) if one and name in one]
            assert said and {words.reason(one) for one in said if one not in reasons.NAMES} == {f"«{name}»"}
            for notice in db.session.scalars(db.select(Notice)):
                if "reason" in notice.facts:
                    assert f"«{name}»" in words.notice(notice)
            for paper in db.session.scalars(db.select(Document).where(Document.kind == "revocation")):
                assert printed(paper)["reason"] == f"«{name}»"
        db.session.expunge_all()  # SQLite gives the same ids again


def names():
    """Every name by which Kezek calls anything of its own."""
    kinds = [one for one in vars(models).values() if isinstance(one, type) and issubclass(one, StrEnum)]
    found = {str(one) for kind in (*kinds, Reason, OwnReason) for one in kind}
    found |= {verb for verbs in EVERY_VERB.values() for verb in verbs} | set(words.ERRORS) | set(REACHED)
    return found | set(words.WHY_NOT) | {template for template, *_ in words.NOTICES}


def test_no_internal_name_at_all_is_translated_where_it_was_typed():
    assert len(names()) > 200
    for name in names():
        assert name in words.reason(reasons.kept(name))


def test_what_the_clock_says_is_read_in_the_reader_s_language(app):
    child = with_voucher(district())
    clock.run(at=at("2026-05-20T00:10"), place_id=child.place_id)
    told = db.session.scalars(db.select(Change).where(Change.verb == "expire", Change.subject == "application")).one()
    assert told.reason == "choose_by" and words.reason(told.reason) == str(words.REASONS[OwnReason.choose_by])


def test_a_referral_that_is_given_back_without_a_word_has_no_reason(app):
    child = by_turn()
    referrals.revoke(child, by=family(child), at=NOW, reason=None)
    told = db.session.scalars(db.select(Change).where(Change.verb == "revoke", Change.subject == "referral")).one()
    assert told.reason is None
