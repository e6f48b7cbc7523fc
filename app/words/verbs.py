"""Verbs: as a button says them, as the history tells them, and what will follow."""

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from app import registers
from app.words.days import day

VERBS: dict[str, Any] = {
    "register": _l("Put into the queue"),
    "change": _l("Change"),
    "create": _l("Add"),
    "remove": _l("Remove"),
    "issue": _l("Issue a voucher"),
    "issue_out_of_turn": _l("Issue a voucher out of turn"),
    "take_back": _l("Take back"),
    "confirm": _l("Confirm interest"),
    "refuse": _l("Refuse the voucher"),
    "lapse": _l("Interest not confirmed in time"),
    "restore": _l("Restore the place in the queue"),
    "choose": _l("Choice of a kindergarten"),
    "choose_temporary": _l("Choice of a place for a time"),
    "draw_up": _l("Draw up the contract"),
    "sign_anew": _l("Have the contract signed anew"),
    "sign": _l("Sign the contract"),
    "enrol": _l("Enrol"),
    "expire": _l("Voucher expired"),
    "extend": _l("Extend"),
    "revoke": _l("Revoke"),
    "archive": _l("Archive"),
    "withdraw": _l("Take out of the queue"),
    "join": _l("Join another parent"),
    "wish": _l("Wait for a kindergarten"),
    "unwish": _l("Wait no longer"),
    "enter_lot": _l("Ask for a place by lot"),
    "leave_lot": _l("Ask for it no longer"),
    "open_lot": _l("Places are given by lot"),
    "close_lot": _l("End of the time to ask"),
    "draw": _l("Draw of the lot"),
    "win": _l("A place by lot"),
    "lose": _l("No place by lot"),
    "offer": _l("Offer the places"),
    "pass_over": _l("Priority is over"),
    "miss": _l("Nobody came with the referral"),
    "release": _l("Let off the stop-list"),
    "reinstate": _l("Put back into the queue"),
    "ask": _l("Ask a second person"),
    "absent": _l("Record an absence"),
    "return": _l("The child is back"),
    "give_back": _l("The child comes back to its own place"),
    "export": _l("Download a list"),
    "bring_in": _l("Bring a file in"),
    "expel": _l("End of the temporary stay"),
    "leave": _l("End of the stay"),
    "end": _l("Ended"),
    "publish": _l("Publish"),
    "close": _l("Close"),
    "claim_privilege": _l("Claim a privilege"),
    "confirm_privilege": _l("Confirm the privilege"),
    "reject_privilege": _l("Reject the privilege"),
    "reject": _l("Reject"),
    "expire_privilege": _l("Privilege expired"),
    "approve": _l("Approve"),
    "use": _l("Used"),
    "annul": _l("Annul"),
    "void": _l("Void"),
    "remind": _l("Reminder"),
    "start": _l("Start"),
    "stop": _l("Stop"),
    "open": _l("Open on record"),
    "erase": _l("Erase personal data"),
    "hand_out": _l("Hand out personal data"),
    "ship": _l("Add what Kezek comes with"),
    "correct": _l("Correct the record"),
    "make_anew": _l("Make anew"),
    "change_password": _l("Change the password"),
    "invite": _l("Send a link to set the password"),
    "withdraw_link": _l("Withdraw the link"),
    "reset_factor": _l("Take away the second factor"),
    "set_password": _l("Set the password"),
    "set_factor": _l("Set up a second factor"),
    "remove_factor": _l("Remove the second factor"),
    "new_recovery_codes": _l("New recovery codes"),
    "use_recovery_code": _l("Use a recovery code"),
    "new_key": _l("Give a new key"),
    "new_secret": _l("Give a new secret"),
    "set_webhook": _l("Be told elsewhere"),
    "remove_webhook": _l("Be told nothing any more"),
    "send_again": _l("Send again"),
    "arrived": _l("It arrived"),
    "read": _l("Mark as read"),
    "try_again": _l("Try again"),
    "cancel": _l("Cancel"),
}
VERBS_OF: dict[tuple[str, str], Any] = {  # where the same verb is called otherwise for a record of this kind
    ("change", "application"): _l("Change the contacts"),
    ("issue", "referral"): _l("Referral issued"),
    ("issue", "queue_round"): _l("A round of vouchers"),
    ("offer", "application"): _l("The turn has come"),
    ("offer", "offer"): _l("Place offered"),
    ("choose", "offer"): _l("Offered place chosen"),
    ("confirm", "privilege"): _l("Confirm the privilege"),
    ("reject", "privilege"): _l("Reject the privilege"),
    ("ask", "bulk_run"): _l("Try a bulk run"),
    ("ask", "import_run"): _l("Try a file"),
    ("answer", "import_run"): _l("Answer what a file asks"),
    ("start", "import_run"): _l("Bring in"),
    ("bring_in", "import_run"): _l("The file was brought in"),
    ("approve", "guardianship"): _l("Approve the joining"),
    ("reject", "guardianship"): _l("Reject the joining"),
}
HAPPENED: dict[str, Any] = {  # what the history says of a verb; any other is told as it is called
    "register": _l("The application was put into the queue"),
    "change": _l("It was changed"),
    "create": _l("It was added"),
    "remove": _l("It was removed"),
    "issue": _l("A voucher was issued"),
    "issue_out_of_turn": _l("A voucher was issued out of turn"),
    "take_back": _l("It was taken back before its first day"),
    "confirm": _l("Interest was confirmed"),
    "refuse": _l("The voucher was refused"),
    "restore": _l("The place in the queue was restored"),
    "choose": _l("A kindergarten was chosen"),
    "draw_up": _l("The contract was drawn up"),
    "sign_anew": _l("The contract has to be signed anew"),
    "sign": _l("The contract was signed"),
    "enrol": _l("The child was enrolled"),
    "extend": _l("The term was extended"),
    "revoke": _l("It was revoked"),
    "archive": _l("The application was archived"),
    "withdraw": _l("The application was taken out of the queue"),
    "join": _l("Somebody asked to join the application"),
    "wish": _l("The family waits for a place in a kindergarten"),
    "unwish": _l("The family waits for that kindergarten no longer"),
    "enter_lot": _l("The family asks for a place by lot"),
    "leave_lot": _l("The family asks for that place no longer"),
    "open_lot": _l("Places of free choice are given by lot"),
    "close_lot": _l("The time to ask is over; who has asked is on record"),
    "draw": _l("The lot was drawn"),
    "win": _l("The lot gave the child a place"),
    "lose": _l("The lot gave the child no place"),
    "offer": _l("The places were offered"),
    "release": _l("The stop-list ended"),
    "reinstate": _l("The application was put back into the queue"),
    "ask": _l("A second person was asked"),
    "absent": _l("An absence was recorded"),
    "return": _l("The child came back before its absence was to end"),
    "give_back": _l("The place that the child left is free: the stay in it has ended"),
    "publish": _l("It was published"),
    "close": _l("It was closed"),
    "claim_privilege": _l("A privilege was claimed"),
    "confirm_privilege": _l("The privilege was confirmed"),
    "reject_privilege": _l("The privilege was rejected"),
    "reject": _l("It was rejected"),
    "approve": _l("It was approved"),
    "annul": _l("It was annulled"),
    "change_password": _l("The own password was changed"),
    "invite": _l("A link to set the password was sent"),
    "withdraw_link": _l("The link to set the password was withdrawn"),
    "reset_factor": _l("The second factor was taken away"),
    "set_password": _l("The own password was set by the link"),
    "set_factor": _l("The own second factor was set up"),
    "remove_factor": _l("The own second factor was removed"),
    "new_recovery_codes": _l("New recovery codes were made"),
    "use_recovery_code": _l("A recovery code was used"),
    "reset_password": _l("A new password was given"),  # until links were sent
    "new_key": _l("A new key was given"),
    "new_secret": _l("A new secret was given"),
    "set_webhook": _l("The portal said where it is told"),
    "remove_webhook": _l("The portal wants to be told nothing any more"),
    "export": _l("A list was downloaded"),
    "open": _l("Masked personal data was opened"),
    "erase": _l("Personal data was erased"),
    "hand_out": _l("All that is kept of a person was handed out on request"),
    "ship": _l("What Kezek comes with was added"),
    "correct": _l("The record was corrected"),
    "make_anew": _l("A paper was made anew"),
    "send_again": _l("A message was sent anew"),
    "arrived": _l("A message that was perhaps sent did arrive"),
    "try_again": _l("Work that had failed was tried again"),
    "cancel": _l("Work was cancelled"),
}
FOLLOWS: dict[str, Any] = {
    "issue_out_of_turn": _l(
        "Another official has to approve it. Then the child gets a voucher out of turn, and every child that it passes "
        "reads on its own page when and why: name nobody in the reason."
    ),
    "take_back": _l("Another person of the department has to approve it. Then it is gone before it has begun."),
    "confirm": _l("The voucher becomes valid; the family may choose a kindergarten until its term ends."),
    "refuse": _l("The voucher ends and the application goes to the archive. The child leaves the queue."),
    "restore": _l("The child stands in the queue again by its original day."),
    "extend": _l("The running term of the voucher moves to the day you name."),
    "revoke": _l("The voucher ends, a held place becomes free, and the child waits on by its original day."),
    "archive": _l("The application leaves the queue; its voucher or referral ends, and its place becomes free."),
    "wish": _l(
        "When a place for a child of this age is free there, the family is told by SMS and e-mail and in its cabinet. "
        "It is no promise: the place goes by the queue, or to whoever chooses it first."
    ),
    "enter_lot": _l(
        "It is kept until the last moment to ask. Whether somebody asks sooner or later makes no difference: then the "
        "order is drawn, and whoever wins has the place at once, as if it had been chosen. Until the draw it can be "
        "given up. You may ask for several places; of those that are drawn together your child gets the one that you "
        "asked for first."
    ),
    "leave_lot": _l("Your child takes no part in this draw. Its place in the queue stays as it is."),
    "unwish": _l("Nobody is told of free places there any more. The place in the queue stays as it is."),
    "withdraw": _l("The child leaves the queue; its voucher or referral ends, and its place becomes free."),
    "offer": _l(
        "As many next children as there are free places get a notice and have priority for their term. "
        "A place that is not chosen by then becomes free choice."
    ),
    "release": _l("The stop-list ends today; the child waits on by its original day."),
    "reinstate": _l(
        "Another person of the department has to approve it. Then the child waits again by its original day."
    ),
    "leave": _l(
        "Today is the child's last day there. Its place becomes free, the application goes to the archive. While "
        "another child stays in the lent place, the place becomes free on the day after that stay."
    ),
    "absent": _l(
        "A temporary vacancy of one place is drafted for the group; it begins and ends with the absence. "
        "It may be published and chosen before its first day."
    ),
    "return": _l(
        "The absence ends: the child attends again from today. Its lent place is taken back; where another child has "
        "chosen it, the absence goes on to its last day."
    ),
    "confirm_privilege": _l("The privilege counts from now on: the child moves to its category in the queue."),
    "make_anew": _l("A new version of the paper is made; the older one stays and says that it was replaced."),
    "reject_privilege": _l("The child waits on without the privilege, by its original day."),
    "start": _l("What can be done is done row by row, and each row's outcome is kept. You may leave the page."),
    "stop": _l("What is done stays done; all other rows are skipped."),
    "open": _l(
        "You see the personal data of this record and its papers for half an hour; the history says so, and why."
    ),
    "sign": _l("With both signatures the contract is complete and the voucher is used."),
    "enrol": _l(
        "The child attends the group from today, or from tomorrow where another child left this place today; a "
        "temporary stay elsewhere ends. A sanatorium kindergarten ends no usual enrolment: it gets an absence."
    ),
    "publish": _l(
        "The places become free for the children in the queue. Temporary places that no absence has drafted stand for "
        "children known by number alone: so many of them are recorded as away on those days."
    ),
    "close": _l("Free places are no longer offered; held and occupied ones stay as they are."),
    "approve": _l(
        "It counts from its first day on, at the earliest from today, and is never changed or removed again. "
        "Terms that run already stay as they are."
    ),
    "invite": _l(
        "The owner of the account gets a link by e-mail and chooses a password. Until then no password opens the "
        "account, and whoever is signed in with it is out. A link that was sent before opens nothing any more."
    ),
    "withdraw_link": _l("The link opens nothing any more. The account stays closed until another one is sent."),
    "reset_factor": _l(
        "The account is opened by its password alone until its owner sets up another one. Whoever is signed in with it "
        "is out, and the owner is told by e-mail. Make sure first who has asked for it."
    ),
    "new_key": _l(
        "The old key opens nothing from now on. The new one is shown once; whoever keeps the portal enters it there."
    ),
    "new_secret": _l("What the portal is told is signed with both secrets for a day, then with the new one alone."),
    "send_again": _l("It is sent anew. If the first one did arrive, the family gets it twice: ask the family before."),
    "arrived": _l("It counts as sent. Say so only when you know it from the family."),
    "try_again": _l("It is tried at once, as if for the first time."),
    "cancel": _l("It is not done. Until somebody has it tried again it stays so."),
}
FOLLOWS_OF: dict[tuple[str, str], Any] = {  # where it means something else for a record of this kind
    ("extend", "referral"): _l("The last day to come with the referral moves to the day you name."),
    ("revoke", "referral"): _l(
        "The referral ends, its place becomes free, and the child waits on by its original day."
    ),
    ("start", "import_run"): _l(
        "All rows are brought in together, or none if anything has become wrong meanwhile. The history says that you "
        "brought them. You may leave the page."
    ),
    ("approve", "guardianship"): _l(
        "From today this person sees all applications of the child in this district, signs in with the phone that "
        "stands here, and is told so; so is the applicant. Look at the paper that proves it first."
    ),
    ("reject", "guardianship"): _l("This person sees nothing; both are told, this person with the reason."),
    ("approve", "proposal"): _l("It is done at once, and the history names you beside whoever asked."),
    ("reject", "proposal"): _l("It is not done, and nothing else happens."),
}
SUBJECTS: dict[str, Any] = {
    "application": _l("Application"),
    "voucher": _l("Voucher"),
    "referral": _l("Referral"),
    "offer": _l("Offer"),
    "proposal": _l("Asked of a second person"),
    "contract": _l("Contract"),
    "enrolment": _l("Enrolment"),
    "privilege": _l("Privilege"),
    "queue_round": _l("Round"),
    "bulk_run": _l("Bulk run"),
    "import_run": _l("File"),
    "delivery": _l("Message"),
    "outbox": _l("Work"),
    "notice": _l("Notice"),
    "place": _l("Place"),
    "lot": _l("Lot"),
    "lot_entry": _l("Entry in a lot"),
    **{one.table: one.one for one in registers.ALL},
}


BY_HAND: dict[str, Any] = {  # what changed an order by hand, as the list of rounds says it
    "issue_out_of_turn": _l("A voucher out of turn"),
    "reinstate": _l("A return with the old day"),
    "release": _l("Let off the stop-list earlier"),
    "change": _l("Another day in the queue"),
    "register": _l("Put into the queue with an older day"),
    "take_over": _l("An older list was taken over"),
    "confirm_privilege": _l("A privilege after places were announced"),
    "correct": _l("A corrected birth date"),
}
PASSED_BY: dict[str, Any] = {  # the same, as a child that it passed reads it; nobody is named
    "issue_out_of_turn": _l("A voucher was given out of turn on %(day)s."),
    "reinstate": _l("An application came back on %(day)s with the day it had in the queue before."),
    "release": _l("An application was let off the stop-list before its end on %(day)s."),
    "change": _l("An application was given an earlier day in the queue on %(day)s."),
    "register": _l("An application was put into the queue on %(day)s with an older day."),
    "take_over": _l("Applications of an older list came into the queue on %(day)s with their older days."),
    "confirm_privilege": _l("A privilege was confirmed on %(day)s, after places had been announced."),
    "correct": _l("The birth date of a child was corrected on %(day)s."),
}
MOVED: dict[tuple[str, str], Any] = {  # why others stand ahead on one day only, where the history's words do not say so
    ("order", ""): _l("Another order of the queue came into force"),
    ("itself", ""): _l("The child itself went to another category or side: others stand ahead of it there"),
    ("own_day", ""): _l("The child itself was given another day in the queue by hand"),
    ("own_birth", ""): _l("The birth date of the child itself was corrected"),
    ("day", ""): _l("A day of theirs in the queue was changed by hand"),
    ("birth", ""): _l("A birth date of theirs was corrected"),
    ("age", ""): _l("They grew into another category"),
    ("turn", ""): _l("The turn of privileged and general children moved on"),
    ("confirm", "privilege"): _l("A privilege of theirs was confirmed"),
    ("reject", "privilege"): _l("A privilege of theirs was rejected"),
    ("expire", "privilege"): _l("A privilege of theirs ended"),
}


DONE_THEN: dict[str, Any] = {  # what follows once another official has said yes
    "reinstate": _l("The child waits again in the queue by its original day."),
    "issue_out_of_turn": _l("The child gets a voucher out of turn; the family has its term to confirm interest."),
    "take_back": _l("It is gone before it has begun; the history keeps what it said."),
}


def verb(name: str, subject: str) -> str:
    """A verb for a record of this kind, as its button says it."""
    return str(VERBS_OF.get((name, subject)) or VERBS.get(f"{name}_{subject}") or VERBS.get(name, name))


def happened(name: str, subject: str) -> str:
    """A verb that was done to a record of this kind, as the history tells it."""
    privileged = HAPPENED.get(f"{name}_{subject}")
    return str(privileged or VERBS_OF.get((name, subject)) or HAPPENED.get(name) or verb(name, subject))


def by_hand(verb: str | None) -> str:
    """What an official did to an order by hand."""
    return str(BY_HAND.get(verb or "", verb or ""))


def passed_by(verb: str, on: date) -> str:
    """What passed a child, and when: for its own page, without a name."""
    return str(PASSED_BY[verb]) % {"day": day(on)}


def moved(name: str, subject: str) -> str:
    """Why others began or ceased to stand before a child: what happened to them, or what differs between two days."""
    return str(MOVED.get((name, subject)) or happened(name, subject))


def done_then(verb: str, subject: str) -> str:
    """What follows when another official says yes to what was asked for."""
    return str(DONE_THEN.get(verb) or follows(verb, subject))


def follows(verb: str, subject: str, *, by_voucher: bool = True) -> str:
    """What will follow when a verb is done to a record of this kind; for an application, by what it has."""
    of = "referral" if subject == "application" and not by_voucher else subject
    return str(FOLLOWS_OF.get((verb, of)) or FOLLOWS.get(verb, ""))
