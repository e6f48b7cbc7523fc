"""Spec 9, export: what is recorded of a district's applications as a workbook, read and written while it is sent."""

import io
from dataclasses import replace

import xlsxwriter

from app.access import personal_data
from app.access.actors import Actor
from app.access.row_scope import looking_as
from app.actions import clock
from app.db.extensions import db
from app.imports import export
from app.models import ImportKind
from app.rules.roles import Role
from app.spreadsheets import writing
from bench.measure import Figure, alternate
from bench.town import Town, application

WORK = "a district's applications taken out as a workbook that can be brought in, as its specialist"
PEER = "XlsxWriter alone, in its constant memory, writing the same cells"
TARGET = 1.5
OPTIONS = {"constant_memory": True, "default_date_format": "dd.mm.yyyy hh:mm", **writing.TEXTS_STAY_TEXTS}


def measure(town: Town, times: int) -> Figure:
    """The peer has the cells in memory already."""
    with town.copy("exports") as url, application(url, web=False):
        by = Actor(Role.specialist, place_ids=frozenset([clock.districts()[0]]))
        with looking_as(by), personal_data.reading_as(personal_data.Reader(by.role)):
            titles, rows = export.titles(ImportKind.applications), list(export.rows(ImportKind.applications))

            def ours() -> None:
                db.session.rollback()
                for _piece in writing.xlsx(titles, export.rows(ImportKind.applications)):
                    pass

            def peer() -> None:
                with xlsxwriter.Workbook(io.BytesIO(), OPTIONS) as book:
                    sheet = book.add_worksheet()
                    for number, row in enumerate([titles, *rows]):
                        sheet.write_row(number, 0, row)

            return replace(alternate(ours, peer, times=times), note=f"{len(rows):,} rows of {len(titles)} cells")
