"""The second factor of an account: set up by its owner, asked for at the door and for what is far-reaching.

It is lost with a phone: a recovery code stands for it once, another administrator takes it away (ADR 37).
"""

from datetime import datetime

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import delete, func, insert, select

from app.access import second_factor
from app.access.actors import Actor
from app.actions import accounts, letters
from app.actions.moving import record
from app.actions.records import Invalid
from app.db.extensions import db
from app.models import RecoveryCode, SecondFactor
from app.rules.refusals import Reason, Refusal
from app.rules.roles import SECOND_FACTOR


def of(user_id: int, *, locks: bool = False) -> SecondFactor | None:
    """What an account has or sets up."""
    own = select(SecondFactor).where(SecondFactor.user_id == user_id)
    if locks:
        own = own.with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(own).first()


def is_set(user_id: int) -> bool:
    """Has it one?"""
    found = of(user_id)
    return found is not None and found.secret is not None


def codes_left(user_id: int) -> int:
    """How many recovery codes are good yet."""
    unused = select(func.count(RecoveryCode.id)).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(unused) or 0


def begin(user: User, *, by: Actor) -> None:
    """A new secret, to be shown to the own authenticator; it counts for nothing until a code has come of it.

    Raises Refusal(not_allowed) for another's account.
    """
    _own(user, "set_factor", by)
    found = of(user.id, locks=True)
    if found is None:
        found = SecondFactor(user_id=user.id)
        db.session.add(found)
    found.new_secret = second_factor.sealed(second_factor.new_secret())
    db.session.flush()


def confirm(user: User, code: str, *, by: Actor, at: datetime) -> tuple[int, list[str]]:
    """The first code has come: from now on the account has this authenticator, whatever it had before.

    Returns the account's version from now on, and the recovery codes, which are kept nowhere. Raises Invalid for a code
    that is not of the new secret, Refusal: not_allowed, factor_required, wrong_status where none is being set up.
    """
    found = of(user.id, locks=True)
    if found is None or found.new_secret is None:
        raise Refusal(Reason.wrong_status, verb="set_factor")
    secret = second_factor.opened(found.new_secret)
    step = second_factor.step_now(secret, second_factor.typed(code)) if secret else None
    if step is None:
        raise Invalid("authenticator_code", "wrong_code")
    _own(user, "set_factor", by)
    record(user, "set_factor", by=by, at=at)
    found.secret, found.new_secret, found.since, found.last_step = found.new_secret, None, at, step
    return accounts.renew(user), _new_codes(user)


def new_codes(user: User, *, by: Actor, at: datetime) -> list[str]:
    """Ten other recovery codes; those of before are good for nothing. Raises Refusal: not_allowed, factor_required."""
    _own(user, "new_recovery_codes", by)
    if not is_set(user.id):
        raise Refusal(Reason.wrong_status, verb="new_recovery_codes")
    record(user, "new_recovery_codes", by=by, at=at)
    return _new_codes(user)


def remove(user: User, *, needed: bool, by: Actor, at: datetime) -> None:
    """The own one, where nobody asks for one (`needed`). Raises Refusal: not_allowed, factor_required, wrong_status."""
    _own(user, "remove_factor", by)
    if not is_set(user.id) or (needed and by.role in SECOND_FACTOR):
        raise Refusal(Reason.wrong_status, verb="remove_factor")
    record(user, "remove_factor", by=by, at=at)
    _forget(user)


def reset(user: User, *, by: Actor, at: datetime) -> None:
    """Another's, who has lost it: whoever is signed in there is out, and the person is told. Raises as `may_reset`."""
    may_reset(user, by=by, at=at)
    record(user, "reset_factor", by=by, at=at)
    _forget(user)
    accounts.renew(user)
    letters.leave(user, "factor_reset", at=at)


def may_reset(user: User, *, by: Actor, at: datetime) -> None:
    """Raises Refusal: not_allowed (also for the own one, which has a page for it); wrong_status where there is none."""
    accounts.permit_another(user, "reset_factor", by)
    if not is_set(user.id):
        raise Refusal(Reason.wrong_status, verb="reset_factor")


def take(user: User, code: str, *, at: datetime) -> bool:
    """Is this code the account's, now and for the first time? Of its authenticator, or one for its loss, which is told.

    In the caller's transaction, which is the only one for this account. Time is the real one; `at` is for the record.
    """
    found, written = of(user.id, locks=True), second_factor.typed(code)
    if found is None or found.secret is None:
        return False
    secret = second_factor.opened(found.secret)
    step = second_factor.step_now(secret, written) if secret else None
    if step is not None:
        taken = step > found.last_step
        found.last_step = max(step, found.last_step)
        return taken
    return _recovered(user, written, at)


def _recovered(user: User, code: str, at: datetime) -> bool:
    (kept,) = second_factor.recovery_hashes(user.id, [code])
    own = RecoveryCode.user_id == user.id, RecoveryCode.code_hash == kept, RecoveryCode.used_at.is_(None)
    row = db.session.scalars(select(RecoveryCode).where(*own)).first()
    if row is None:
        return False
    row.used_at = at
    db.session.flush()
    left = codes_left(user.id)
    record(user, "use_recovery_code", by=accounts.actor_of(user), at=at, details={"left": left})
    letters.leave(user, "recovery_code_used", at=at, left=left)
    return True


def _own(user: User, verb: str, by: Actor) -> None:
    if user.id != by.user_id:
        raise Refusal(Reason.not_allowed, role=str(by.role), verb=verb)


def _new_codes(user: User) -> list[str]:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = second_factor.new_recovery_codes()
    hashes = second_factor.recovery_hashes(user.id, codes)
    db.session.execute(insert(RecoveryCode), [{"user_id": user.id, "code_hash": one} for one in hashes])
    return codes


def _forget(user: User) -> None:
    for table in (RecoveryCode, SecondFactor):
        db.session.execute(delete(table).where(table.user_id == user.id))
