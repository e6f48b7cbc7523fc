"""The entrance of families and of everybody: pages without an account (public.py, ADR 26), and a
family's own (own.py, ADR 27).

It shares nothing with the office's pages but the words and the files that browsers load: no session, no cookie but the
language, no menu. What it reads is cut to what any family may know.
"""

from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.routing import IntegerConverter, Map

from app.cabinet import acts, joining, new, own, problems, public, qr

for one in (public.blueprint, own.blueprint):  # once: they stand in every application of this process
    problems.register(one)


class Id(IntegerConverter):
    """A number of a row in an address; one that no row can have is not found, and no database is asked."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=2**31 - 1)


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Put the pages on, after those of the office: `/` is everybody's who is not signed in there."""
    app.url_map.converters["id"] = Id
    app.register_blueprint(public.blueprint)
    for pages in {one.blueprint for one in (own, acts, joining, new, qr)}:  # a family's own are one
        app.register_blueprint(pages)
    app.extensions["kezek_elsewhere"] |= {public.blueprint.name, own.blueprint.name}  # an official is nobody there
    csrf.exempt(public.blueprint)  # nothing is changed there: a form is posted so that no IIN stands in an address
    csrf.exempt(own.blueprint)  # it looks at where a form comes from by itself
    app.before_request(public.instead_of_the_office)
