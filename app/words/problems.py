"""What is wrong with a file: the cell, the problem and the way out. A table of sentences; no value of a cell in it.

Kazakh and Russian are in translations/; a sentence is said when it is read, so in the reader's language.
"""

from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l

from app.rules.texts import Unfit

FILE: dict[str, Any] = {
    "not_a_table": _l("This is neither an Excel workbook (.xlsx) nor a table in CSV. Save it as one of them."),
    "text_document": _l(
        "This is a document or slides (Word, PowerPoint), no table. Copy its table into an Excel workbook."
    ),
    "pdf": _l("This is a PDF. Ask for the list as an Excel workbook (.xlsx); a PDF cannot be read as a table."),
    "picture": _l("This is a picture. Type what it shows into an Excel workbook (.xlsx)."),
    "archive": _l("This is an archive or a file of another program. Unpack it, or save the table in it as .xlsx."),
    "json": _l("This is JSON. Open it in Excel (Data, Get data) and save it as .xlsx."),
    "web_archive": _l("This is a web page kept as one file (.mht). Open it in Excel and save it as .xlsx."),
    "other_xml": _l("This is XML, but no table of Excel. Open it in Excel as a table and save it as .xlsx."),
    "page_without_table": _l("This is a web page without a table. Perhaps it was saved after the session had ended."),
    "only_charts": _l("All sheets of this workbook that can be seen hold charts. Show the one with the rows."),
    "old_workbook": _l("This is a workbook of an old Excel (.xls). Open it and save it as .xlsx."),
    "password": _l("This file has a password. Save it without one."),
    "macros": _l("There are macros in this workbook. Save it as .xlsx, which has none."),
    "open_document": _l("This is an OpenDocument table (.ods, .fods). Save it as .xlsx."),
    "binary_workbook": _l("This is a binary workbook (.xlsb). Save it as .xlsx."),
    "no_visible_sheet": _l("All sheets of this workbook are hidden. Show the one that is to be read."),
    "nested_tables": _l("There are tables inside tables here. Save it as .xlsx."),
    "takes_too_much": _l("This file takes more memory or time than any list needs. Copy its rows into a new workbook."),
    "hidden_sheets": _l("Hidden sheets were not read: %(num)d."),
    "not_utf8": _l("The text is not in UTF-8, so Kazakh letters may be lost. Save it as “CSV UTF-8”."),
    "too_big": _l("The file is larger than %(most)d MB. Split it into several."),
    "empty": _l("There are no rows here. The first row holds the titles of the columns, the others the data."),
    "too_wide": _l("There are more than %(most)d columns. Leave only the columns of the guide."),
    "too_long": _l("There are more than %(most)d rows. Split the file into several."),
    "unknown_column": _l("There is no column “%(title)s”. Rename it or remove it; the nearest is “%(near)s”."),
    "untitled_column": _l("This column has no title. Give it one, or empty it."),
    "column_twice": _l("This column says the same as the one in %(cell)s. Leave one of them."),
    "open_quote": _l("A quotation mark is opened in line %(first)d and never closed. Close or remove it."),
    "stray_quote": _l(
        "A quotation mark in lines %(first)d to %(last)d stands where none can. Remove it, or double it inside a cell."
    ),
    "quote_swallows": _l(
        "A quotation mark joins lines %(first)d to %(last)d into one cell. Close it where it was opened, or remove it."
    ),
    "surplus_cells": _l(
        "There are more cells in this row (%(cells)d) than titles (%(titles)d). Where a cell holds the sign that parts "
        "cells, put it into quotation marks; remove what stands behind the last title."
    ),
    "titles_too_far": _l("The titles are looked for in the first %(most)d rows. Remove what stands above them."),
    "other_tables": _l("Other tables of this page, with other titles, were not read: %(num)d, with %(rows)d rows."),
    "missing_column": _l("The column “%(kk)s” (“%(ru)s”) is missing. Add it."),
}

CELL: dict[str, Any] = {
    "formula": _l("The cell holds a formula. Copy it and paste its value in its place."),
    "merged_across": _l("The cell is merged with the one to its left. Separate them and fill each in."),
    "error_value": _l("The cell shows an error of Excel. Enter the value itself."),
    "empty_cell": _l("The cell is empty. Fill it in."),
    "text_expected": _l("A text is expected here. Set the format of the cell to “Text” and enter it again."),
    "unkept": _l("A character in it cannot be kept. Type it anew."),
    "not_https": _l("Type an address like https://portal.example.org/kezek, of a host that has a name."),
    "invisible": _l("There is a character in it that nobody sees (%(code)s). Type the text anew without it."),
    "line_break": _l("There is a line break in it. Write it in one line."),
    "no_glyph": _l("Papers cannot show “%(sign)s” (%(code)s). Write it in Kazakh, Russian or Latin letters."),
    "fact_unknown": _l(
        "“%(name)s” is no fact of a contract. In braces a text may name: child, IIN, birth date, applicant, "
        "applicant's IIN, kindergarten, BIN, address, phone, group, birth years, day, office, place."
    ),
    "brace": _l("A brace is opened or closed alone. Close it, or remove it."),
    "long_text": _l("The text is longer than %(most)d letters. Shorten it."),
    "not_whole": _l("A whole number from %(low)d to %(high)d is expected here."),
    "other_digits": _l("“%(sign)s” (%(code)s) is no digit from 0 to 9. Type the number anew."),
    "not_a_day": _l("A day is expected here, as in 17.09.2022."),
    "day_in_doubt": _l("This can be read as two days. Write it as in 17.09.2022."),
    "not_a_moment": _l("A day with or without a time is expected here, as in 07.04.2026 11:21:08."),
    "not_years": _l("Birth years are expected here, as in 2022 or 2021-2022."),
    "unknown_word": _l("This word is not known here. Enter one of: %(known)s."),
    "iin_form": _l("An IIN has twelve digits. Correct it by the child's or parent's paper."),
    "iin_rounded": _l("Excel has rounded this number. Set the format of the cell to “Text” and enter it again."),
    "iin_check_digit": _l("There is no such IIN: its check digit is wrong. Correct it by the paper."),
    "iin_century": _l("There is no such IIN: its seventh digit is wrong. Correct it by the paper."),
    "iin_birth_date": _l("There is no such IIN: it begins with a day that does not exist. Correct it by the paper."),
    "bin": _l("There is no such BIN. Check its twelve digits."),
    "phone": _l("This is no phone number. Write it with its code, as in +7 (771) 625-09-16; a comma between several."),
    "phones_many": _l("There are more than %(most)d phone numbers here. Leave those that are answered."),
    "email": _l("An e-mail address looks like name@mail.kz."),
    "emails_many": _l("There are more than %(most)d e-mail addresses here. Leave those that are read."),
    "name_signs": _l("A name has letters, hyphens and apostrophes, no “%(sign)s”. Write it as the paper has it."),
    "name_parts": _l("Where does the surname end? Put a comma after it: “Van der Berg, Anna”."),
    "future": _l("This day has not come yet. Correct it."),
    "place_missing": _l(
        "The district or city is not said. Add the column “%(kk)s”, or choose one for the whole file (--place)."
    ),
    "place_gone": _l("There is no such district or city."),
    "place_unknown": _l("There is no such district or city. The nearest is “%(near)s”."),
}

ROW: dict[str, Any] = {
    "number_form": _l("A number has at least one letter or digit."),
    "number_long": _l("The number is too long. Shorten it."),
    "number_twice": _l("The same number stands in %(cell)s. Each application has its own."),
    "iin_otherwise": _l("The record has this child under another IIN. If this one is right, say why in “%(kk)s”."),
    "number_taken": _l("This number belongs to another child's application. Correct the number or the IIN."),
    "child_twice": _l("The same child stands in %(cell)s and waits there. Leave one of the rows."),
    "child_waiting": _l("This child waits in this queue already, or attends a state kindergarten. Remove the row."),
    "same_person": _l("The child and the applicant have the same IIN. Correct one of them."),
    "person_differs": _l("For the same person %(cell)s says something else. Make both alike."),
    "born_otherwise": _l("This is not the birth date in the IIN. Correct it, or say why in the column “%(kk)s”."),
    "sex_otherwise": _l("The IIN says otherwise. Correct it, or say why in the column “%(kk)s”."),
    "namesake": _l(
        "A child of this name and birth date waits under another IIN. If they are two children, say so in “%(kk)s”."
    ),
    "before_birth": _l("The child was not born yet on this day. Correct it."),
    "under_way": _l("In this status it cannot be brought in. Finish it where it began, or bring it in queued."),
    "recorded_otherwise": _l(
        "This district has recorded it otherwise for this IIN. Type it as it is recorded, or have the record corrected."
    ),
    "differs_elsewhere": _l(
        "Another district has recorded another name, birth date or sex for this IIN. Compare with the family's papers."
    ),
    "contrary": _l(
        "By this birth date the child could not have got the place or the voucher that it has. Nothing is taken away: "
        "its page says what it holds. Decide there whether it stays."
    ),
    "needs_reason": _l("The record says something else, and it matters to families. Say why in the column “%(kk)s”."),
    "many_archived": _l(
        "A file takes one application out of the queue at most. Leave the others queued and archive them in the "
        "journal: a second person says yes to that."
    ),
    "differs": _l("%(cell)s says something else of the same kindergarten or group. Make both alike."),
    "group_twice": _l("The same places stand in %(cell)s. Leave one of the rows, or name the groups differently."),
    "over_capacity": _l("Free places and children who attend are more than the capacity. Correct one of the three."),
    "over_full": _l(
        "More children attend than there are places (%(over)d more). The group is marked, and nothing can be published "
        "from it until children have left or its capacity is raised."
    ),
    "nothing_to_publish": _l("More children attend than there are places, so no place is free. Empty the cell."),
    "ends_on_missing": _l("A temporary place needs its last day. Fill it in."),
    "ends_on_general": _l("A general place has no last day. Empty the cell, or make the place temporary."),
    "fewer_places": _l("More places are published already. Close the vacancy on its own page first."),
    "places_are_held": _l("The places are held, published or taken, so this cannot be done. Correct the number."),
    "families_hold": _l(
        "Families that would lose their places by this, with an offer, a voucher or a referral: %(families)d. "
        "Leave it as it is until their terms are over, or take their places back first."
    ),
    "place_over": _l("The last day of this place is over. Remove the row or correct the day."),
    "kind_is_used": _l("A kindergarten with groups does not change to another queue. Leave its kind."),
    "child_unknown": _l(
        "No child with this IIN is recorded in this district. Put it into the queue first, or correct the number."
    ),
    "row_twice": _l("%(cell)s says the same. Leave one of the rows."),
    "ends_before": _l("The last day comes before the first one. Correct them."),
    "clashes": _l("This contradicts what is recorded already. Compare the row with the record."),
    "not_allowed": _l("Your role does not allow this here."),
    "no_norm": _l("No norm is in force for this. Enter and approve it first."),
}

QUESTIONS: dict[str, Any] = {  # whoever brings the file answers them; `key` in their facts is what an answer is of
    "hidden_rows": _l("Rows %(rows)s are hidden or filtered out (%(num)d in all). Are they of the list?"),
    "hidden_columns": _l("Columns %(columns)s are hidden. Are they of the list?"),
    "hidden_cells": _l("Cells %(cells)s are hidden (%(num)d in all). Are they of the list?"),
    "doubtful_rows": _l("Rows %(rows)s lack most of what a row needs (%(num)d in all). Are they rows of the list?"),
    "near_place": _l("There is a “%(other)s”. Is it meant?"),
    "near_kindergarten": _l("There is a kindergarten that is called almost so: “%(other)s”. Is it the same one?"),
    "near_group": _l("There is a group that is called almost so: “%(other)s”. Is it the same one?"),
}
CHOICES: dict[str, dict[str, Any]] = {
    "hidden_rows": {"read": _l("Read them too"), "leave": _l("Leave them out")},
    "hidden_columns": {"read": _l("Read them too"), "leave": _l("Leave them out")},
    "hidden_cells": {"read": _l("Read them too"), "leave": _l("Leave them out")},
    "doubtful_rows": {"read": _l("Yes, something is missing in them"), "leave": _l("No: totals, signatures, headings")},
    "near_place": {"same": _l("Yes, it is meant"), "other": _l("No, another one")},
    "near_kindergarten": {"same": _l("The same one"), "other": _l("Another one")},
    "near_group": {"same": _l("The same one"), "other": _l("Another one")},
}

UPLOAD: dict[str, Any] = {  # what a family sends itself
    "mobile": _l("Type one mobile phone of Kazakhstan, without an extension: a code is sent to it."),
    "file_large": _l("The file is larger than %(most)s MB. Send a smaller one."),
    "file_kind": _l("This is no PDF, JPEG or PNG, or it was cut off. Save it as one of them, or take a photograph."),
}
SENTENCES = FILE | CELL | ROW | QUESTIONS | UPLOAD


def sentence_of(name: str, facts: dict[str, Any]) -> str:
    """The sentence of a problem, in the language of whoever reads it."""
    return str(SENTENCES[name]) % facts


class Wrong(Unfit):
    """A cell or file cannot be as it is; `name` is that of a sentence above, as of a text that is unfit."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong, and where: the row and column from 1 (0: the whole file), and the cell's name."""

    row: int
    column: int
    cell: str = field(compare=False)
    name: str = field(compare=False)
    facts: dict[str, Any] = field(compare=False, default_factory=dict)

    def __str__(self) -> str:
        sentence = sentence_of(self.name, self.facts)
        return f"{self.cell}: {sentence}" if self.cell else sentence
