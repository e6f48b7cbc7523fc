"""The entrance of families and of everybody: pages without an account (public.py). ADR 26.

It shares nothing with the office's pages but the words and the files that browsers load: no session, no cookie but the
language, no menu. What it reads is cut to what any family may know.
"""

from flask import Flask
from flask_wtf import CSRFProtect

from app.cabinet import public


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Put the pages on, after those of the office: `/` is everybody's who is not signed in there."""
    app.register_blueprint(public.blueprint)
    csrf.exempt(public.blueprint)  # nothing is changed there: a form is posted so that no IIN stands in an address
    app.before_request(public.instead_of_the_office)
