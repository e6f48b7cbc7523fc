"""What families and kindergartens are told and how it is written to them, and reasons as they were given."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from app.access import personal_data
from app.models import Audience, Channel, Language, Notice
from app.rules.reasons import NAMES, OwnReason
from app.rules.roles import Role
from app.words.days import day
from app.words.names import name
from app.words.verbs import VERBS

# (template, audience), and where one template says several things the facts that a sentence needs: the first that
# finds all of them is said.
NOTICES: dict[tuple[str, ...], Any] = {
    ("register", Audience.family): _l("Your child is in the queue. The application's number is %(number)s."),
    ("change", Audience.family): _l(
        "The phone or the e-mail of this application was changed; from now on notices go to the new ones. If you know "
        "nothing of it, tell the education department at once."
    ),
    ("issue", Audience.family): _l(
        "A voucher has been issued to your child. Confirm your interest by %(confirm_by)s, or it lapses."
    ),
    ("confirm", Audience.family): _l(
        "Your interest is confirmed. Choose a kindergarten and sign the contract by %(choose_by)s."
    ),
    ("refuse", Audience.family): _l("You refused the voucher. The application is in the archive."),
    ("lapse", Audience.family): _l(
        "Interest was not confirmed in time. The application is on the stop-list; "
        "you may restore its place by %(until)s."
    ),
    ("restore", Audience.family): _l("Your child stands in the queue again by its original day."),
    ("offer", Audience.family): _l(
        "Your turn has come: a place in %(kindergarten)s waits for your child. Choose it by %(priority_by)s, "
        "or it becomes free choice."
    ),
    ("pass_over", Audience.family): _l(
        "The offered place was not chosen by %(last_day)s. It is free choice now; "
        "your child waits on by its original day."
    ),
    ("miss", Audience.family, "misses"): _l(
        "Nobody came with the referral by %(last_day)s. Missed referrals: %(misses)s. "
        "Your child was taken out of the queue."
    ),
    ("miss", Audience.family, "until"): _l(
        "Nobody came with the referral by %(last_day)s. The application is on the stop-list until %(until)s."
    ),
    ("miss", Audience.family): _l(
        "Nobody came with the referral by %(last_day)s. The application is blocked until the department releases it; "
        "it is not deleted."
    ),
    ("release", Audience.family): _l("The stop-list is over. Your child waits on by its original day."),
    ("reinstate", Audience.family): _l("Your child waits in the queue again by its original day: %(reason)s."),
    ("leave", Audience.family): _l("Your child left %(kindergarten)s. The application is in the archive."),
    ("choose", Audience.family, "attend_by"): _l(
        "You chose %(kindergarten)s. Come there with the referral and your papers by %(attend_by)s."
    ),
    ("choose", Audience.family, "begins_on"): _l(
        "You chose a temporary place in %(kindergarten)s: your child may attend from %(begins_on)s until %(ends_on)s. "
        "The referral is among your documents."
    ),
    ("choose", Audience.kindergarten, "begins_on"): _l(
        "A family chose a temporary place in your kindergarten, from %(begins_on)s until %(ends_on)s."
    ),
    ("choose", Audience.family): _l("You chose %(kindergarten)s. The referral is among your documents."),
    ("choose", Audience.kindergarten): _l("A family chose your kindergarten."),
    ("sign", Audience.family): _l("The contract was signed."),
    ("sign", Audience.kindergarten): _l("The contract was signed."),
    ("enrol", Audience.family): _l("Your child is enrolled: %(kindergarten)s."),
    ("expire", Audience.family): _l(
        "No kindergarten was chosen and signed for by %(last_day)s. "
        "The voucher expired, the application is in the archive."
    ),
    ("extend", Audience.family, "confirm_by"): _l("The term of your voucher was extended to %(confirm_by)s."),
    ("extend", Audience.family, "choose_by"): _l("The term of your voucher was extended to %(choose_by)s."),
    ("extend", Audience.family, "attend_by"): _l("You may come with the referral until %(attend_by)s now."),
    ("revoke", Audience.family, "kindergarten", "reason"): _l(
        "The referral to %(kindergarten)s was revoked: %(reason)s. Your child waits on by its original day."
    ),
    ("revoke", Audience.family, "kindergarten"): _l(
        "You took the referral to %(kindergarten)s back. Your child waits on by its original day."
    ),
    ("extend", Audience.kindergarten): _l(
        "A family may come to your kindergarten with its referral until %(attend_by)s now."
    ),
    ("revoke", Audience.kindergarten): _l(
        "The referral of a child to your kindergarten was revoked. Its place is free again."
    ),
    ("absent", Audience.kindergarten): _l(
        "A child of your kindergarten is away from %(from_on)s until %(until)s. A temporary vacancy of these days was "
        "drafted: publish it if the place is to be lent."
    ),
    ("revoke", Audience.family): _l("The voucher was revoked: %(reason)s. Your child waits on by its original day."),
    ("correct", Audience.family): _l(
        "What is recorded of your child or of you was corrected. The number in the queue goes by what is recorded now."
    ),
    ("correct", Audience.department): _l(
        "By the corrected birth date this child could not have got the place or the voucher that it has. "
        "Decide whether it stays."
    ),
    ("archive", Audience.family): _l("The application is in the archive: %(reason)s."),
    ("withdraw", Audience.family): _l("Your child was taken out of the queue at your wish."),
    ("expel", Audience.family): _l(
        "The temporary stay ended on %(ends_on)s. Its voucher is annulled; your child's place in the queue is kept."
    ),
    ("expel", Audience.kindergarten): _l("The temporary stay of a child ended on %(ends_on)s."),
    ("remind", Audience.family, "priority_by"): _l("The place that was offered to you waits until %(last_day)s."),
    ("remind", Audience.family, "attend_by"): _l("Come with the referral by %(last_day)s."),
    ("remind", Audience.family, "until"): _l(
        "The time on the stop-list ends on %(last_day)s. Until then the place in the queue can be restored, unless it "
        "was restored before."
    ),
    ("remind_stay", Audience.family): _l(
        "The temporary stay of your child ends on %(last_day)s, which is its last day there."
    ),
    ("remind", Audience.family): _l("The term of your voucher ends on %(last_day)s."),
    ("confirm_privilege", Audience.family): _l(
        "Your child's privilege is confirmed. It counts in the queue from now on."
    ),
    ("reject_privilege", Audience.family): _l(
        "Your child's privilege was rejected: %(reason)s. Your child waits on by its original day."
    ),
    ("expire_privilege", Audience.family): _l(
        "The certificate of your child's privilege held through %(last_day)s. "
        "Without a new one your child goes by its original day in the general queue."
    ),
    ("remind_privilege", Audience.family): _l(
        "The certificate of your child's privilege holds through %(last_day)s. Bring a new one by then."
    ),
    ("join", Audience.family): _l(
        "%(full_name)s asks to join this application and to see it as you do. If you object, say so at the education "
        "department before it decides."
    ),
    ("approve_guardianship", Audience.family): _l("%(full_name)s sees this application from now on."),
    ("approve_guardianship", Audience.guardian): _l(
        "You have joined the application. Sign in with your IIN and this phone, and you see it."
    ),
    ("reject_guardianship", Audience.family): _l("The wish of %(full_name)s to join this application was rejected."),
    ("reject_guardianship", Audience.guardian): _l("Your wish to join the application was rejected: %(reason)s."),
    ("wished_place", Audience.family): _l(
        "A place is free in %(kindergarten)s, for which you wait. It is no promise: look in your cabinet whether your "
        "child may choose it."
    ),
    ("lose", Audience.family, "free"): _l(
        "The lot gave your child no place in %(kindergarten)s: %(asked)s asked, places: %(places)s, your line in the "
        "draw: %(line)s. Free for your child now: %(free)s. Your child waits on by its original day."
    ),
    ("lose", Audience.family): _l(
        "The lot gave your child no place in %(kindergarten)s: %(asked)s asked, places: %(places)s, your line in the "
        "draw: %(line)s. No other place is free for your child now. Your child waits on by its original day."
    ),
    ("no_calendar", Audience.department): _l("A term waits: no days off are entered for %(year)s."),
}
SMS = _l("Application %(number)s: %(sentence)s")
SUBJECT = _l("Queue to kindergartens: application %(number)s")
LETTER = _l(
    "Hello!\n\n%(sentence)s\n\nApplication: %(number)s\nDistrict or city: %(place)s\n\n"
    "This letter was written by a machine; do not answer it."
)
REACHED: dict[str, Any] = {  # rules/notices.py
    "no": _l("reached nobody"),
    "perhaps": _l("perhaps arrived"),
    "waits": _l("on its way"),
    "yes": _l("sent"),
}
ERRORS: dict[str, Any] = {  # why a notice did not leave, or nobody knows whether it did
    "no_address": _l("no mobile phone or no e-mail is recorded"),
    "unreachable": _l("the gateway cannot be reached"),
    "refused": _l("the gateway refuses this message or its address"),
    "refused_now": _l("the gateway takes nothing for now"),
    "no_answer": _l("the gateway took it and gave no answer"),
    "strange_answer": _l("the gateway gave an answer that says nothing"),
    "unknown": _l("the machine stopped while it was being sent"),
    "died": _l("the machine stopped before it was sent, again and again"),
    "cancelled": _l("somebody cancelled it"),
}
REASONS: dict[OwnReason, Any] = {
    OwnReason.choose_by: _l("no place was chosen and signed in time"),
    OwnReason.stop_list: _l("the place in the queue was not restored in time"),
    OwnReason.over_age: _l("the child has reached school age"),
    OwnReason.certificate: _l("the certificate no longer holds"),
    OwnReason.another_privilege: _l("another privilege was confirmed"),
    OwnReason.expire: _l("the voucher expired"),
    OwnReason.refuse: _l("the voucher was refused"),
    OwnReason.revoke: _l("the voucher was revoked"),
}


def reason(value: str | None) -> str:
    """A reason as people gave it, or as the system names its own."""
    return str(REASONS[OwnReason(value)]) if value in NAMES else value or ""


def notice(told: Notice) -> str:
    """A notice as its reader gets it, in the language of this page; a person's name as whoever reads may see it."""
    known = personal_data.facts(told.__tablename__, told.application_id, told.facts) or {}
    there = {name for name, value in known.items() if value is not None} | {known.get("term")}
    for (template, audience, *facts), sentence in NOTICES.items():
        if (template, audience) == (told.template, told.audience) and there.issuperset(facts):
            return str(sentence) % _Facts(known)
    return str(VERBS.get(told.template, told.template))


class Written(NamedTuple):
    """A notice as it is sent; an SMS has no subject."""

    subject: str
    text: str


def message(told: Notice, channel: Channel) -> Written:
    """A notice as it is sent by this way, in the family's language; to a kindergarten in both of the country's."""
    with personal_data.reading_as(personal_data.Reader(Role.family)):  # whoever it goes to
        written = [_in(language, told, channel) for language in _languages(told)]
    return Written(written[0].subject, "\n\n———\n\n".join(one.text for one in written))


def _languages(told: Notice) -> Sequence[Language]:
    if told.audience is Audience.kindergarten:
        return Language.kk, Language.ru
    return (told.application.notice_language,)


def _in(language: Language, told: Notice, channel: Channel) -> Written:
    with force_locale(language):
        facts = {"number": told.application.number, "sentence": notice(told), "place": name(told.application.place)}
        if channel is Channel.sms:
            return Written("", str(SMS) % facts)
        return Written(str(SUBJECT) % facts, str(LETTER) % facts)


def reached(name: str) -> str:
    """What became of a notice by all its ways together."""
    return str(REACHED[name])


def error(name: str | None) -> str:
    """Why a notice did not leave."""
    return str(ERRORS.get(name or "", name or ""))


DAY = re.compile(r"\d{4}-\d\d-\d\d")  # as facts have it; a kindergarten may be called 20240101


class _Facts(dict[str, Any]):
    """A notice's facts as sentences need them: days as people write them, and a dash for one that is missing."""

    def __missing__(self, _name: str) -> str:
        return "—"

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name) if name in self else self.__missing__(name)
        if not (isinstance(value, str) and DAY.fullmatch(value)):
            return reason(value) if name == "reason" else value
        try:
            return day(date.fromisoformat(value))
        except ValueError:
            return value
