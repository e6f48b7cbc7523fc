"""Accounts of officials: a role and a reach, given by the administrator, each change on the record (spec 1).

Nobody is given a password: the owner of an account sets it, by a link (invitations.py).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask_appbuilder.security.sqla.models import Role as RoleRow
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import delete, func, or_, select

from app.access import account_scope, password_hashes
from app.access.actors import Actor
from app.access.passwords import easily_guessed
from app.access.permissions import permit
from app.actions import letters
from app.actions.moving import record
from app.actions.records import Invalid
from app.db.extensions import db
from app.models import Account, Invitation, Kindergarten, Place, UserScope
from app.rules.refusals import Reason, Refusal
from app.rules.roles import Role

SHORTEST, LONGEST = 12, 200  # characters of a password


class SignInFacts(NamedTuple):
    """What signing in has to know of an account; of one that may not sign in, or of nobody's, there is no hash."""

    user_id: int | None = None
    hash: str | None = None
    version: int = 0


def find(name: str) -> SignInFacts:
    """The account with this user name, or else this e-mail; capital letters are all the same."""
    if "\0" in name:  # nobody's, and PostgreSQL would refuse to look for it
        return SignInFacts()
    called = or_(User.username == name, func.lower(User.username) == name.lower())
    found = db.session.execute(
        select(User.id, User.password, User.active, func.coalesce(Account.version, 0))
        .outerjoin(Account, Account.user_id == User.id)
        .where(or_(called, User.email == name, func.lower(User.email) == name.lower()))
        .order_by((User.username == name).desc(), called.desc(), User.id)
    ).first()
    return SignInFacts(found[0], found[1] if found[2] else None, found[3]) if found else SignInFacts()


def is_password(known: SignInFacts, password: str) -> bool:
    """Is it this account's password? To say no of nobody's is as much work as of anybody's (spec 7, timing gap)."""
    return password_hashes.is_of(password, known.hash or password_hashes.of_nobody()) and known.hash is not None


def keep_hash(user: User, password: str) -> None:
    """The password is right: a hash of an older kind is made anew while it is at hand."""
    if password_hashes.is_old(user.password or ""):
        user.password = hashed(password)


def signed_in(user: User, *, at: datetime) -> None:
    """Somebody has signed in, with all that the account asks."""
    user.last_login, user.fail_login_count = local(at), 0
    user.login_count = (user.login_count or 0) + 1


def local(at: datetime) -> datetime:
    """A moment as the framework's table of accounts has it: on the clock of this machine, without its zone."""
    return at.astimezone().replace(tzinfo=None)


def hashed(password: str) -> str:
    """What is kept of a password. ValueError for a length that no form lets through."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValueError(f"a password has {SHORTEST} to {LONGEST} characters")
    return password_hashes.made(password)


def chosen(password: str, user: User) -> str:
    """What is kept of a password that its owner has chosen. Raises Invalid for one that is easily guessed."""
    if easily_guessed(password, (user.username, user.first_name, user.last_name, user.email.partition("@")[0])):
        raise Invalid("new", "easily_guessed")
    return hashed(password)


def change_password(user: User, password: str, *, by: Actor, at: datetime) -> int:
    """The own password; whoever is signed in with the old one is out. Returns the account's version from now on.

    Raises Refusal(not_allowed) for another's, Invalid for one that is easily guessed.
    """
    if user.id != by.user_id:
        raise Refusal(Reason.not_allowed, role=str(by.role), verb="change_password")
    record(user, "change_password", by=by, at=at)
    user.password = chosen(password, user)
    return renew(user)


def export(user: User, register: str, filters: Mapping[str, str], rows: int, *, by: Actor, at: datetime) -> None:
    """Spec 1: whoever takes a list away as a file leaves a trace of which one, by which filters, and how many rows.

    `filters` hold nothing that anybody typed: it may be somebody's name or IIN. Raises Refusal(not_allowed).
    """
    record(user, "export", by=by, at=at, details={"register": register, "rows": rows, **filters})


def save(
    user: User,
    *,
    role: Role,
    reach: Sequence[Place | Kindergarten],
    password: str | None = None,
    by: Actor,
    at: datetime,
    **facts: Any,
) -> User:
    """Add or change one account: its facts, its one role, where its rights reach; a `password` in the demo alone.

    Only what differs is written, and stands on the record. Another e-mail is told to the old one: links go there.

    Another role or password, or the right to sign in, ends what anybody began with the old one. Raises
    Refusal(not_allowed; also for another role, or no way in, that somebody gives to the own account), Invalid for a
    reach that the role does not have, IntegrityError for a user name or e-mail that is taken.
    """
    verb = "change" if user.id else "create"
    permit(by, verb, user)
    loses = [own.name for own in user.roles] != [role] or not facts.get("active", user.active)
    if loses and user.id is not None and user.id == by.user_id:
        raise Refusal(Reason.not_allowed, role=str(by.role), verb=verb, own_account=True)
    _reaches(role, reach)
    before, lived = (user.active, [own.name for own in user.roles]), user.email
    told: dict[str, Any] = {name: value for name, value in facts.items() if getattr(user, name) != value}
    for name, value in told.items():
        setattr(user, name, value)
    if password:
        user.password, told["password"] = chosen(password, user), True
    if before[1] != [role]:
        user.roles, told["role"] = [role_row(role)], role
    db.session.add(user)
    db.session.flush()
    if password or before != (user.active, [str(role)]):
        renew(user)
    if _reach(user, reach):
        told["reach"] = [str(where) for where in reach]
    if told:
        record(user, verb, by=by, at=at, details=told)
    if verb == "change" and ("email" in told or not user.active):
        withdraw_links(user, at=at)
    if "email" in told and verb == "change":
        letters.leave(user, "email_changed", at=at, address=lived)
    return user


def _reach(user: User, reach: Sequence[Place | Kindergarten]) -> bool:
    """Make this the account's reach; was it another one?"""
    named = {("place_id" if isinstance(where, Place) else "kindergarten_id", where.id) for where in reach}
    there = db.session.scalars(select(UserScope).where(UserScope.user_id == user.id)).all()
    if {
        ("place_id", one.place_id) if one.place_id else ("kindergarten_id", one.kindergarten_id) for one in there
    } == named:
        return False
    db.session.execute(delete(UserScope).where(UserScope.user_id == user.id))
    for column, pk in sorted(named):
        db.session.add(UserScope(user_id=user.id, **{column: pk}))
    return True


def _reaches(role: Role, reach: Sequence[Place | Kindergarten]) -> None:
    """Spec 1: a head has one kindergarten, the others places; who administers accounts needs neither."""
    of_head = role is Role.head
    if [where for where in reach if isinstance(where, Kindergarten) is not of_head]:
        raise Invalid("place" if of_head else "kindergarten", "reach_of_another_role")
    if not reach and role is not Role.administrator:
        raise Invalid("kindergarten" if of_head else "place", "no_reach")


def withdraw_links(user: User, *, at: datetime) -> None:
    """No link to set its password that is on its way opens anything any more."""
    is_open = Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None)
    own = select(Invitation).where(Invitation.user_id == user.id, *is_open).with_for_update()
    for one in db.session.scalars(own):
        one.withdrawn_at = at
    db.session.flush()


def permit_another(user: User, verb: str, by: Actor) -> None:
    """Raises Refusal(not_allowed), also for the own account, which has a page of its own for it."""
    permit(by, verb, user)
    if user.id == by.user_id:
        raise Refusal(Reason.not_allowed, role=str(by.role), verb=verb, own_account=True)


def renew(user: User) -> int:
    """From now on there is a new version of this account, which is returned: what began under an older one is over."""
    account = db.session.scalars(select(Account).where(Account.user_id == user.id).with_for_update()).first()
    if account is None:
        account = Account(user_id=user.id, version=0)
        db.session.add(account)
    account.version += 1
    db.session.flush()
    return account.version


def role_row(role: Role) -> RoleRow:
    """The framework's row for one of our roles; what it may is in rules/verbs.py."""
    row = db.session.scalars(select(RoleRow).where(RoleRow.name == str(role))).first()
    if row is None:
        row = RoleRow(name=str(role))
        db.session.add(row)
    return row


def roles_of(user: Any) -> set[Role]:
    """The roles of a user that are ours."""
    return {Role(role.name) for role in getattr(user, "roles", []) if role.name in set(Role)}


def still(user_id: int, role: str) -> Actor | None:
    """Whoever asked for a piece of work, with the rights of today; None who no longer has the role of then."""
    try:
        by = actor_of(db.session.get_one(User, user_id))
    except Refusal:
        return None
    return by if str(by.role) == role else None


def actor_of(user: User, known: account_scope.AccountScope | None = None) -> Actor:
    """Spec 1: the role that an official has now, and how far it reaches; without a scope it reaches nowhere.

    `known` is the account's own reach, where it is known already. Raises Refusal(not_allowed) for an account that was
    closed or has no role.
    """
    reaches = known or account_scope.of(user.id)
    role = next((one for one in sorted(Role) if one in reaches.roles), None)
    if role is None or not user.is_active:
        raise Refusal(Reason.not_allowed)
    return Actor(
        role,
        user_id=user.id,
        place_ids=reaches.below,
        above_ids=reaches.above,
        kindergarten_id=next(iter(sorted(reaches.kindergartens)), 0) if role is Role.head else None,
    )
