"""What stands twice for the sake of speed must say the same twice (spec 3.3): asked after every scenario."""

from app.db.extensions import db
from app.models import Application, PrivilegeStatus


def disagreeing() -> list[Application]:
    """The applications on which something else stands than their privileges say."""
    db.session.expire_all()
    wrong = []
    for row in db.session.scalars(db.select(Application)):
        (kind, until), *more = [
            (p.kind, p.valid_until) for p in row.privileges if p.status is PrivilegeStatus.confirmed
        ] or [(None, None)]
        if more or (row.privilege, row.privilege_until) != (kind, until):
            wrong.append(row)
    return wrong
