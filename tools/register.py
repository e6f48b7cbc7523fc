"""The beginning of a register: `make register NAME=boarding_schools` (docs/new-register.md).

Writes its declaration, prints its model, and says what comes next.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DECLARATION = '''"""{Words}: who keeps them, and what for."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.models import {models}
from app.registers.declaration import Field, Menu, Register, Row, Text
from app.rules.roles import OFFICE, Role

{NAME} = Register(
    noun="{noun}",
    model={Model},
    title=_l("{Words}"),
    one=_l("{One}"),
    add=_l("Add a record"),
    change=_l("Change a record"),
    menu=Menu("places", "building-cottage", "y"),
    readers=OFFICE | {{Role.auditor}},
    adds=OFFICE,
    changes=OFFICE,
    removes=OFFICE,
    of="place",
    order=("id", "desc"),
    fields=(
        Field("name", _l("Name"), Text(), sought=True),
        Field("place", _l("District or city"), Row(select(Place).where(Place.kind == PlaceKind.district))),
    ),
)
'''
MODEL = '''
class {Model}(Base):
    """{One}: what a row stands for."""

    __tablename__ = "{one}"
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    place: Mapped[Place] = relationship()

    def __str__(self) -> str:
        return self.name
'''
NEXT = """
Next (docs/new-register.md):
1. app/models.py: the class above.
2. app/registers/__init__.py: import {NAME} and name it in ALL.
3. make migrate M="{words}"; name each constraint.
4. make translations, then translations/kk and ru.
"""


def names(name: str) -> dict[str, str]:
    """All that follows from `boarding_schools`. ValueError for what is no plural of small letters."""
    if not (name.replace("_", "").isalpha() and name.islower() and name.isascii() and name.endswith("s")):
        raise ValueError("a register is named by small letters in the plural: boarding_schools")
    one = name[:-1]
    model = one.title().replace("_", "")
    return {
        "models": ", ".join(sorted([model, "Place", "PlaceKind"])),
        "NAME": name.upper(),
        "noun": name.replace("_", "-"),
        "Words": name.replace("_", " ").capitalize(),
        "words": name.replace("_", " "),
        "one": one,
        "One": one.replace("_", " ").capitalize(),
        "Model": model,
    }


def begin(name: str, root: Path = ROOT) -> str:
    """Write the declaration; returns what is to be put elsewhere. FileExistsError where there is one already."""
    told = names(name)
    with (root / "app/registers" / f"{name}.py").open("x", encoding="utf-8") as file:
        file.write(DECLARATION.format(**told))
    return MODEL.format(**told) + NEXT.format(**told)


if __name__ == "__main__":
    try:
        print(begin("".join(sys.argv[1:])))
    except FileExistsError as there:
        sys.exit(f"There is one already: {there.filename}")
    except ValueError as wrong:
        sys.exit(f"NAME: {wrong}")
