"""How it is with a paper, in words (actions/documents.py)."""

from flask_babel import gettext as _

from app.actions.documents import PaperStanding
from app.words.days import day


def in_groups(digest: str) -> str:
    """Hexadecimal digits as people compare and copy them."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))


def standing(one: PaperStanding) -> str:
    """Of one version: whether it holds and until when, since when it is void, what has replaced it."""
    said = []
    if one.replaced_by is not None:
        said.append(_("replaced by version %(version)d on %(day)s", version=one.replaced_by, day=day(one.replaced_at)))
    if not one.right.valid:
        said.append(_("void since %(day)s", day=day(one.right.invalid_since)))
    if not said and not one.made:
        return _("there is no paper")
    if not said:
        last = one.right.last_day
        said.append(_("valid through %(day)s", day=day(last)) if last else _("valid"))
    if one.differs:
        said.append(_("the record was changed since it was signed"))
    return "; ".join(said)
