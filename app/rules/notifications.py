"""Which change tells whom: a table. The words are in templates/notices, in the reader's language.

A template bears the name of the verb that it tells of; the facts are what its sentence needs, never a name or IIN.
"""

from collections.abc import Mapping

from app.models import Audience

TELLS: Mapping[str, tuple[Audience, ...]] = {
    "register": (Audience.family,),
    "issue": (Audience.family,),
    "confirm": (Audience.family,),
    "refuse": (Audience.family,),
    "lapse": (Audience.family,),
    "restore": (Audience.family,),
    "offer": (Audience.family,),
    "pass_over": (Audience.family,),
    "miss": (Audience.family,),
    "release": (Audience.family,),
    "reinstate": (Audience.family,),
    "leave": (Audience.family,),
    "choose": (Audience.family, Audience.kindergarten),
    "sign": (Audience.family, Audience.kindergarten),
    "enrol": (Audience.family,),
    "expire": (Audience.family,),
    "extend": (Audience.family,),
    "revoke": (Audience.family,),
    "archive": (Audience.family,),
    "withdraw": (Audience.family,),
    "expel": (Audience.family, Audience.kindergarten),
    "remind": (Audience.family,),
    "confirm_privilege": (Audience.family,),
    "reject_privilege": (Audience.family,),
    "expire_privilege": (Audience.family,),
    "remind_privilege": (Audience.family,),
    "correct": (Audience.family,),
    "no_calendar": (Audience.department,),
}
