"""Spec 8.1: what a person may mean by what was typed, and the records within the viewer's reach that are meant.

An IIN is found as it is, a number in any spelling, by its beginning too, a child and an applicant by the beginnings of
their folded names, an application by its phone in any spelling.
"""

import re
import unicodedata
from typing import Any, NamedTuple

from sqlalchemy import Select, select, union
from sqlalchemy.orm import joinedload

from app.db.database import begins_with, having_words, named
from app.db.extensions import db
from app.models import Applicant, Application, Child, Referral, Voucher
from app.rules import folding
from app.rules.alphabet import sort_key
from app.rules.registration_numbers import fold
from app.rules.texts import phone_numbers

MOST = 20  # records of one kind; whoever gets as many types more
LARGEST = 2**31 - 1  # of an id
LONGEST = 100  # characters that anybody looks for
PAPER = re.compile(r"([BVЖ])-(20\d\d)-?(\d[\d-]{0,12})")  # voucher or referral, year, id: В-2026-000123 once folded
# What people type before a number: which number it is, № in any spelling.
WHICH = "иин|жсн|iin|ваучер|voucher|направление|жолдама|referral|заявление|өтініш|application"
CALLED = re.compile(rf"^(?:\W*(?:N[oо°º]?|номер|нөмірі?|number|{WHICH})\b[\s.:]*)+(?=\w)(?=.*\d)", re.IGNORECASE)


class SearchResults(NamedTuple):
    """The records of each kind that were found, MOST + 1 of them where there are more."""

    by_number: list[Application]
    by_iin: list[Application]
    by_name: list[Application]
    by_applicant: list[Application]
    by_phone: list[Application]
    vouchers: list[Voucher]
    referrals: list[Referral]

    @property
    def only(self) -> Application | Voucher | Referral | None:
        """The one record that is meant; None where there is none, or a choice."""
        records: list[Any] = [record for kind in self for record in kind]
        return records[0] if len(records) == 1 else None


def find(text: str, *, by_people: bool = True) -> SearchResults:
    """All that is meant by a text, each kind by its own look-up; what a text cannot mean is not looked up.

    `by_people`: by IIN and name too; without it by numbers alone, for whom an answer would tell what is masked.
    """
    text = CALLED.sub("", unicodedata.normalize("NFKC", text.replace("№", " "))[:LONGEST])
    key, words = fold(text), folding.fold(text).split()
    digits = re.sub(r"[\s-]", "", text)
    if re.fullmatch(r"[0-9]{12}", digits):
        return SearchResults([], _applications(with_iin(digits)) if by_people else [], [], [], [], [], [])
    paper = PAPER.fullmatch(key)
    a_name = by_people and bool(words) and not re.search(r"\d", text) and len(max(words, key=len)) > 1
    children = _applications(with_name(words)) if a_name else []
    applicants = _applications(with_applicant(words)) if a_name else []
    return SearchResults(
        _by_number(key) if re.search(r"\d", key) else [],
        [],
        children,
        [one for one in applicants if one not in children],  # many a child has its parent's last name
        _applications(with_phone(phones)) if (phones := phone_numbers(text) if by_people else []) else [],
        _papers(Voucher, paper) if paper and paper[1] != "Ж" else [],
        _papers(Referral, paper) if paper and paper[1] == "Ж" else [],
    )


def with_iin(iin: str) -> Select[Application]:
    """Spec 3.9: the applications of a child, or of an applicant, with this IIN."""
    application, applicant = Application.__table__.c, Applicant.__table__.c
    ids = union(
        select(application.id).where(application.child_iin == iin),
        select(application.id).where(application.applicant_id.in_(select(applicant.id).where(applicant.iin == iin))),
    )
    return select(Application).where(Application.id.in_(ids))


def with_name(words: list[str]) -> Select[Application]:
    """The applications of children in whose names each of these folded words begins one."""
    return select(Application).where(Application.child_id.in_(named(Child, words)))


def with_applicant(words: list[str]) -> Select[Application]:
    """The applications of applicants in whose names each of these folded words begins one."""
    return select(Application).where(Application.applicant_id.in_(named(Applicant, words)))


def with_phone(numbers: list[str]) -> Select[Application]:
    """The applications whose family is reached by these phones."""
    return select(Application).where(Application.id.in_(having_words(Application.__table__.c.phone_key, numbers)))


def _by_number(key: str) -> list[Application]:
    """Those with this number; where nobody has it, those whose numbers begin with it."""
    exact = _applications(select(Application).where(Application.number_key == key))
    return exact or _applications(select(Application).where(begins_with(Application.number_key, key)))


def _applications(found: Select[Application]) -> list[Application]:
    """With what a hit shows: the child, whoever sees the application may see it, and the place."""
    seen = found.options(joinedload(Application.child), joinedload(Application.place))
    return sorted(db.session.scalars(seen.limit(MOST + 1)), key=lambda one: (sort_key(one.child.full_name), one.number))


def _papers(model: Any, paper: re.Match[str]) -> list[Any]:
    """The one voucher or referral with this number."""
    found = select(model).where(model.id == min(int(paper[3].replace("-", "")), LARGEST))
    found = found.options(joinedload(model.application).joinedload(Application.child))
    return [row for row in db.session.scalars(found) if row.issued_on.year == int(paper[2])]
