"""What no reader should meet, whatever they read: one look for pages, sentences, notices, files and papers.

A code's name (voucher_issued), a value of an enumeration between Kazakh or Russian words, a day as machines write it, a
value as Python writes it, a placeholder that nothing filled, and clause numbers of our own specification.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from html import unescape
from typing import Any

from flask import current_app
from flask_babel import Babel, force_locale
from sqlalchemy import select

import config
from app import models, words
from app.access.personal_data import Reader, reading_as
from app.db.extensions import db
from app.rules import refusals, roles
from app.rules.norms import KNOWN

LANGUAGES = ("kk", "ru", "en")
BESIDE = r"(?<![\w./@?&=+-])", r"(?![\w@/=-])"  # no part of an address, a file's name, an e-mail or a longer word
CODE = re.compile(BESIDE[0] + r"[a-z]+(?:_[a-z]+)+" + BESIDE[1])
NORM = re.compile(BESIDE[0] + "(?:" + "|".join(re.escape(name) for name in KNOWN if "." in name) + ")" + BESIDE[1])
PYTHON = re.compile(
    r"[{}]|\[['\"]|['\"]\s*:\s|\b(?:None|True|False|null|NaN)\b|<\w+[ .:]|\w+\.\w+\(|%\(\w+\)|Traceback"
)
ISO = re.compile(r"(?<![\w.-])\d{4}-[01]\d-[0-3]\d(?![\d-])")
CLAUSE = re.compile(
    r"(?i)\bspec\b|(?<![\w.])S[0-3](?![\w.])|(?<![\d.:])[1-9]\.\d{1,2}\.\d{1,2}(?!\.?\d)|(?<![\d.,])3\.\d{1,2}(?![.,]?\d)"
)
ENUMS = [one for module in (models, refusals, roles) for one in vars(module).values() if isinstance(one, type)]
BARE = {str(value) for one in ENUMS if issubclass(one, StrEnum) for value in one if re.fullmatch("[a-z]+", str(value))}
WORD = re.compile(BESIDE[0] + r"[a-z]+" + BESIDE[1])
READ = re.compile(r'\s(?:title|aria-label|placeholder|alt|data-label)="([^"]*)"')
TYPED = re.compile(
    r'<input(?![^>]*type="(?:hidden|date|datetime-local|number|checkbox|radio|password)")[^>]*\svalue="([^"]*)"'
)


def raw(text: str, language: str = "en", known: frozenset[str] = frozenset()) -> list[str]:
    """What of a text should not be there; `known`: words that are somebody's own, as names of accounts are."""
    found = [match[0] for look in (CODE, NORM, PYTHON, ISO, CLAUSE) for match in look.finditer(text)]
    if language != "en":  # in English the values are words
        found += [word for word in WORD.findall(text) if word in BARE]
    return [one for one in found if one not in known]


def text_of(html: str) -> str:
    """What a page says: its text, the names of what has none, and what stands in the fields that people type in."""
    page = re.sub(r"(?s)<script.*?</script>|<style.*?</style>|<head>.*?</head>|<template.*?</template>", " ", html)
    page = re.sub(r"(?s)<code[^>]*>.*?</code>|<kbd[^>]*>.*?</kbd>", " ", page)
    named = [*READ.findall(page), *TYPED.findall(page)]
    return unescape("\n".join([re.sub(r"<[^>]+>", " ", page), *named]))


TYPED_BY_PEOPLE = {"legal_basis", "decree", "name", "note", "address"}


def told_in_words() -> list[tuple[str, tuple[str, str]]]:
    """What families and offices were told in the town that is there, and what its history says, where it is not in
    words; and each notice that had to leave a gap for a fact. What people typed themselves stands as an ellipsis.
    """
    if "babel" not in current_app.extensions:  # an application without screens
        Babel(current_app, default_translation_directories=str(config.ROOT / "translations"))
    wrong = []
    for told in db.session.scalars(select(models.Notice)):
        facts = {name: _untyped(name, value) for name, value in told.facts.items()}
        one = models.Notice(template=told.template, audience=told.audience, facts=facts)
        wrong += [(one.template, text) for text in _each(lambda one=one: words.notice(one)) if _bad(*text)]
        with force_locale("en"):  # where no sentence has a dash of its own
            wrong += [(one.template, ("en", text))] if "—" in (text := words.notice(one)) else []
    for row in db.session.scalars(select(models.Change)):
        kept = {name: value for name, value in (row.details or {}).items() if name not in TYPED_BY_PEOPLE}
        one = models.Change(
            subject=row.subject, verb=row.verb, status_from=row.status_from, status_to=row.status_to, details=kept
        )
        wrong += [(row.verb, text) for text in _each(lambda one=one: _history(one)) if _bad(*text)]
        wrong += [
            (row.verb, text)
            for text in _each(lambda row=row: words.reason(_untyped("reason", row.reason)))
            if _bad(*text)
        ]
    return wrong


def _history(row: models.Change) -> str:
    lines = [" ".join(filter(None, said)) for said in words.changed(row, lambda _fact, pk: f"№ {pk}")]
    return "\n".join([words.happened(row.verb, row.subject), *lines])


def _untyped(name: str, value: Any) -> Any:
    typed = name in TYPED_BY_PEOPLE or (name == "reason" and value not in words.REASONS)
    return "…" if typed and value else value


def _each(say: Callable[[], str]) -> list[tuple[str, str]]:
    found = []
    for language in LANGUAGES:
        with force_locale(language), reading_as(Reader(roles.Role.department)):
            found.append((language, say()))
    return found


def _bad(language: str, text: str) -> bool:
    return bool(raw(text, language))
