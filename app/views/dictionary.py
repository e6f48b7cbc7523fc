"""The data dictionary: what is recorded in each register, in which form, and who may write it, from its declaration."""

from typing import Any

from flask import current_app
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import words
from app.models import Kindergarten
from app.registers import declaration as said
from app.registers.declaration import Field
from app.rules.roles import FAMILIES
from app.views import registers
from app.views.base import BaseView, page
from app.views.paging import Records

HELD = {  # what a field holds, as people call it
    said.Text: _l("one line, at most %(longest)d letters"),
    said.Lines: _l("several lines, at most %(longest)d letters"),
    said.Own: _l("one line, at most %(longest)d letters"),
    said.Name: _l("a person's name, at most %(longest)d letters"),
    said.Iin: _l("an IIN"),
    said.Bin: _l("a BIN"),
    said.Phone: _l("one phone number or several"),
    said.Email: _l("an e-mail address"),
    said.Yes: _l("yes or no"),
    said.Day: _l("a day"),
    said.Number: _l("a whole number from %(least)d to %(most)d"),
    said.OneOf: _l("one of: %(names)s"),
    said.SomeOf: _l("some of: %(names)s"),
    said.Row: _l("another record"),
    type(None): _l("follows from the rest; it is not typed"),
}


def held(one: Field) -> str:
    """What a field may hold."""
    if isinstance(one.type, said.OneOf | said.SomeOf):
        return str(HELD[type(one.type)]) % {"names": ", ".join(words.label(name) for name in one.type.kind)}
    return str(HELD[type(one.type)]) % getattr(one.type, "__dict__", {})


def needed(one: Field) -> str:
    """Does it have to be there? What is not typed, or only ticked, cannot be missing."""
    return "—" if one.type is None or isinstance(one.type, said.Yes) else _("yes") if one.required else _("no")


class DictionaryView(BaseView):
    """The registers whose lists the reader may open."""

    route_base = "/dictionary"
    subject, readers = Kindergarten, FAMILIES
    datamodel = Records(Kindergarten)
    list_title = _l("Data dictionary")
    base_order = None

    @classmethod
    def routes(cls) -> set[str]:
        return {"list"}

    @expose("/")
    @has_access
    def list(self) -> Any:
        may = current_app.appbuilder.sm.has_access
        open_to = [(one, view) for one, view in registers.views().items() if may("can_list", view.__name__)]
        return page("pages/dictionary.html", title=self.list_title, registers=open_to, held=held, needed=needed)
