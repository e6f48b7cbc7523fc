"""What officials are written about their own accounts, in the two languages of the country."""

from typing import Any, NamedTuple

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.actions.invitations import Standing
from app.models import AccountLetter, Invitation, Language
from app.words.days import moment
from app.words.notices import Written, error


class Letter(NamedTuple):
    """What it is about, and what it says."""

    subject: Any
    text: Any


LETTERS: dict[str, Letter] = {
    "invite": Letter(
        _l("Kezek: your account"),
        _l(
            "You have an account in Kezek, the back office of the queue to kindergartens. User name: %(user)s\n\n"
            "Open this link and choose your password:\n%(link)s\n\nIt opens once, until %(until)s. Pass it on to "
            "nobody."
        ),
    ),
    "new_password": Letter(
        _l("Kezek: a new password"),
        _l(
            "An administrator has sent you a link to choose a new password. User name: %(user)s\n\n%(link)s\n\nIt "
            "opens once, until %(until)s. The old password opens nothing any more. If you did not ask for it, tell an "
            "administrator."
        ),
    ),
    "password_set": Letter(
        _l("Kezek: your password was set"),
        _l(
            "The password of your account %(user)s was set by the link that was sent to you. If it was not you, tell "
            "an administrator at once."
        ),
    ),
    "email_changed": Letter(
        _l("Kezek: your e-mail was changed"),
        _l(
            "An administrator has entered another e-mail for your account %(user)s; letters go there from now on. If "
            "you know nothing of it, tell your department at once."
        ),
    ),
    "factor_reset": Letter(
        _l("Kezek: your second factor was taken away"),
        _l(
            "An administrator has taken away the second factor of your account %(user)s. Set up a new one when you "
            "sign in next. If you did not ask for it, tell your department at once."
        ),
    ),
    "recovery_code_used": Letter(
        _l("Kezek: a recovery code was used"),
        _l(
            "A recovery code has just stood for the authenticator of your account %(user)s. Recovery codes left: "
            "%(left)s. If it was not you, tell an administrator at once."
        ),
    ),
}
FORM = _l("Hello, %(name)s!\n\n%(sentence)s\n\nThis letter was written by a machine; do not answer it.")
STANDING: dict[Standing, Any] = {
    Standing.waits: _l("good until %(until)s, not used yet"),
    Standing.used: _l("used, %(used)s"),
    Standing.withdrawn: _l("withdrawn"),
    Standing.over: _l("its days are over"),
}


def letter(told: AccountLetter, link: str = "") -> Written:
    """A letter as it is sent, first in Kazakh, then in Russian; `link`: what stands nowhere else."""
    written = [_in(language, told, link) for language in (Language.kk, Language.ru)]
    return Written(" · ".join(one.subject for one in written), "\n\n———\n\n".join(one.text for one in written))


def _in(language: Language, told: AccountLetter, link: str) -> Written:
    until = moment(told.invitation.expires_at)[:-3] if told.invitation else ""
    facts = {**told.facts, "user": told.user.username, "link": link, "until": until}
    with force_locale(language):
        said = LETTERS[told.template]
        sentence = str(said.text) % facts
        return Written(str(said.subject), str(FORM) % {"name": told.user.get_full_name(), "sentence": sentence})


SEEN: dict[str, Any] = {  # views/filters.py
    "long_ago": _l("not seen for 90 days"),
    "never": _l("never"),
}


def seen(name: str) -> str:
    """How long an account has not been used."""
    return str(SEEN[name])


def link(invitation: Invitation, standing: Standing) -> str:
    """What has become of a link."""
    facts = {"until": moment(invitation.expires_at), "used": moment(invitation.used_at)}
    return str(STANDING[standing]) % facts


def letter_state(told: AccountLetter) -> str:
    """What has become of a letter, and what it was about."""
    said = str(LETTERS[told.template].subject)
    if told.error:
        return _("%(subject)s: not sent, %(why)s", subject=said, why=error(told.error))
    if told.text is not None:
        return _("%(subject)s: shown here, for the demo sends nothing", subject=said)
    if told.sent_at is not None:
        return _("%(subject)s: sent, %(at)s", subject=said, at=moment(told.sent_at))
    return _("%(subject)s: on its way", subject=said)
