"""What is run in a process of its own to open a file that somebody brought: bytes on stdin, rows of cells on stdout.

It imports nothing of ours, so that it starts at once and holds nothing that a file could reach; reading.py starts it
and gives it limits. Each kind of file has one parser, and what the parser meets is what is judged: a bound is never
guessed from bytes that another one will read.

What it writes: one JSON value a line. ["row", number, hidden, [cells]], ["bad", line, name, facts] for a line that is
no row, ["note", name, facts], ["columns", ranges] that are hidden, ["cells", places] that are, ["merged", areas] whose
cells are one, each [first row, last row, first column, last column], and at the end ["sheet", name]; or ["wrong",
name, facts] for the whole file. A cell is null, text, number, true or false; ["d", "2022-09-17"] or
["d", "2022-09-17T11:21:08"]; ["bad", name].
"""

import errno
import io
import json
import os
import re
import resource
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from itertools import islice
from typing import Any
from xml.parsers import expat

MOST_COLUMNS, MOST_ROWS = 60, 50_000
MOST_PARTS = 2_000  # of a package
MOST_OF_A_LIST = 1_000_000  # bytes that name the sheets
MOST_SHARED = 30_000_000  # letters that a workbook keeps apart from its sheets
MOST_TEXTS = 500_000  # of those
WIDEST = 16_384  # columns of a sheet of Excel, most of them empty
EMPTY_ROWS = 4  # times as many rows as may be read are looked at, most of them empty
MOST_CELLS = MOST_COLUMNS * MOST_ROWS * 2  # empty ones with them
LONGEST = 32_767  # letters of a cell, as Excel has them
PIECE = 64 * 1024  # bytes
OF_A_PAGE = 256 * 1024  # letters that its parser is given at once
MOST_DEEP = 100  # elements of XML inside one another
SECONDS, PER_MEGABYTE = 2, 2  # of the processor: what any file may take, and more for each megabyte that was taken in
OLE = b"\xd0\xcf\x11\xe0"
PASSWORD = "EncryptedPackage".encode("utf-16-le")
OFFICE = ("http://schemas.openxmlformats.org/", "http://purl.oclc.org/ooxml/")  # as Office writes, and strict
MACROS = re.compile(r"vbaProject|macroEnabled|xl/macrosheets", re.IGNORECASE)
AREA = re.compile(r"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})")
REFERENCE = re.compile(r"([A-Z]{1,4})(\d{1,8})")
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}  # formats of numbers that are days or times
NO_DATE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
NO_ROOM = 75  # how it ends where there is no room for what it has to say
SEPARATORS = "\t;,|"
FIRST_LINES, OF_A_LINE = 100, 20_000  # lines, and letters of each, by which the sign between cells is known
NUMBERED = re.compile(r"^\W*\d{1,2}\s*[.)]+\s*")  # 1. Номер
KINDS = (  # how files that are no tables begin
    *((b"%PDF", "pdf"), (b"{\\rtf", "text_document"), (b"\x89PNG", "picture"), (b"\xff\xd8\xff", "picture")),
    *((b"GIF8", "picture"), (b"II*\0", "picture"), (b"MM\0*", "picture"), (b"RIFF", "picture")),
    *((b"Rar!", "archive"), (b"7z\xbc\xaf", "archive"), (b"\x1f\x8b", "archive")),
)
DOCUMENTS = tuple(name.encode("utf-16-le") for name in ("WordDocument", "PowerPoint Document"))
BLANK = " \t\r\n\v\f\u00a0\u2007\u202f\u200b\u200c\u200d\u2060\ufeff"
LONGEST_QUOTE = 50  # lines after which a quote counts as never closed


class Unreadable(Exception):
    def __init__(self, name: str, **facts: Any) -> None:
        super().__init__(name)
        self.name, self.facts = name, facts


class Time:
    """The time of the processor is earned by what has been taken in, so that what stands still ends soon.

    `most`: seconds that all of it may take; 0 where nobody is held to any.
    """

    def __init__(self) -> None:
        self.most, self.size, self.share = 0, 0, 0.0

    def begin(self, most: int, size: int) -> None:
        self.most, self.size = most, size
        self.goes_on()

    def taken(self, done: float, of: float) -> None:
        """So much of the file was taken in."""
        self.share = max(self.share, min(done / of, 1.0)) if of else 1.0
        self.goes_on()

    def goes_on(self) -> None:
        """There is progress: a second at least until the next one, as far as it has been earned."""
        if self.most:
            earned = SECONDS + PER_MEGABYTE * int(self.size * self.share / 1_000_000)
            until = min(self.most, earned, int(time.process_time()) + SECONDS)
            resource.setrlimit(resource.RLIMIT_CPU, (until, self.most))


clock = Time()


def main() -> None:
    """Open what comes within the limits that were asked for: megabytes of memory, seconds, megabytes unpacked."""
    memory, seconds, unpacked = map(int, sys.argv[1:4])
    resource.setrlimit(resource.RLIMIT_AS, (memory * 1_000_000, memory * 1_000_000))
    clock.begin(seconds, 0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000_000, 2_000_000_000))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        _say(unpacked * 1_000_000)
        sys.stdout.flush()
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        os._exit(NO_ROOM)  # at once: what is left to be said is not tried again


def _say(unpacked: int) -> None:
    try:
        data = sys.stdin.buffer.read()
        clock.begin(clock.most, len(data))
        for number, line in enumerate(opened(data, unpacked)):
            if number % 1000 == 0:
                clock.goes_on()
            if line[0] == "row":
                line[3] = [cell[:LONGEST] if isinstance(cell, str) else cell for cell in line[3]]
            sys.stdout.write(json.dumps(line, ensure_ascii=True, separators=(",", ":")) + "\n")
    except Unreadable as wrong:
        print(json.dumps(["wrong", wrong.name, wrong.facts]))
    except MemoryError:
        print(json.dumps(["wrong", "takes_too_much", {}]))
    except Exception as error:  # zip, XML and text have a dozen ways to say that they are broken
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise
        print(json.dumps(["wrong", "not_a_table", {}]))


def opened(data: bytes, unpacked: int) -> Iterator[list[Any]]:
    """The lines that say what a file holds, by what it is, whatever it is called."""
    if not data.strip():
        raise Unreadable("empty")
    if data.startswith(OLE):
        document = any(name in data for name in DOCUMENTS)
        raise Unreadable("password" if PASSWORD in data else "text_document" if document else "old_workbook")
    if data.startswith(b"PK"):
        yield from package(data, unpacked)
        return
    for begins, kind in KINDS:
        if data[:100].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(begins):
            raise Unreadable(kind)
    text = decoded(data)
    start = text.lstrip()[:2000].lower()
    if not start.startswith("<"):
        if re.match(r"[\[{]\s*[\[{\"\]}]", start):
            raise Unreadable("json")
        if re.match(r"[a-z-]+:", start) and "mime-version:" in start:
            raise Unreadable("web_archive")
        yield from separated(text)
    elif "urn:schemas-microsoft-com:office:spreadsheet" in start and "<html" not in start:
        yield from workbook_of_2003(data)
    elif re.search(r"<(html|table|body|head|meta|!doctype html)\b", start):
        yield from page(text)
    elif re.match(r"<[a-z?!]", start):
        raise Unreadable("open_document" if "opendocument" in start else "other_xml")
    else:
        yield from separated(text)


def fits(columns: int, rows: int) -> None:
    if columns > MOST_COLUMNS:
        raise Unreadable("too_wide", most=MOST_COLUMNS)
    if rows > MOST_ROWS:
        raise Unreadable("too_long", most=MOST_ROWS)


# ---------------------------------------------------------------- Office Open XML


def package(data: bytes, unpacked: int) -> Iterator[list[Any]]:
    """An Excel workbook: its first visible sheet."""
    parts = Parts(data, unpacked)
    names = parts.names
    if "mimetype" in names and b"opendocument" in parts.whole("mimetype"):
        raise Unreadable("open_document" if b"spreadsheet" in parts.whole("mimetype") else "text_document")
    if "[Content_Types].xml" not in names:
        raise Unreadable("archive")
    if any(name.startswith(("word/", "ppt/")) for name in names) and not any(name.startswith("xl/") for name in names):
        raise Unreadable("text_document")
    if any(MACROS.search(name) for name in names) or MACROS.search(parts.whole("[Content_Types].xml").decode("utf-8")):
        raise Unreadable("macros")
    if any(name.endswith(".bin") and "/worksheets/" in name for name in names):
        raise Unreadable("binary_workbook")
    book = parts.find("_rels/.rels", "/officeDocument")[0][1]
    folder, _, file = book.rpartition("/")
    sheets, from_1904 = sheets_of(parts, book)
    visible = [one for one in sheets if one[1] == "visible"]
    if not visible:
        raise Unreadable("no_visible_sheet")
    if len(visible) < len(sheets):
        yield ["note", "hidden_sheets", {"num": len(sheets) - len(visible)}]
    relations = f"{folder}/_rels/{file}.rels".lstrip("/")
    targets = dict(parts.find(relations, "/worksheet"))
    of_charts = {id_ for kind in ("/chartsheet", "/dialogsheet") for id_, _target in parts.find(relations, kind)}
    visible = [one for one in visible if one[2] not in of_charts]
    if not visible:
        raise Unreadable("only_charts")
    shared = next(iter(parts.find(relations, "/sharedStrings")), None)
    styles = next(iter(parts.find(relations, "/styles")), None)
    strings = shared_strings(parts, shared[1]) if shared else []
    days = date_styles(parts, styles[1]) if styles else []
    name, _state, relation = visible[0]
    if relation not in targets:
        raise Unreadable("not_a_table")
    yield from SheetOfOffice(strings, days, from_1904).read(parts, targets[relation])
    yield ["sheet", name]


class Parts:
    """The parts of a package, none of them larger than it may be, and not by what it says of itself."""

    def __init__(self, data: bytes, unpacked: int) -> None:
        self.zip, self.left, self.unpacked = zipfile.ZipFile(io.BytesIO(data)), unpacked, unpacked
        self.size, self.packed = len(data), 0.0  # and how much of it has been unpacked
        infos = self.zip.infolist()
        self.names = {info.filename for info in infos}
        if len(infos) > MOST_PARTS or len(self.names) < len(infos):
            raise Unreadable("not_a_table")
        if any(name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) for name in self.names):
            raise Unreadable("not_a_table")
        if any(info.flag_bits & 1 for info in infos):
            raise Unreadable("password")
        if sum(info.file_size for info in infos) > unpacked:
            raise Unreadable("too_big", most=unpacked // 1_000_000)

    def pieces(self, name: str) -> Iterator[bytes]:
        """A part, piece by piece, counted while it is unpacked."""
        info = self.zip.getinfo(name)
        with self.zip.open(name) as part:
            while piece := part.read(PIECE):
                self.left -= len(piece)
                self.packed += len(piece) * info.compress_size / max(info.file_size, 1)
                clock.taken(self.packed, self.size)
                if self.left < 0:
                    raise Unreadable("too_big", most=self.unpacked // 1_000_000)
                yield piece

    def whole(self, name: str) -> bytes:
        """A small part."""
        if self.zip.getinfo(name).file_size > MOST_OF_A_LIST:
            raise Unreadable("not_a_table")
        return b"".join(self.pieces(name))

    def parse(self, name: str, start: Any, end: Any = None, text: Any = None, most: int | None = None) -> None:
        """Hand a part's elements to these functions, by their names without namespace."""
        if most is not None and self.zip.getinfo(name).file_size > most:
            raise Unreadable("not_a_table")
        read_xml(self.pieces(name), start, end, text)

    def find(self, name: str, kind: str) -> list[tuple[str, str]]:
        """The relations of a kind that a part names: id and target."""
        found: list[tuple[str, str]] = []
        if name not in self.names:
            return found
        folder = name.rpartition("_rels/")[0]

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship" and attributes.get("Type", "").endswith(kind):
                target = attributes.get("Target", "")
                target = target[1:] if target.startswith("/") else folder + target
                found.append((attributes.get("Id", ""), target))

        self.parse(name, start, most=MOST_OF_A_LIST)
        return found


def read_xml(pieces: Iterator[bytes], start: Any, end: Any = None, text: Any = None, size: int = 0) -> None:
    """Hand the elements of XML to these functions, by their names without namespace; `size`: of a whole file."""
    parser = xml_parser(start, end, text)
    for piece in pieces:
        parser.Parse(piece, False)
        if size:
            clock.taken(parser.CurrentByteIndex, size)
    parser.Parse(b"", True)


def xml_parser(start: Any, end: Any = None, text: Any = None) -> Any:
    """A parser of XML; one that defines anything (a document type, an entity) is none of an office's: Wrong."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    local = cache(lambda name: name.rpartition(" ")[2])
    deep = 0

    def no_definitions(*_: Any) -> None:
        raise Unreadable("not_a_table")

    def begins(name: str, attributes: dict[str, str]) -> None:
        nonlocal deep
        deep += 1
        if deep > MOST_DEEP:
            raise Unreadable("takes_too_much")
        start(local(name), {local(key): value for key, value in attributes.items()} if attributes else attributes)

    def ends(name: str) -> None:
        nonlocal deep
        deep -= 1
        if end:
            end(local(name))

    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = no_definitions
    parser.StartElementHandler, parser.EndElementHandler = begins, ends
    if text:
        parser.CharacterDataHandler = text
    return parser


def sheets_of(parts: Parts, book: str) -> tuple[list[tuple[str, str, str]], bool]:
    """(name, state, relation) of each sheet in their order, and whether its days begin in 1904."""
    sheets: list[tuple[str, str, str]] = []
    first: list[bool] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            sheets.append((attributes.get("name", ""), attributes.get("state", "visible"), attributes.get("id", "")))
        elif tag == "workbookPr":
            first.append(attributes.get("date1904", "0") in ("1", "true"))

    parts.parse(book, start, most=MOST_OF_A_LIST)
    return sheets, any(first)


def shared_strings(parts: Parts, name: str) -> list[str]:
    """The texts that cells name by number."""
    strings: list[str] = []
    inside: list[str] = []
    state = {"t": False, "phonetic": 0, "letters": 0}

    def start(tag: str, _attributes: dict[str, str]) -> None:
        if tag == "si":
            inside.clear()
        state["t"] = tag == "t" and not state["phonetic"]
        state["phonetic"] += tag == "rPh"

    def end(tag: str) -> None:
        state["t"] = False
        state["phonetic"] -= tag == "rPh"
        if tag == "si":
            if len(strings) == MOST_TEXTS:
                raise Unreadable("takes_too_much")
            strings.append(unescaped("".join(inside)))

    def text(piece: str) -> None:
        if state["t"]:
            state["letters"] += len(piece)
            if state["letters"] > MOST_SHARED:
                raise Unreadable("takes_too_much")
            inside.append(piece)

    if name in parts.names:
        parts.parse(name, start, end, text)
    return strings


def unescaped(text: str) -> str:
    """As Excel has letters that no XML holds: _x000D_."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def date_styles(parts: Parts, name: str) -> list[bool]:
    """Of each style of a cell: is its number a day or a time?"""
    formats: dict[int, bool] = {}
    styles: list[bool] = []
    inside = {"cellXfs": False}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "numFmt":
            bare = NO_DATE.sub("", attributes.get("formatCode", "")).lower()
            formats[int(attributes.get("numFmtId", "0"))] = bool(re.search(r"[dmyhs]", bare.replace("general", "")))
        elif tag == "cellXfs":
            inside["cellXfs"] = True
        elif tag == "xf" and inside["cellXfs"]:
            number = int(attributes.get("numFmtId", "0"))
            styles.append(formats.get(number, number in DATES))

    def end(tag: str) -> None:
        if tag == "cellXfs":
            inside["cellXfs"] = False

    if name in parts.names:
        parts.parse(name, start, end, most=20 * MOST_OF_A_LIST)
    return styles


class SheetOfOffice:
    """The rows of one sheet, as its parser meets them."""

    def __init__(self, strings: list[str], days: list[bool], from_1904: bool) -> None:
        self.strings, self.days = strings, days
        self.day_0 = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 (a sheet has no zone)
        self.row = self.column = self.cells_met = 0
        self.cells: dict[int, Any] = {}
        self.hidden, self.hidden_columns, self.rows_hidden = False, list[tuple[int, int]](), False
        self.merged = Merged()
        self.attributes: dict[str, str] = {}
        self.formula = self.taking = False
        self.value: list[str] = []
        self.done: list[list[Any]] = []

    def read(self, parts: Parts, name: str) -> Iterator[list[Any]]:
        """What the parser has finished is handed on after each piece, so that no length of a list is kept."""
        parser = xml_parser(self._start, self._end, self._text)
        for piece in parts.pieces(name):
            parser.Parse(piece, False)
            yield from self._taken()
        parser.Parse(b"", True)
        yield from self._taken()
        if self.hidden_columns:
            yield ["columns", self.hidden_columns]
        yield from self.merged.lines()

    def _taken(self) -> list[list[Any]]:
        done, self.done = self.done, []
        return done

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "c":
            self.cells_met += 1
            if self.cells_met > MOST_CELLS:
                raise Unreadable("takes_too_much")
            place = REFERENCE.fullmatch(attributes.get("r", ""))
            if place:
                self.column = number_of(place[1])
                if int(place[2]) != self.row:
                    raise Unreadable("not_a_table")
            else:
                self.column += 1
            self.attributes, self.formula, self.value = attributes, False, []
        elif tag == "row":
            number = int(attributes.get("r", self.row + 1))
            if number <= self.row:
                raise Unreadable("not_a_table")
            self.row, self.column, self.cells = number, 0, {}
            self.hidden = yes(attributes, "hidden") or no_size(attributes.get("ht"))
            self.hidden = self.hidden or (self.rows_hidden and "ht" not in attributes and "hidden" not in attributes)
        elif tag in ("v", "t"):
            self.taking = True
        elif tag == "f":
            self.formula = True
        elif tag == "rPh":
            self.attributes = {**self.attributes, "phonetic": "1"}
        elif tag == "sheetFormatPr":
            self.rows_hidden = yes(attributes, "zeroHeight")
        elif tag == "mergeCell" and (area := AREA.fullmatch(attributes.get("ref", ""))):
            self.merged.add(int(area[2]), int(area[4]), number_of(area[1]), number_of(area[3]))
        elif tag == "col" and (yes(attributes, "hidden") or no_size(attributes.get("width"))):
            last = min(int(attributes.get("max", 0)), MOST_COLUMNS)
            self.hidden_columns.append((int(attributes.get("min", 1)), last))

    def _text(self, piece: str) -> None:
        if self.taking and "phonetic" not in self.attributes:
            self.value.append(piece)

    def _end(self, tag: str) -> None:
        if tag in ("v", "t"):
            self.taking = False
        elif tag == "rPh":
            self.attributes = {k: v for k, v in self.attributes.items() if k != "phonetic"}
        elif tag == "c":
            cell = self._cell()
            if cell is not None and not nothing(cell):
                fits(self.column, self.row)
                self.cells[self.column] = cell
        elif tag == "row" and self.cells:
            cells = [self.cells.get(column) for column in range(1, max(self.cells) + 1)]
            self.done.append(["row", self.row, self.hidden, cells])

    def _cell(self) -> Any:
        kind, text = self.attributes.get("t", "n"), "".join(self.value)
        if self.formula:
            return ["bad", "formula"]
        if kind == "e":
            return ["bad", "error_value"]
        if kind == "s":
            number = int(text) if text else -1
            if not 0 <= number < len(self.strings):
                raise Unreadable("not_a_table")
            return self.strings[number]
        if kind in ("inlineStr", "str"):
            return unescaped(text)
        if not text:
            return None
        if kind == "b":
            return text.strip() in ("1", "true")
        if kind == "d":
            return ["d", text.strip().removesuffix("Z")]
        number = float(text)
        style = int(self.attributes.get("s", "0"))
        if style < len(self.days) and self.days[style]:
            return moment(self.day_0, number)
        return number


def moment(day_0: datetime, number: float) -> Any:
    """A number of days as a day, or a moment to the millisecond; as a number where it can be none."""
    if not 0 <= number < 2_958_466:
        return number
    found = day_0 + timedelta(milliseconds=round(number * 86_400_000))
    return ["d", found.date().isoformat() if number == int(number) else found.isoformat()]


def nothing(cell: Any) -> bool:
    """Is a cell a text in which there is nothing to see? However far away it stands, it is no part of a list."""
    return isinstance(cell, str) and not cell.strip(BLANK)


class Merged:
    """The areas of a sheet whose cells are one; what they cover together is bounded, as they cannot overlap."""

    def __init__(self) -> None:
        self.areas: list[tuple[int, int, int, int]] = []
        self.covered = 0

    def add(self, first: int, last: int, left: int, right: int) -> None:
        """An area of more than one cell, cut to what may be read."""
        last, right = min(last, MOST_ROWS), min(right, MOST_COLUMNS)
        if last < first or right < left or (first, left) == (last, right):
            return
        self.covered += (last - first + 1) * (right - left + 1)
        if self.covered > MOST_CELLS:
            raise Unreadable("takes_too_much")
        self.areas.append((first, last, left, right))

    def lines(self) -> Iterator[list[Any]]:
        if self.areas:
            yield ["merged", self.areas]


def yes(attributes: dict[str, str], name: str) -> bool:
    return attributes.get(name, "0") in ("1", "true")


def no_size(said: str | None) -> bool:
    """Is a height or a width so small that nobody sees what has it?"""
    try:
        return said is not None and float(said.strip().removesuffix("px").removesuffix("pt")) <= 0
    except ValueError:
        return False


def number_of(letters: str) -> int:
    """A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


# ---------------------------------------------------------------- XML and HTML that Excel opens as .xls


def workbook_of_2003(data: bytes) -> Iterator[list[Any]]:
    """An XML spreadsheet of Excel 2003: its first visible sheet."""
    sheets: list[dict[str, Any]] = []
    at = {"row": 0, "rows": 0, "column": 0, "taking": False, "across": 0, "comment": False, "visible": False, "col": 0}
    value: list[str] = []
    cell: dict[str, str] = {}
    kind = {"": "String"}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Worksheet":
            name = attributes.get("Name", "")
            sheets.append({"name": name, "rows": [], "visible": True, "columns": [], "merged": Merged()})
            at["row"] = at["rows"] = at["col"] = 0
        elif tag == "Row" and sheets:
            at["row"] = int(attributes.get("Index", at["row"] + at["rows"] + 1))
            at["rows"] = int(attributes.get("Span", 0))
            at["column"] = at["across"] = 0
            hidden = yes(attributes, "Hidden") or no_size(attributes.get("Height"))
            sheets[-1]["rows"].append((at["row"], hidden, {}))
        elif tag == "Cell":
            at["column"] = int(attributes.get("Index", at["column"] + at["across"] + 1))
            at["across"] = int(attributes.get("MergeAcross", 0))
            cell.clear()
            cell.update(attributes)
            area = (at["row"], at["row"] + int(attributes.get("MergeDown", 0)))
            sheets[-1]["merged"].add(*area, at["column"], at["column"] + at["across"])
        elif tag == "Comment":
            at["comment"] = True  # it has a Data of its own, which is no value of the cell
        elif tag == "Data" and not at["comment"]:
            kind[""], at["taking"] = attributes.get("Type", "String"), True
            value.clear()
        elif tag == "Visible":
            at["visible"] = True
            value.clear()
        elif tag == "Column" and sheets:
            first = int(attributes.get("Index", at["col"] + 1))
            at["col"] = first + int(attributes.get("Span", 0))
            if yes(attributes, "Hidden") or no_size(attributes.get("Width")):
                sheets[-1]["columns"].append((first, min(at["col"], MOST_COLUMNS)))

    def text(piece: str) -> None:
        if at["taking"] or at["visible"]:
            value.append(piece)

    def end(tag: str) -> None:
        if tag == "Comment":
            at["comment"] = False
        elif tag == "Data" and not at["comment"]:
            at["taking"] = False
            told = of_2003(kind[""], "".join(value), "Formula" in cell)
            if told is not None and not nothing(told):
                fits(at["column"], at["row"])
                sheets[-1]["rows"][-1][2][at["column"]] = told
        elif tag == "Visible":
            at["visible"] = False
            sheets[-1]["visible"] = "".join(value).strip() == "SheetVisible"

    read_xml((data[at : at + PIECE] for at in range(0, len(data), PIECE)), start, end, text, len(data))
    visible = [sheet for sheet in sheets if sheet["visible"]]
    if not visible:
        raise Unreadable("no_visible_sheet")
    if len(visible) < len(sheets):
        yield ["note", "hidden_sheets", {"num": len(sheets) - len(visible)}]
    for number, hidden, cells in visible[0]["rows"]:
        if cells:
            yield ["row", number, hidden, [cells.get(column) for column in range(1, max(cells) + 1)]]
    if visible[0]["columns"]:
        yield ["columns", visible[0]["columns"]]
    yield from visible[0]["merged"].lines()
    yield ["sheet", visible[0]["name"]]


def of_2003(kind: str, text: str, formula: bool) -> Any:
    if formula:
        return ["bad", "formula"]
    if kind == "Error":
        return ["bad", "error_value"]
    if kind == "Number":
        return float(text)
    if kind == "Boolean":
        return text.strip() == "1"
    if kind == "DateTime":
        day, _, time = text.strip().partition("T")
        return ["d", day if not time or time.startswith("00:00:00") else f"{day}T{time[:8]}"]
    return text


class HtmlTable:
    """One table of a page: its rows with what is hidden of them, and the areas whose cells are one."""

    def __init__(self, hidden: bool) -> None:
        self.hidden, self.body_hidden = hidden, False
        self.rows: list[tuple[bool, dict[int, str]]] = []
        self.columns: list[tuple[int, int]] = []  # that are hidden
        self.last_column = 0  # of which something was said
        self.cells: list[tuple[int, int]] = []  # that are hidden
        self.merged: list[tuple[int, int, int, int]] = []
        self.below: dict[int, int] = {}  # column: the last row that a cell of above fills

    @property
    def titles(self) -> list[list[str]]:
        """The rows that may be the titles: what several tables of one list have in common."""
        told = ([" ".join(cell.split()).casefold() for cell in cells.values()] for _hidden, cells in self.rows[:30])
        return [cells for cells in told if len(cells) > 1]


class Tables(HTMLParser):
    """The tables of a page, their cells in their places."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[HtmlTable] = []
        self.depth = self.column = self.width = self.height = 0
        self.cell: list[str] | None = None
        self.unseen = False  # is anything of the cell hidden?
        self.skipped = ""  # the element whose text is none: a script, a style

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        table = self.tables[-1] if self.tables and self.depth else None
        if tag == "table":
            self.depth += 1
            if self.depth > 1:
                raise Unreadable("nested_tables")
            self.tables.append(HtmlTable(unseen(attributes)))
        elif tag in ("script", "style"):
            self.skipped = tag
        elif table is None:
            return
        elif tag in ("thead", "tbody", "tfoot"):
            table.body_hidden = unseen(attributes)
        elif tag == "col":
            first, table.last_column = table.last_column + 1, table.last_column + span(attributes.get("span"))
            if unseen(attributes):
                table.columns.append((first, min(table.last_column, MOST_COLUMNS)))
        elif tag == "tr":
            self._ends()
            table.rows.append((table.hidden or table.body_hidden or unseen(attributes), {}))
            fits(1, len(table.rows) // EMPTY_ROWS)
            self.column = 0
        elif tag in ("td", "th") and table.rows:
            self._ends()
            self.column += 1
            while table.below.get(self.column, 0) >= len(table.rows):
                self.column += 1
            if self.column > WIDEST:
                raise Unreadable("too_wide", most=MOST_COLUMNS)
            self.width, self.height = span(attributes.get("colspan")), span(attributes.get("rowspan"))
            for column in range(self.column, min(self.column + self.width, MOST_COLUMNS + 1)):
                table.below[column] = len(table.rows) + self.height - 1
            self.cell, self.unseen = [], unseen(attributes)
        elif tag == "br" and self.cell is not None:
            self.cell.append("\n")
        elif self.cell is not None and unseen(attributes):
            self.unseen = True

    def handle_endtag(self, tag: str) -> None:
        if tag == self.skipped:
            self.skipped = ""
        if tag in ("td", "th", "tr", "table"):
            self._ends()
        if tag == "table":
            self.depth = max(self.depth - 1, 0)

    def handle_data(self, data: str) -> None:
        if self.cell is not None and not self.skipped:
            self.cell.append(re.sub(r"\s+", " ", data))

    def _ends(self) -> None:
        if self.cell is not None and self.tables and self.tables[-1].rows:
            table = self.tables[-1]
            row = len(table.rows)
            if text := "".join(self.cell).strip(BLANK):
                fits(self.column, row)
                table.rows[-1][1][self.column] = text
                if self.unseen:
                    table.cells.append((row, self.column))
            if self.width > 1 or self.height > 1:
                table.merged.append((row, row + self.height - 1, self.column, self.column + self.width - 1))
            self.column += self.width - 1
        self.cell = None


def unseen(attributes: dict[str, str]) -> bool:
    """Is an element of a page hidden, by whatever says so?"""
    style = "".join(attributes.get("style", "").split()).lower()
    return (
        "hidden" in attributes
        or re.search(r"(?:^|;)(?:display:none|visibility:(?:hidden|collapse))", style) is not None
        or re.search(r"(?:^|;)(?:width|height|font-size):0+(?:\.0+)?(?:px|pt|em|%)?(?:;|!|$)", style) is not None
        or no_size(attributes.get("height"))
        or no_size(attributes.get("width"))
    )


def span(said: str | None) -> int:
    return min(max(int(said), 1), MOST_ROWS) if said and said.isdecimal() and len(said) < 6 else 1


def page(text: str) -> Iterator[list[Any]]:
    """A page of HTML: the table with most rows, with those that have its titles, as if they were one."""
    reader = Tables()
    text = re.sub(r"<(?![A-Za-z/!?])", "&lt;", text)  # as browsers read it
    for at in range(0, len(text), OF_A_PAGE):
        reader.feed(text[at : at + OF_A_PAGE])
        clock.taken(at + OF_A_PAGE - len(reader.rawdata), len(text))
    reader.close()
    main = max(reader.tables, key=lambda table: len(table.rows), default=None)
    if main is None or not main.rows:
        raise Unreadable("page_without_table")
    titles = main.titles
    of_list = [one for one in reader.tables if one is main or any(told in titles for told in one.titles[:3])]
    others = [one for one in reader.tables if one not in of_list and any(cells for _hidden, cells in one.rows)]
    if others:
        rows = sum(bool(cells) for one in others for _hidden, cells in one.rows)
        yield ["note", "other_tables", {"num": len(others), "rows": rows}]
    above, merged, unseen_cells = 0, Merged(), []
    for table in of_list:
        for number, (hidden, cells) in enumerate(table.rows, above + 1):
            if cells:
                fits(1, number)
                yield ["row", number, hidden, [cell_of(cells.get(column)) for column in range(1, max(cells) + 1)]]
        for first, last, left, right in table.merged:
            merged.add(first + above, min(last, len(table.rows)) + above, left, right)
        unseen_cells += [(row + above, column) for row, column in table.cells]
        above += len(table.rows)
        if table.columns:
            yield ["columns", table.columns]
    if unseen_cells:
        yield ["cells", unseen_cells]
    yield from merged.lines()
    yield ["sheet", None]


# ---------------------------------------------------------------- text


def decoded(data: bytes) -> str:
    """UTF-8, or UTF-16 by its mark or by its zeros; a page of HTML as it says itself."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return without_zeros(data.decode("utf-16"))
    if b"\0" in data[:200]:
        zeros = [data[first:2000:2].count(0) for first in (0, 1)]
        if max(zeros) < 5 * min(zeros) + 2:
            raise Unreadable("not_a_table")
        return without_zeros(data.decode("utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"))
    try:
        return without_zeros(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        said = re.search(rb"charset\s*=\s*[\"']?([\w-]+)", data[:2000]) if data.lstrip().startswith(b"<") else None
        if said is None:
            raise Unreadable("not_utf8") from None
        return without_zeros(data.decode(said[1].decode()))


def without_zeros(text: str) -> str:
    if "\0" in text:
        raise Unreadable("not_a_table")
    return text


def separated(text: str) -> Iterator[list[Any]]:
    """Lines of text with a sign between their cells. A quote that is not as it must be is named with its line."""
    lines = re.split("\r\n|\r|\n", text)
    if lines and not lines[-1]:
        lines.pop()
    total = len(lines)
    while lines and not lines[-1].strip(BLANK):
        lines.pop()
    fits(1, len(lines) // EMPTY_ROWS)
    first = re.fullmatch(r'"?sep=(.)"?', lines[0].strip()) if lines else None
    sign = first[1] if first else sign_of(lines)
    number = at = 1 if first else 0
    continued = 0
    while at < len(lines):
        number += 1
        if number % 1000 == 0:
            clock.taken(at, len(lines))
        if '"' not in lines[at]:
            cells, taken, trouble = lines[at].split(sign), 1, None
        else:
            cells, taken, trouble = quoted(lines, at, sign)
        if trouble:
            fits(1, number)
            for line in range(at, at + taken):
                yield ["bad", number + line - at, trouble, {"line": line + 1, "first": at + 1, "last": at + taken}]
            number += taken - 1
        else:
            continued += taken - 1
            if last := max((n for n, cell in enumerate(cells, 1) if not nothing(cell)), default=0):
                fits(last, number)
            if any(cells):
                yield ["row", number, False, [cell_of(cell) for cell in cells]]
        at += taken
    yield ["lines", total, continued]
    yield ["sheet", None]


def sign_of(lines: list[str]) -> str:
    """The sign between cells: of the line that looks most like titles, if as many signs stand in those below it."""
    shown = [line[:OF_A_LINE] for line in islice((line for line in lines if line.strip()), FIRST_LINES)]
    best = (0.0, 0, "")
    for sign in SEPARATORS:
        counts = [re.sub(r'"[^"]*"', "", line).count(sign) for line in shown]
        for at, line in enumerate(shown):
            below = counts[at + 1 :]
            if counts[at] and (below or not at):
                alike = sum(abs(count - counts[at]) <= 1 for count in below) / len(below) if below else 1
                cells = {NUMBERED.sub("", cell.strip(' "')) for cell in line.split(sign)}
                titles = sum(bool(cell) and not any(letter.isdigit() for letter in cell) for cell in cells)
                best = max(best, (titles * alike, -at, sign))
    return best[2] or max(SEPARATORS, key=lambda one: max((line.count(one) for line in shown), default=0))


def quoted(lines: list[str], at: int, sign: str) -> tuple[list[str], int, str | None]:
    """The cells of a row that has a quote, how many lines it takes, and what is wrong with it."""
    cells: list[str] = []
    line, here, taken = lines[at], 0, 1
    while True:
        as_text = line.startswith('="', here)
        begin = here + as_text
        if not line.startswith('"', begin):
            end = line.find(sign, here)
            end = len(line) if end < 0 else end
            cell = line[here:end]
            if '"' in cell:
                return [], taken, "stray_quote"
        else:
            close, search = -1, begin + 1
            while close < 0:
                found = line.find('"', search)
                if found < 0:
                    if at + taken >= len(lines) or taken > LONGEST_QUOTE:
                        return [], 1, "open_quote"
                    search = len(line) + 1
                    line, taken = f"{line}\n{lines[at + taken]}", taken + 1
                elif line.startswith('""', found):
                    search = found + 2
                else:
                    close = found
            cell, end = line[begin + 1 : close].replace('""', '"'), close + 1
            if end < len(line) and not line.startswith(sign, end):
                return [], taken, "stray_quote"
            if "\n" in cell and sign in cell:
                return [], taken, "quote_swallows"
        cells.append(cell)
        if end >= len(line):
            return cells, taken, None
        here = end + len(sign)


def cell_of(text: str | None) -> Any:
    """A text cell; ="..." is how a text is kept from being taken for a number."""
    if not text:
        return None
    bare = text.strip()
    if (kept := re.fullmatch(r'="([^"]*)"', bare)) is not None:
        return kept[1]
    return ["bad", "formula"] if bare.startswith("=") else text


if __name__ == "__main__":
    main()
