"""Accounts of officials: a role and a reach, given by the administrator, each change on the record (spec 1)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import Role as RoleRow
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import delete, select
from werkzeug.security import generate_password_hash

from app.actions import places
from app.actions.moving import record
from app.extensions import db
from app.models import Kindergarten, Place, UserScope
from app.permissions import Actor, Role, permit
from app.rules.refusals import Reason, Refusal

HASH = "scrypt:131072:8:1"


def save(
    user: User,
    *,
    role: Role,
    reach: Sequence[Place | Kindergarten],
    password: str | None,
    by: Actor,
    at: datetime,
    **facts: Any,
) -> User:
    """Add or change one account: its facts, its one role, where its rights reach, and a new password if given.

    Raises Refusal(not_allowed; also for a role that somebody gives to the own account), IntegrityError for a user
    name or e-mail that is taken.
    """
    verb = "change" if user.id else "create"
    permit(by, verb, user)
    if user.id is not None and user.id == by.user_id and [own.name for own in user.roles] != [role]:
        raise Refusal(Reason.not_allowed, role=str(by.role), verb=verb)
    for name, value in facts.items():
        setattr(user, name, value)
    if password:
        user.password = generate_password_hash(password, HASH)
    user.roles = [role_row(role)]
    db.session.add(user)
    db.session.flush()
    db.session.execute(delete(UserScope).where(UserScope.user_id == user.id))
    for where in reach:
        column = "place_id" if isinstance(where, Place) else "kindergarten_id"
        db.session.add(UserScope(user_id=user.id, **{column: where.id}))
    details = {"role": role, "reach": [str(where) for where in reach], "password": bool(password), **facts}
    record(user, verb, by=by, at=at, details=details)
    return user


def role_row(role: Role) -> RoleRow:
    """The framework's row for one of our roles; what it may is in permissions.py."""
    row = db.session.scalars(select(RoleRow).where(RoleRow.name == str(role))).first()
    if row is None:
        row = RoleRow(name=str(role))
        db.session.add(row)
    return row


def roles_of(user: Any) -> set[Role]:
    """The roles of a user that are ours."""
    return {Role(role.name) for role in getattr(user, "roles", []) if role.name in set(Role)}


def actor_of(user: User, reach: places.Reach) -> Actor:
    """Spec 1: the role that an official has now, and how far it reaches; without a scope it reaches nowhere.

    `reach` is the account's own. Raises Refusal(not_allowed) for an account that was closed or has no role.
    """
    role = next((one for one in sorted(Role) if one in reach.roles), None)
    if role is None or not user.is_active:
        raise Refusal(Reason.not_allowed)
    return Actor(
        role,
        user_id=user.id,
        place_ids=reach.below,
        above_ids=reach.above,
        kindergarten_id=next(iter(sorted(reach.kindergartens)), 0) if role is Role.head else None,
    )
