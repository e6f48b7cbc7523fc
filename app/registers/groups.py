"""Groups of kindergartens: their birth years, their language and how many children they take."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.models import KgGroup, Kindergarten, Language
from app.registers.declaration import Field, Menu, Number, OneOf, Register, Row, Text
from app.rules.roles import FAMILIES, OFFICE, Role

WRITERS = OFFICE | {Role.head}
NAME_TAKEN = _l("The kindergarten has a group of this name already.")

GROUPS = Register(
    noun="groups",
    model=KgGroup,
    title=_l("Groups"),
    one=_l("Group"),
    add=_l("Add a group"),
    change=_l("Change a group"),
    nothing=_l("Add a group with its birth years; vacancies are drafted for groups."),
    menu=Menu("places", "users-group", "c"),
    readers=FAMILIES,
    adds=WRITERS,
    changes=WRITERS,
    removes=WRITERS,
    picks=FAMILIES,
    order=("id", "asc"),
    in_form=("kindergarten", "name", "language", "birth_year_from", "birth_year_to", "capacity"),
    fields=(
        Field(
            "name",
            _l("Group"),
            Text(120),
            ordered=True,
            titles=("Топ", "Группа", "Топтың атауы", "Название группы"),
        ),
        Field("kindergarten", _l("Kindergarten"), Row(select(Kindergarten))),
        Field(
            "language",
            _l("Language of instruction"),
            OneOf(Language),
            filtered=True,
            titles=("Тіл", "Язык обучения", "Оқыту тілі", "Язык"),
        ),
        Field("birth_year_from", _l("First birth year"), Number(2010, 2040)),
        Field("birth_year_to", _l("Last birth year"), Number(2010, 2040)),
        Field(
            "capacity",
            _l("Capacity"),
            Number(0, 999),
            ordered=True,
            titles=("Сыйымдылығы", "Вместимость", "Топтың сыйымдылығы"),
        ),
        Field("attending", _l("Attend")),
        Field("over_capacity", _l("More children than places")),
    ),
    clashes={
        "kg_group.kindergarten_id, kg_group.name": NAME_TAKEN,
        "uq_group_name_once_in_its_kindergarten": NAME_TAKEN,
    },
)
