"""The owner of an account sets its password, by a link that comes by e-mail (docs/adr/0037-accounts.md).

The first one and a forgotten one are the same. A link opens once, for some days, and only the newest one of an account.
"""

import secrets
from datetime import datetime
from enum import StrEnum

from flask import current_app
from sqlalchemy import select

from app.access.actors import Actor
from app.access.hashes import hashed
from app.actions import accounts, letters
from app.actions.moving import record
from app.db.extensions import db
from app.models import Invitation, User
from app.rules.refusals import Reason, Refusal


class Standing(StrEnum):
    """What has become of a link."""

    waits = "waits"
    used = "used"
    withdrawn = "withdrawn"
    over = "over"


def invite(user: User, *, by: Actor, at: datetime, sends: bool = True) -> Invitation:
    """Send the link, or a new one. From now on no password opens the account, and whoever is signed in is out.

    `sends`: by a letter, which makes the link; else whoever asks makes it (`new_key`).

    Raises Refusal as `may_invite` does.
    """
    may_invite(user, by=by, at=at)
    began = user.password is None and user.last_login is None
    accounts.withdraw_links(user, at=at)
    until = at + current_app.config["KEZEK"].invitation
    invitation = Invitation(user_id=user.id, asked_by_id=by.user_id, asked_at=at, expires_at=until)
    db.session.add(invitation)
    record(user, "invite", by=by, at=at, details={"valid_until": until})
    user.password = None
    accounts.renew(user)
    if sends:
        letters.leave(user, "invite" if began else "new_password", at=at, invitation=invitation)
    return invitation


def may_invite(user: User, *, by: Actor, at: datetime) -> None:
    """Raises Refusal: not_allowed (also for the own account, which has a page for it), wrong_status for a closed."""
    accounts.permit_another(user, "invite", by)
    if not user.active:
        raise Refusal(Reason.wrong_status, verb="invite")


def withdraw(user: User, *, by: Actor, at: datetime) -> None:
    """The link opens nothing any more. Raises Refusal as `may_withdraw` does."""
    may_withdraw(user, by=by, at=at)
    record(user, "withdraw_link", by=by, at=at)
    accounts.withdraw_links(user, at=at)


def may_withdraw(user: User, *, by: Actor, at: datetime) -> None:
    """Raises Refusal: not_allowed; wrong_status where no link waits."""
    accounts.permit_another(user, "withdraw_link", by)
    newest = last(user.id)
    if newest is None or standing(newest, at) is not Standing.waits:
        raise Refusal(Reason.wrong_status, verb="withdraw_link")


def last(user_id: int) -> Invitation | None:
    """The newest one of an account."""
    own = select(Invitation).where(Invitation.user_id == user_id)
    return db.session.scalars(own.order_by(Invitation.id.desc()).limit(1)).first()


def standing(invitation: Invitation, at: datetime) -> Standing:
    """How it stands at a moment."""
    if invitation.used_at is not None:
        return Standing.used
    if invitation.withdrawn_at is not None:
        return Standing.withdrawn
    return Standing.waits if at <= invitation.expires_at else Standing.over


def new_key(invitation: Invitation) -> str:
    """What stands in its link, from now on and nowhere else; any other that was written opens nothing any more."""
    key = secrets.token_urlsafe(32)
    invitation.key_hash = hashed(key)
    return key


def whose(key: str, *, at: datetime, locks: bool = False) -> tuple[Invitation, User] | None:
    """The open invitation of a link, and the account; None for a link that opens nothing (any more)."""
    found = select(Invitation, User).join(User, User.id == Invitation.user_id)
    found = found.where(Invitation.key_hash == hashed(key), User.active.is_(True))
    if locks:
        found = found.with_for_update(of=Invitation).execution_options(populate_existing=True)
    one = db.session.execute(found).first()
    return (one[0], one[1]) if one and standing(one[0], at) is Standing.waits else None


def set_password(key: str, password: str, *, at: datetime) -> User:
    """By a link: the account has this password from now on, and the link opens nothing any more.

    Raises Refusal(wrong_status) where it does not by now, Invalid for a password that is easily guessed.
    """
    if (found := whose(key, at=at, locks=True)) is None:
        raise Refusal(Reason.wrong_status, verb="set_password")
    invitation, user = found
    user.password, invitation.used_at = accounts.chosen(password, user), at
    record(user, "set_password", by=accounts.actor_of(user), at=at)
    accounts.renew(user)
    letters.leave(user, "password_set", at=at)
    return user
