"""The one expected table of the back office's addresses: method and address -> the roles that it opens for.

It is written from spec 1 and 3.8, not read from the application: whoever adds an address adds its line here. Of a
register that is declared alone (tests/registers.py) it expects what its declaration says, and no address more.
"""

import re

from app.rules.roles import Role
from tests.registers import OTHERS

D, S, H, P, A, X = (  # P: at the counter
    Role.department,
    Role.specialist,
    Role.head,
    Role.operator,
    Role.auditor,
    Role.administrator,
)
OFFICE, COUNTER = {D, S}, {D, S, P}
SIGNED_IN = {D, S, H, P, A, X}
ANYBODY = SIGNED_IN | {None}
QUEUE = {D, S, H, P, A}  # whoever reads applications and places

REGISTERS = {  # address -> who reads it, who adds and changes, who removes (None: there is no such address)
    "applications": (QUEUE, COUNTER, None),
    "vouchers": ({D, S, P, A}, None, None),
    "referrals": (QUEUE, None, None),
    "rounds": ({D, S, P, A}, None, None),
    "offers": ({D, S, P, A}, None, None),
    "lots": ({D, S, P, A}, None, None),
    "lot-entries": ({D, S, P, A}, None, None),
    "proposals": ({D, S, A}, None, None),
    "bulk-runs": ({D, S, A}, None, None),
    "imports": ({D, S, A}, None, None),
    "vacancies": (QUEUE, {D, S, H}, {D, S, H}),
    "kindergartens": (QUEUE, {D, S}, {D, S}),
    "groups": (QUEUE, {D, S, H}, {D, S, H}),
    "norms": ({D, S, A}, {D}, {D}),
    "queue-orders": ({D, S, A}, {D}, {D}),
    "contract-texts": ({D, S, A}, {D}, {D}),
    "days-off": ({D, S, A}, {D}, {D}),
    "history": ({D, S, H, A}, None, None),
    "daily-protocols": ({D, A, X}, None, None),
    "notices": (QUEUE, None, None),
    "inbox": ({D, S, H}, None, None),
    "deliveries": (QUEUE, None, None),
    "jobs": ({D, X}, None, None),
    "users": ({X}, {X}, None),
    **{one.noun: (one.readers, one.adds, one.removes or None) for one in OTHERS},
}
VERBS = {  # register -> verb -> who may
    "applications": {
        "issue_out_of_turn": OFFICE,
        "extend": COUNTER,
        "revoke": COUNTER | {H},
        "release": OFFICE,
        "reinstate": {D},
        "leave": {H},
        "absent": {H},
        "return": {H},
        "archive": OFFICE,
        "confirm": COUNTER,
        "refuse": COUNTER,
        "restore": COUNTER,
        "withdraw": COUNTER,
        "sign": COUNTER | {H},
        "enrol": {H},
        "confirm_privilege": OFFICE,
        "reject_privilege": OFFICE,
        "open": {A},
    },
    "vouchers": {"extend": OFFICE, "revoke": OFFICE},
    "referrals": {"extend": COUNTER, "revoke": COUNTER | {H}, "enrol": {H}},
    "proposals": {"approve": OFFICE, "reject": OFFICE},
    "bulk-runs": {"start": OFFICE, "stop": OFFICE},
    "imports": {"start": OFFICE},
    "vacancies": {"publish": {D, S, H}, "offer": OFFICE, "close": {D, S, H}},
    "norms": {"approve": {D}, "take_back": {D}},
    "queue-orders": {"approve": {D}, "take_back": {D}},
    "contract-texts": {"approve": {D}, "take_back": {D}},
    "guardianships": {"approve": OFFICE, "reject": OFFICE},
    "waiting-list": {"unwish": COUNTER},
    "lot-entries": {"leave_lot": COUNTER},
    "days-off": {"approve": {D}},
    "users": {"invite": {X}, "withdraw_link": {X}, "reset_factor": {X}},
    "clients": {"new_key": {X}, "new_secret": {X}},
    "inbox": {"read": {D, S, H}},
    "deliveries": {"send_again": COUNTER, "arrived": COUNTER},
    "jobs": {"try_again": {D, X}, "cancel": {D, X}},
}
FOR_MANY = ("applications", "vouchers", "referrals", "vacancies", "norms", "queue-orders", "contract-texts")
FOR_MANY += ("days-off", "inbox", "jobs")
PUBLIC = (
    "/d/<id:place_id>",
    "/places",
    "/k/<id:kindergarten_id>",
    "/queue",
    "/protocol/<id:place_id>",
    "/statistics",
    "/help/",
    "/help/<topic>",
    "/check",
    "/kezek.webmanifest",
)
FORMS = ("/queue",)  # of everybody; who may, its own tests say. A family's own addresses: test_whose_pages.py
FILES = ("/static/<path:filename>", "/static/appbuilder/<path:filename>")


def table() -> dict[tuple[str, str], set]:
    """(method, address) -> roles; a custom action's verb stands in its address."""
    found: dict[tuple[str, str], set] = {
        ("GET", "/"): ANYBODY,
        ("GET", "/login/"): ANYBODY,
        ("POST", "/login/"): ANYBODY,
        ("GET", "/password/"): SIGNED_IN,
        ("POST", "/password/"): SIGNED_IN,
        ("GET", "/login/code/"): SIGNED_IN,  # others are led to the door
        ("POST", "/login/code/"): SIGNED_IN,
        ("GET", "/second-factor/"): SIGNED_IN,
        ("POST", "/second-factor/"): SIGNED_IN,
        ("GET", "/invitation/<key>"): ANYBODY,
        ("POST", "/invitation/<key>"): ANYBODY,
        ("GET", "/kept/"): SIGNED_IN,
        ("POST", "/language/<string:language>"): ANYBODY,
        ("POST", "/demo/clock"): SIGNED_IN,
        ("GET", "/verify/<code>"): ANYBODY,
        ("GET", "/health/live"): ANYBODY,
        ("GET", "/health/ready"): set(),  # from elsewhere to nobody without the token: test_health.py
        ("GET", "/metrics"): set(),
        ("GET", "/applications/correct/<pk>"): OFFICE,
        ("POST", "/applications/correct/<pk>"): OFFICE,
        ("GET", "/applications/contract/<pk>"): {H},
        ("POST", "/applications/contract/<pk>"): {H},
        ("GET", "/applications/claim-privilege/<pk>"): COUNTER,
        ("POST", "/applications/claim-privilege/<pk>"): COUNTER,
        ("GET", "/applications/choose/<pk>"): COUNTER,
        ("POST", "/applications/choose/<pk>"): COUNTER,
        ("GET", "/applications/enter-lot/<pk>"): COUNTER,
        ("POST", "/applications/enter-lot/<pk>"): COUNTER,
        ("GET", "/applications/paper/<int:document_id>"): QUEUE,
        ("GET", "/applications/privilege-paper/<int:paper_id>"): {D, S, P, A},
        ("GET", "/rounds/paper/<int:document_id>"): QUEUE - {H},
        ("POST", "/rounds/make-protocol/<pk>"): OFFICE,
        ("GET", "/daily-protocols/paper/<int:document_id>"): {D, A, X},
        ("POST", "/applications/make-anew/<int:document_id>"): COUNTER,
        ("POST", "/applications/make-missing/<pk>"): COUNTER,
        ("GET", "/applications/why/<pk>"): {D, S, P, A},
        ("GET", "/rules/"): QUEUE,
        ("GET", "/dictionary/"): QUEUE,
        ("GET", "/personal-file/"): {D},
        ("GET", "/personal-file/take/"): {D},
        ("POST", "/personal-file/take/"): {D},
        ("GET", "/contract-texts/preview/<pk>"): {D, S, A},
        ("GET", "/inbox/unread"): {D, S, H},
        ("GET", "/search/"): QUEUE,
        ("POST", "/search/"): QUEUE,
        ("POST", "/search/in/<noun>"): QUEUE,
        ("POST", "/vacancies/publish-free/<pk>"): {D, S, H},
        ("POST", "/bulk-runs/begin"): OFFICE,
        ("GET", "/bulk-runs/result/<pk>/<kind>"): {D, S, A},
        ("GET", "/imports/begin"): OFFICE,
        ("POST", "/imports/begin"): OFFICE,
        ("POST", "/imports/answer/<pk>"): OFFICE,
        ("POST", "/imports/take/<noun>/<kind>"): OFFICE,
        ("GET", "/imports/sample/<noun>/<kind>"): OFFICE,
        ("GET", "/imports/problems/<pk>/<kind>"): {D, S, A},
        ("POST", "/kindergartens/pick"): QUEUE | {X},
        ("POST", "/groups/pick"): QUEUE,
        ("POST", "/children/pick"): COUNTER,
        ("GET", "/vouchers/round"): OFFICE,
        ("POST", "/vouchers/round"): OFFICE,
        **{("GET", file): ANYBODY for file in FILES + PUBLIC},
        **{("POST", form): ANYBODY for form in FORMS},
    }
    for noun, (readers, writers, _) in REGISTERS.items():
        found["GET", f"/{noun}/list/"] = found["GET", f"/{noun}/show/<pk>"] = readers
        found["POST", f"/{noun}/export/<kind>"] = readers
        for form in ("add", "edit/<pk>") if writers is not None else ():
            found["GET", f"/{noun}/{form}"] = found["POST", f"/{noun}/{form}"] = writers
        for verb, may in VERBS.get(noun, {}).items():
            found["POST", f"/{noun}/action/{verb}/<pk>"] = found["POST", f"/{noun}/action_post#{verb}"] = may
    found |= {("GET", f"/{noun}/menu/<pk>"): REGISTERS[noun][0] for noun in FOR_MANY}
    removing = {("POST", f"/{noun}/delete/<pk>"): who for noun, (_, _, who) in REGISTERS.items() if who is not None}
    found["GET", "/kindergartens/edit/<pk>"] = found["POST", "/kindergartens/edit/<pk>"] = {D, S, H}
    for one in OTHERS:
        found["GET", f"/{one.noun}/edit/<pk>"] = found["POST", f"/{one.noun}/edit/<pk>"] = one.changes
        if one.picks:
            found["POST", f"/{one.noun}/pick"] = one.picks
    return found | removing | {("POST", "/logout/"): ANYBODY}  # last: after these something is gone


def one_of(rule: str) -> str:
    """The same with the first of several words that may stand at a place."""
    return re.sub(r"<any\((\w+)[^>]*>", r"\1", rule)


def address(rule: str, ids, of=None) -> tuple[str, dict]:
    """An address with the ids of one place in it, and what a POST to it needs to name."""
    noun, of = rule.split("/")[1], of or ids.own
    pks = {
        "applications": of.application,
        "vouchers": of.voucher,
        "referrals": of.referral,
        "rounds": of.round,
        "offers": of.offer,
        "lots": of.lot,
        "lot-entries": of.lot_entry,
        "proposals": of.proposal,
        "bulk-runs": of.run,
        "imports": of.file,
        "vacancies": of.vacancy,
        "kindergartens": of.kindergarten,
        "groups": of.group,
        "norms": of.norm,
        "queue-orders": of.order,
        "contract-texts": of.text,
        "days-off": ids.own.day,
        "history": of.change,
        "daily-protocols": ids.own.daily,
        "notices": of.notice,
        "inbox": of.notice,
        "deliveries": of.delivery,
        "jobs": of.job,
        "users": of.account,
        **{one.noun: getattr(of, one.table) for one in OTHERS},
    }
    pk = str(pks.get(noun, ""))
    if rule.startswith("/vacancies/publish-free/"):
        pk = str(of.group)
    rule, _, verb = rule.partition("#")
    for part, value in {
        "<pk>": pk,
        "<id:place_id>": str(of.place),
        "<id:kindergarten_id>": str(of.kindergarten),
        "<topic>": "voucher",
        "<id:document_id>": str(of.document),
        "<id:paper_id>": str(of.proof),
        "<int:paper_id>": str(of.proof),
        "<int:document_id>": str({"rounds": of.protocol, "daily-protocols": ids.own.daily}.get(noun, of.document)),
        "<id:application_id>": str(of.waiting),
        "<string:language>": "ru",
        "<code>": "A" * 22,
        "<key>": "A" * 43,
        "<kind>": "csv",
        "<noun>": "guardianships" if rule.startswith("/search/") else "applications",
        "<path:filename>": "kezek.css" if not rule.startswith("/static/appbuilder") else "css/ab.css",
    }.items():
        rule = rule.replace(part, value)
    if rule == "/bulk-runs/begin":
        return rule, {"list": "ApplicationView", "action": "archive", "rowid": str(of.waiting)}
    return rule, {"action": verb, "rowid": pk} if verb else {}
