"""Every word that people read for what the code names: statuses, verbs, refusals. Kazakh and Russian in translations/.

The English here is the key of the catalogues; words of the seeds' buttons are used as they are (glossary).
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from flask_babel import format_decimal, get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError

from app.actions.places import District
from app.actions.records import Invalid
from app.actions.rounds import Outcome
from app.files.problems import SENTENCES
from app.models import (
    ApplicationStatus,
    Audience,
    BulkOutcome,
    BulkRow,
    BulkStage,
    ContractStatus,
    DayOff,
    DocumentKind,
    ImportKind,
    ImportProblem,
    ImportStage,
    Intake,
    KindergartenKind,
    Language,
    Norm,
    Notice,
    OfferStatus,
    OnLapse,
    Ownership,
    Place,
    PlaceKind,
    PrivilegeGround,
    PrivilegeKind,
    PrivilegeStatus,
    QueueCategory,
    QueueKind,
    QueueOrder,
    QueueOrderKind,
    ReferralStatus,
    Sex,
    Side,
    Unit,
    VacancyStatus,
    VoucherStatus,
)
from app.permissions import Role
from app.rules.calendar import LOCAL
from app.rules.norms import KNOWN, Known
from app.rules.refusals import Reason, Refusal

# By kind and then by name: names of different kinds may be the same word.
LABELS: dict[type[StrEnum], dict[str, Any]] = {
    ApplicationStatus: {
        "queued": _l("In the queue"),
        "notified": _l("Notice sent"),
        "confirming": _l("To be confirmed"),
        "voucher_issued": _l("Voucher issued"),
        "referred": _l("Referral issued"),
        "enrolled": _l("Enrolled"),
        "stop_listed": _l("On the stop-list"),
        "removed": _l("Taken out of the queue"),
        "archived": _l("In the archive"),
    },
    VoucherStatus: {
        "issued": _l("Issued"),
        "confirmed": _l("Confirmed"),
        "used": _l("Used"),
        "lapsed": _l("Lapsed"),
        "refused": _l("Refused"),
        "revoked": _l("Revoked"),
        "expired": _l("Expired"),
        "annulled": _l("Annulled"),
    },
    ReferralStatus: {
        "issued": _l("Issued"),
        "used": _l("Used"),
        "missed": _l("Missed"),
        "revoked": _l("Revoked"),
    },
    OfferStatus: {
        "live": _l("Waits for the family"),
        "chosen": _l("Chosen"),
        "passed_over": _l("Passed by"),
        "ended": _l("Ended"),
    },
    Side: {
        "out_of_turn": _l("Out of turn"),
        "privileged": _l("Privileged queue"),
        "general": _l("General queue"),
    },
    ContractStatus: {
        "draft": _l("Draft"),
        "signed_by_family": _l("Signed by the family"),
        "signed": _l("Signed by both"),
        "void": _l("Void"),
    },
    VacancyStatus: {
        "draft": _l("Draft"),
        "published": _l("Published"),
        "closed": _l("Closed"),
    },
    PrivilegeStatus: {
        "claimed": _l("Claimed"),
        "confirmed": _l("Confirmed"),
        "rejected": _l("Rejected"),
        "expired": _l("Expired"),
    },
    QueueOrderKind: {"ratio": _l("By ratio"), "categories": _l("By categories")},
    PrivilegeKind: {
        "out_of_turn": _l("Out of turn"),
        "first_order": _l("First order"),
    },
    PrivilegeGround: {
        "military": _l("Child of military staff"),
        "special_state_body": _l("Child of staff of a special state body"),
        "parent_disability": _l("Parent with a disability"),
        "child_disability": _l("Child with a disability in the family"),
        "orphan": _l("Orphan, or child without parental care"),
        "large_family": _l("Large family"),
        "special_needs": _l("Special educational needs"),
        "teacher": _l("Child of a teacher"),
    },
    Intake: {
        "general": _l("General intake"),
        "temporary": _l("Temporary stay"),
    },
    KindergartenKind: {
        "nursery_kindergarten": _l("Nursery and kindergarten"),
        "kindergarten": _l("Kindergarten"),
        "mini_centre": _l("Mini-centre"),
        "sanatorium": _l("Sanatorium"),
        "special": _l("Special"),
    },
    Ownership: {
        "state": _l("State-owned"),
        "private": _l("Private"),
        "departmental": _l("Departmental"),
    },
    Language: {
        "kk": _l("Kazakh"),
        "ru": _l("Russian"),
        "en": _l("English"),
    },
    PlaceKind: {
        "country": _l("Country"),
        "region": _l("Region"),
        "district": _l("District or city"),
        "settlement": _l("Settlement"),
    },
    DocumentKind: {
        "voucher": _l("Voucher"),
        "referral": _l("Referral"),
        "temporary_referral": _l("Referral for a temporary stay"),
    },
    Sex: {
        "male": _l("Boy"),
        "female": _l("Girl"),
    },
    Unit: {
        "WD": _l("working days"),
        "CD": _l("calendar days"),
        "H": _l("hours"),
        "MONTHS": _l("months"),
        "COUNT": _l("times"),
        "RATIO": _l("ratio"),
        "CHOICE": _l("choice"),
    },
    Role: {
        "department": _l("Education department"),
        "specialist": _l("District specialist"),
        "head": _l("Head of a kindergarten"),
        "operator": _l("Service-centre operator"),
        "auditor": _l("Auditor"),
        "administrator": _l("Administrator"),
        "family": _l("Family"),
        "clock": _l("The system, by the calendar"),
    },
    Audience: {
        "family": _l("To the family"),
        "kindergarten": _l("To the kindergarten"),
        "department": _l("To the department"),
    },
    QueueKind: {
        "general": _l("General education queue"),
        "sanatorium": _l("Sanatorium kindergartens"),
        "special": _l("Special kindergartens"),
    },
    OnLapse: {
        "stop_list": _l("to the stop-list"),
        "hold": _l("blocked until the department releases it"),
        "archive": _l("to the archive"),
        "remove": _l("out of the queue"),
        "open": _l("the place becomes free choice"),
    },
    BulkStage: {
        "previewing": _l("Being tried"),
        "previewed": _l("Ready to start"),
        "running": _l("Under way"),
        "done": _l("Finished"),
        "stopped": _l("Stopped"),
    },
    BulkOutcome: {
        "waiting": _l("Waits"),
        "done": _l("Done"),
        "refused": _l("Turned down"),
        "skipped": _l("Skipped"),
    },
    ImportKind: {
        "kindergartens": _l("Kindergartens, groups and free places"),
        "applications": _l("Applications"),
    },
    ImportStage: {
        "trying": _l("Being tried"),
        "tried": _l("Tried"),
        "running": _l("Under way"),
        "done": _l("Brought in"),
        "refused": _l("Not brought in"),
    },
}

VERBS: dict[str, Any] = {
    "register": _l("Put into the queue"),
    "change": _l("Change"),
    "create": _l("Add"),
    "remove": _l("Remove"),
    "issue": _l("Issue a voucher"),
    "confirm": _l("Confirm interest"),
    "refuse": _l("Refuse the voucher"),
    "lapse": _l("Interest not confirmed in time"),
    "restore": _l("Restore the place in the queue"),
    "choose": _l("Choice of a kindergarten"),
    "draw_up": _l("Draw up the contract"),
    "sign": _l("Sign the contract"),
    "enrol": _l("Enrol"),
    "expire": _l("Voucher expired"),
    "extend": _l("Extend"),
    "revoke": _l("Revoke"),
    "archive": _l("Archive"),
    "withdraw": _l("Take out of the queue"),
    "offer": _l("Offer the places"),
    "pass_over": _l("Priority is over"),
    "miss": _l("Nobody came with the referral"),
    "release": _l("Let off the stop-list"),
    "reinstate": _l("Put back into the queue"),
    "ask": _l("Ask a second person"),
    "absent": _l("Record an absence"),
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
    "change_password": _l("Change the password"),
    "reset_password": _l("Give a new password"),
}

VERBS_OF: dict[tuple[str, str], Any] = {  # where the same verb is called otherwise for a record of this kind
    ("issue", "referral"): _l("Referral issued"),
    ("offer", "application"): _l("The turn has come"),
    ("offer", "offer"): _l("Place offered"),
    ("choose", "offer"): _l("Offered place chosen"),
    ("confirm", "privilege"): _l("Confirm the privilege"),
    ("reject", "privilege"): _l("Reject the privilege"),
    ("ask", "bulk_run"): _l("Try a bulk run"),
    ("ask", "import_run"): _l("Try a file"),
    ("start", "import_run"): _l("Bring in"),
    ("bring_in", "import_run"): _l("The file was brought in"),
}

HAPPENED: dict[str, Any] = {  # what the history says of a verb; any other is told as it is called
    "register": _l("The application was put into the queue"),
    "change": _l("It was changed"),
    "create": _l("It was added"),
    "remove": _l("It was removed"),
    "issue": _l("A voucher was issued"),
    "confirm": _l("Interest was confirmed"),
    "refuse": _l("The voucher was refused"),
    "restore": _l("The place in the queue was restored"),
    "choose": _l("A kindergarten was chosen"),
    "draw_up": _l("The contract was drawn up"),
    "sign": _l("The contract was signed"),
    "enrol": _l("The child was enrolled"),
    "extend": _l("The term was extended"),
    "revoke": _l("It was revoked"),
    "archive": _l("The application was archived"),
    "withdraw": _l("The application was taken out of the queue"),
    "offer": _l("The places were offered"),
    "release": _l("The stop-list ended"),
    "reinstate": _l("The application was put back into the queue"),
    "ask": _l("A second person was asked"),
    "absent": _l("An absence was recorded"),
    "publish": _l("It was published"),
    "close": _l("It was closed"),
    "claim_privilege": _l("A privilege was claimed"),
    "confirm_privilege": _l("The privilege was confirmed"),
    "reject_privilege": _l("The privilege was rejected"),
    "reject": _l("It was rejected"),
    "approve": _l("It was approved"),
    "annul": _l("It was annulled"),
    "change_password": _l("The own password was changed"),
    "reset_password": _l("A new password was given"),
    "export": _l("A list was downloaded"),
}

FOLLOWS: dict[str, Any] = {
    "issue": _l("The child gets a voucher out of turn; the family has its term to confirm interest."),
    "confirm": _l("The voucher becomes valid; the family may choose a kindergarten until its term ends."),
    "refuse": _l("The voucher ends and the application goes to the archive. The child leaves the queue."),
    "restore": _l("The child stands in the queue again by its original day."),
    "extend": _l("The running term of the voucher moves to the day you name."),
    "revoke": _l("The voucher ends, a held place becomes free, and the child waits on by its original day."),
    "archive": _l("The application leaves the queue; its voucher or referral ends, and its place becomes free."),
    "withdraw": _l("The child leaves the queue; its voucher or referral ends, and its place becomes free."),
    "offer": _l(
        "As many next children as there are free places get a notice and have priority for their term. "
        "A place that is not chosen by then becomes free choice."
    ),
    "release": _l("The stop-list ends today; the child waits on by its original day."),
    "reinstate": _l(
        "Another person of the department has to approve it. Then the child waits again by its original day."
    ),
    "leave": _l("Today is the child's last day there. Its place becomes free, the application goes to the archive."),
    "absent": _l("A temporary vacancy of one place is drafted for the group; it ends with the absence."),
    "confirm_privilege": _l("The privilege counts from now on: the child moves to its category in the queue."),
    "reject_privilege": _l("The child waits on without the privilege, by its original day."),
    "start": _l("What can be done is done row by row, and each row's outcome is kept. You may leave the page."),
    "stop": _l("What is done stays done; all other rows are skipped."),
    "sign": _l("With both signatures the contract is complete and the voucher is used."),
    "enrol": _l("The child attends the group from today; a temporary stay elsewhere ends."),
    "publish": _l("The places become free for the children in the queue."),
    "close": _l("Free places are no longer offered; held and occupied ones stay as they are."),
    "approve": _l(
        "It counts from its first day on, at the earliest from today, and is never changed or removed again. "
        "Terms that run already stay as they are."
    ),
    "reset_password": _l(
        "The old password opens nothing from now on, and whoever is signed in with it is out. The new one is shown "
        "once and has to be changed at the first sign-in."
    ),
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
    ("approve", "reinstatement"): _l("The child waits again in the queue by its original day."),
    ("reject", "reinstatement"): _l("The application stays as it is."),
}

NORMS: dict[str, Any] = {
    "procedure": _l("Procedure of the district"),
    "voucher.confirm": _l("Term to confirm interest in a voucher"),
    "voucher.choose": _l("Term to choose a kindergarten and sign"),
    "voucher.stop_list": _l("Time on the stop-list after a voucher"),
    "voucher.restorations": _l("Restorations of the place in the queue"),
    "voucher.restorations_per": _l("Restorations are counted per"),
    "referral.priority": _l("Time in which an offered place waits for the child"),
    "referral.attend": _l("Term to come to the kindergarten with the papers"),
    "referral.stop_list": _l("Time on the stop-list after a referral"),
    "referral.misses": _l("Missed referrals that end the application"),
    "referral.extension": _l("Longest extension of a referral"),
    "referral.extensions": _l("Extensions of one referral"),
    "referral.revocation": _l("Time in which a family may give a referral back"),
    "referral.minimum_age": _l("Youngest age for a state kindergarten or mini-centre"),
    "state_order.minimum_age": _l("Youngest age for a private place on state order"),
    "state_order.turn": _l("The turn in the queue for a private place on state order"),
    "mini_centre.turn": _l("The turn in the queue for a mini-centre"),
    "queue.ratio": _l("Privileged to general children in the order by ratio"),
    "privilege.certificate": _l("How long a certificate for a privilege holds"),
    "queue.maximum_age": _l("Age at which a child leaves the queue"),
    "rounds": _l("Who starts rounds of vouchers"),
    "notice.reminder": _l("Reminder before a last day"),
}
CHOICES: dict[str, Any] = {
    "referral": _l("by referrals"),
    "voucher": _l("by vouchers"),
    "manual": _l("the department"),
    "clock": _l("the calendar, daily"),
    "none": _l("no, whoever comes first"),
    "needed": _l("yes, by turn"),
    "application": _l("application"),
    "stop_listing": _l("stop-listing"),
}


TERMS: dict[str, Any] = {  # rules/terms.py: what is to be done, or ends, by the last day
    "confirm": _l("Interest to be confirmed"),
    "choose": _l("Kindergarten to be chosen"),
    "priority": _l("Priority of an offer"),
    "attend": _l("To come with the papers"),
    "privilege": _l("Certificate of a privilege"),
    "stop_list": _l("Stop-list"),
    "stay": _l("Temporary stay"),
}
PERIODS: dict[str, Any] = {"today": _l("today"), "week": _l("within 7 days")}
SUBJECTS: dict[str, Any] = {
    "application": _l("Application"),
    "voucher": _l("Voucher"),
    "referral": _l("Referral"),
    "offer": _l("Offer"),
    "reinstatement": _l("Return to the queue"),
    "contract": _l("Contract"),
    "enrolment": _l("Enrolment"),
    "vacancy": _l("Vacancy"),
    "privilege": _l("Privilege"),
    "kindergarten": _l("Kindergarten"),
    "kg_group": _l("Group"),
    "norm": _l("Norm"),
    "queue_order": _l("Queue order"),
    "day_off": _l("Day off"),
    "queue_round": _l("Round"),
    "ab_user": _l("Account"),
    "bulk_run": _l("Bulk run"),
    "import_run": _l("File"),
}

REFUSALS: dict[Reason, Any] = {
    Reason.not_their_turn: _l("It is not this child's turn yet."),
    Reason.no_free_place: _l("There is no free place: every published one is held, taken, or owed to a voucher."),
    Reason.stop_listed: _l("The application is on the stop-list: nothing is issued, offered or chosen until it ends."),
    Reason.too_young: _l("The child is too young for this."),
    Reason.too_old: _l("The child is too old for the queue."),
    Reason.too_late: _l("The term has passed."),
    Reason.too_long: _l("That is longer than the norm allows."),
    Reason.already_used: _l("This right has been used already."),
    Reason.not_allowed: _l("Your role does not allow this here."),
    Reason.wrong_status: _l("This cannot be done in the present status."),
    Reason.wrong_birth_year: _l("The group is for children of other birth years."),
    Reason.wrong_place: _l("This does not belong to this district, or another procedure is in force there."),
    Reason.reason_required: _l("Give a reason."),
    Reason.no_calendar: _l("No days off are entered for that year. Enter the calendar first."),
    Reason.already_waiting: _l("This child is in the queue already, or attends a state kindergarten."),
    Reason.bad_iin: _l("There is no such IIN. Check its twelve digits."),
    Reason.bad_number: _l("A number has at least one letter or digit."),
    Reason.no_paper: _l("No paper proves this privilege. The family has to bring one."),
    Reason.paper_to_come: _l("The paper has a day that is still to come."),
    Reason.no_norm: _l("No norm is in force for this. Enter and approve it first."),
}

# A fact of a refusal that says more than its reason.
BECAUSE: dict[str, Any] = {
    "number": _l("Another application of this district has this number."),
    "to_come": _l("This day has not come yet. Correct it."),
    "not_later": _l("The new last day must come after the one that is set now."),
    "author": _l("You entered it yourself: another person of the department approves it."),
    "approved": _l("It is approved, so it stays as it is. Enter a new one that begins on its own day."),
}

# Why a number cannot be one.
NO_NUMBER: dict[tuple[Reason, str], Any] = {
    (Reason.bad_iin, "form"): _l("An IIN has twelve digits. Correct it by the child's or parent's paper."),
    (Reason.bad_iin, "check_digit"): _l("There is no such IIN: its check digit is wrong. Correct it by the paper."),
    (Reason.bad_iin, "century"): _l("There is no such IIN: its seventh digit is wrong. Correct it by the paper."),
    (Reason.bad_iin, "birth_date"): _l(
        "There is no such IIN: it begins with a day that does not exist. Correct it by the paper."
    ),
    (Reason.bad_iin, "same_person"): _l("The child and the applicant have the same IIN. Correct one of them."),
    (Reason.bad_number, "long"): _l("The number is too long. Shorten it."),
}

# What an official accepts with a reason, or corrects.
DOUBTS: dict[str, Any] = {
    "born_on": _l("This is not the birth date in the IIN or on record. Correct it, or give a reason."),
    "sex": _l("The IIN or the record says otherwise. Correct it, or give a reason."),
    "child_name": _l("Under this IIN another name is on record. Correct the IIN or the name, or give a reason."),
    "applicant_name": _l("Under this IIN another name is on record. Correct the IIN or the name, or give a reason."),
    "namesake": _l(
        "A child of this name and birth date waits under another IIN. "
        "Look it up by its name; if they are two children, say so as the reason."
    ),
}

WHY_NOT: dict[str, Any] = {  # of a row of a bulk run, where it is no refusal of the regulation
    "contradiction": _l("This contradicts what is recorded already. Nothing was changed."),
    "failed": _l("Something went wrong on our side. Nothing was changed."),
    "changed": _l("The application has changed since it was tried. It was left as it is."),
    "stopped": _l("The run was stopped before its turn came."),
    "dismissed": _l("The run was stopped: whoever asked for it no longer has that role."),
}

NOT_BROUGHT_IN: dict[str, Any] = {  # why a file that was started, or was being tried, came to nothing
    "problems": _l("Something has become wrong since the file was tried. Nothing was written."),
    "dismissed": _l("Whoever brought the file no longer has that role. Nothing was written."),
    "damaged": _l("The kept file is not as it came. Nothing was written. Bring it again."),
    "failed": _l("Something went wrong on our side. Nothing was changed."),
}

FORESEEN: dict[BulkOutcome, Any] = {
    BulkOutcome.waiting: _l("Not tried yet"),
    BulkOutcome.done: _l("Can be done"),
    BulkOutcome.refused: _l("Will be turned down"),
}

INVALID: dict[str, Any] = {
    "norm_name": _l("There is no norm of this name."),
    "norm_unit": _l("This norm is counted otherwise: %(allowed)s."),
    "norm_value": _l("This norm cannot have this value. It may be: %(allowed)s."),
    "norm_on_lapse": _l("This cannot follow here. It may be: %(allowed)s."),
    "no_categories": _l("An order by categories needs at least one category."),
    "categories_by_ratio": _l("An order by ratio has no categories. Empty them, or choose the order by categories."),
    "too_many_categories": _l("An order has at most %(rank)d categories."),
    "category_name": _l("Category %(rank)d needs its name in both languages."),
    "category_ages": _l("Category %(rank)d: the last age is before the first, or is no age of a child."),
    "categories_overlap": _l("Categories %(other)d and %(rank)d have the same privilege and share ages."),
    "category_in_vain": _l("Category %(rank)d would serve nobody: category %(other)d takes all its children before."),
    "decree": _l("Give the number of the decree."),
    "before_first": _l("The last birth year is before the first."),
    "bin": _l("There is no such BIN. Check its twelve digits."),
    "temporary_only": _l("A temporary vacancy needs its last day; a general one has none."),
}

CONSTRAINTS: dict[str, Any] = {
    "kindergarten.place_id, kindergarten.name": _l("There is a kindergarten of this name in this place already."),
    "uq_kindergarten_name_once_in_its_place": _l("There is a kindergarten of this name in this place already."),
    "kg_group.kindergarten_id, kg_group.name": _l("The kindergarten has a group of this name already."),
    "uq_group_name_once_in_its_kindergarten": _l("The kindergarten has a group of this name already."),
    "norm.name, norm.place_id, norm.valid_from": _l("There is a norm of this name for this place and day already."),
    "uq_norm_once_per_name_place_and_day": _l("There is a norm of this name for this place and day already."),
    "day_off.day": _l("A row for this day waits for approval already. Change that one."),
    "uq_day_off_one_draft_per_day": _l("A row for this day waits for approval already. Change that one."),
    "queue_order.place_id, queue_order.kind": _l("There is an order of this kind for this place and day already."),
    "uq_queue_order_once_per_place_and_day": _l("There is an order of this kind for this place and day already."),
    "ab_user.username": _l("There is an account of this name already."),
    "ab_user_username_key": _l("There is an account of this name already."),
}

# (template, audience), and where one template says several things the facts that a sentence needs: the first that
# finds all of them is said.
NOTICES: dict[tuple[str, ...], Any] = {
    ("register", Audience.family): _l("Your child is in the queue. The application's number is %(number)s."),
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
    ("revoke", Audience.family): _l("The voucher was revoked: %(reason)s. Your child waits on by its original day."),
    ("archive", Audience.family): _l("The application is in the archive: %(reason)s."),
    ("withdraw", Audience.family): _l("Your child was taken out of the queue at your wish."),
    ("expel", Audience.family): _l(
        "The temporary stay ended on %(ends_on)s. Its voucher is annulled; your child's place in the queue is kept."
    ),
    ("expel", Audience.kindergarten): _l("The temporary stay of a child ended on %(ends_on)s."),
    ("remind", Audience.family, "priority_by"): _l("The place that was offered to you waits until %(last_day)s."),
    ("remind", Audience.family, "attend_by"): _l("Come with the referral by %(last_day)s."),
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
    ("no_calendar", Audience.department): _l("A term waits: no days off are entered for %(year)s."),
}

NOTHING: dict[str, Any] = {  # what to do when a register has no rows yet
    "application": _l("Put a child into the queue, and its application stands here."),
    "import_run": _l("Bring a list of kindergartens or applications as an Excel workbook or CSV; it is tried first."),
    "voucher": _l("A round issues vouchers down the queue; one out of turn is issued on the child's page."),
    "offer": _l("Publish a vacancy and offer its places: the next children in the queue get them."),
    "referral": _l("A referral is issued when a family chooses a kindergarten, on the child's page."),
    "queue_round": _l("Each round of vouchers and each offer of places is kept here, with the list as it stood."),
    "reinstatement": _l("An application in the archive is asked back on its own page; a second person decides here."),
    "vacancy": _l("Draft a vacancy for a group; once it is published, its places are free for the queue."),
    "kindergarten": _l("Add a kindergarten, then its groups, then their vacancies."),
    "kg_group": _l("Add a group with its birth years; vacancies are drafted for groups."),
}

REASONS: dict[str, Any] = {
    "choose_by": _l("no place was chosen and signed in time"),
    "stop_list": _l("the place in the queue was not restored in time"),
    "over_age": _l("the child has reached school age"),
    "certificate": _l("the certificate no longer holds"),
    "another_privilege": _l("another privilege was confirmed"),
    "expire": _l("the voucher expired"),
    "refuse": _l("the voucher was refused"),
    "revoke": _l("the voucher was revoked"),
}


OUTCOMES: dict[Outcome, Any] = {
    Outcome.served: _l("served"),
    Outcome.no_seat: _l("passed over: no free place was left for its birth year"),
    Outcome.later: _l("its turn had not come: the places ended before it"),
    Outcome.too_young: _l("too young on that day"),
}


def label(value: Any) -> str:
    """A status or kind in the reader's language."""
    return _label(str(get_locale()), value) if value in LABELS.get(type(value), ()) else str(value)


@lru_cache(maxsize=None, typed=True)  # lists show hundreds; typed, for two kinds may share a value
def _label(_language: str, value: StrEnum) -> str:
    return str(LABELS[type(value)][value])


STATUSES: dict[str, type[StrEnum]] = {
    "application": ApplicationStatus,
    "voucher": VoucherStatus,
    "referral": ReferralStatus,
    "contract": ContractStatus,
    "vacancy": VacancyStatus,
    "privilege": PrivilegeStatus,
    "offer": OfferStatus,
}


def status(subject: str, value: str | None) -> str:
    """A status as the history keeps it, in the reader's language."""
    return label(STATUSES[subject](value)) if value and subject in STATUSES else value or ""


def norm_name(name: str) -> str:
    """What a norm is about; a name that nobody knows stays as it is."""
    return str(NORMS.get(name, name))


def norm(row: Norm) -> str:
    """A norm with its value, as people say it."""
    return f"{norm_name(row.name)}: {norm_value(row)}"


def norm_value(row: Norm) -> str:
    """A norm's value as people say it: so many working days, so many to so many, one of its choices."""
    first, _colon, second = row.value.partition(":")
    if row.unit is Unit.CHOICE:
        return str(CHOICES.get(row.value, row.value))
    if row.unit is Unit.RATIO:
        return _("%(privileged)s privileged to %(general)s general", privileged=first, general=second)
    return amount(int(row.value), row.unit) if row.value.isdecimal() else row.value


def amount(number: int, unit: Unit) -> str:
    """2 working days, 1 working day."""
    match unit:
        case Unit.WD:
            return ngettext("%(num)d working day", "%(num)d working days", number)
        case Unit.CD:
            return ngettext("%(num)d calendar day", "%(num)d calendar days", number)
        case Unit.H:
            return ngettext("%(num)d hour", "%(num)d hours", number)
        case Unit.MONTHS:
            return ngettext("%(num)d month", "%(num)d months", number)
    return ngettext("%(num)d time", "%(num)d times", number)


def ages(category: QueueCategory) -> str:
    """The ages of a category: full months, both included."""
    if category.months_to is None:
        return _("from %(months)d months", months=category.months_from) if category.months_from else _("any age")
    return _("%(first)d to %(last)d months", first=category.months_from, last=category.months_to)


def verb(name: str, subject: str) -> str:
    """A verb for a record of this kind, as its button says it."""
    return str(VERBS_OF.get((name, subject)) or VERBS.get(f"{name}_{subject}") or VERBS.get(name, name))


def happened(name: str, subject: str) -> str:
    """A verb that was done to a record of this kind, as the history tells it."""
    privileged = HAPPENED.get(f"{name}_{subject}")
    return str(privileged or VERBS_OF.get((name, subject)) or HAPPENED.get(name) or verb(name, subject))


def follows(verb: str, subject: str, *, by_voucher: bool = True) -> str:
    """What will follow when a verb is done to a record of this kind; for an application, by what it has."""
    of = "referral" if subject == "application" and not by_voucher else subject
    return str(FOLLOWS_OF.get((verb, of)) or FOLLOWS.get(verb, ""))


def term(name: str) -> str:
    """A kind of term that runs out."""
    return str(TERMS[name])


def period(name: str) -> str:
    """Until when."""
    return str(PERIODS[name])


def role(name: str) -> str:
    """A role by its name, in the reader's language; a name that is none stays as it is."""
    return label(Role(name)) if name in set(Role) else name


def refusal(refused: Refusal) -> str:
    """Why not, with the day that it is about where there is one."""
    usual = NO_NUMBER.get((refused.reason, str(refused.facts.get("because"))), REFUSALS[refused.reason])
    sentence = str(next((BECAUSE[fact] for fact in refused.facts if fact in BECAUSE), usual))
    last = refused.facts.get("last_day")
    return sentence + " " + _("The last day: %(day)s.", day=day(last)) if isinstance(last, date) else sentence


def refused(why: Refusal) -> dict[str, str]:
    """Why not, by the part at fault; "" where it is none in particular."""
    if "parts" in why.facts:
        return {part: str(DOUBTS[part]) for part in why.facts["parts"]}
    return {why.facts.get("part", ""): refusal(why)}


def outcome(row: BulkRow, over: bool) -> str:
    """What became of a row of a bulk run; before the run, what its preview found."""
    return label(row.outcome) if over else str(FORESEEN[row.foreseen])


def why_not(row: BulkRow) -> str:
    """Why a row of a bulk run was not done, or will not be; "" for one that was."""
    return because(row.reason, row.facts)


def problem(row: ImportProblem) -> str:
    """What is wrong in a cell of a file."""
    return str(SENTENCES.get(row.sentence, row.sentence)) % row.facts


def because(reason: str | None, facts: Mapping[str, Any]) -> str:
    """A reason that was kept by its name, with its facts as JSON keeps them."""
    if reason not in set(Reason):
        return str(WHY_NOT.get(reason or "", reason or ""))
    known = {**facts}
    if isinstance(last := facts.get("last_day"), str):
        known["last_day"] = date.fromisoformat(last)
    return refusal(Refusal(Reason(reason), **known))


def invalid(problem: Invalid) -> str:
    """What is wrong with one field, and for a norm what it may be instead."""
    known = KNOWN.get(str(problem.facts.get("norm")))
    facts = {**problem.facts, "allowed": _allowed(problem.field, known)} if known else problem.facts
    return str(INVALID[problem.problem]) % facts


def _allowed(field: str, known: Known) -> str:
    if field == "value" and Unit.RATIO in known.units:
        return "1:3"
    if field == "value":
        return ", ".join(f"{choice} ({CHOICES[choice]})" for choice in sorted(known.choices)) or _("a whole number")
    allowed = known.units if field == "unit" else known.on_lapse
    return ", ".join(label(one) for one in sorted(allowed)) or _("nothing")


def constraint(error: IntegrityError) -> str:
    """The sentence of the constraint that the database named: never its SQL, never a value."""
    text = str(error.orig)
    for name, sentence in CONSTRAINTS.items():
        if name in text:
            return str(sentence)
    return _("This contradicts what is recorded already. Nothing was changed.")


def name(row: Any) -> str:
    """What a record is called: a place, norm or order in the reader's language, anything else by its own name."""
    match row:
        case Norm():
            return norm(row)
        case QueueOrder():
            return f"{label(row.kind)}, {name(row.place)}, {day(row.valid_from)}"
        case DayOff():
            return f"{day(row.day)}, {row.name}"
        case Place() | District() | QueueCategory():
            return row.name_ru if get_locale().language == "ru" else row.name_kk
    return str(row)


def number(value: int) -> str:
    """15 000, as the reader writes it."""
    return format_decimal(value)


def day(value: date | None) -> str:
    """17.09.2022, the local day; a dash for none."""
    if isinstance(value, datetime):
        value = value.astimezone(LOCAL).date()
    return f"{value:%d.%m.%Y}" if value else "—"


def moment(value: datetime | None) -> str:
    """07.04.2026 11:21:08, local time; a dash for none."""
    return f"{value.astimezone(LOCAL):%d.%m.%Y %H:%M:%S}" if value else "—"


def reason(value: str | None) -> str:
    """A reason as people gave it, or as the system names its own."""
    return str(REASONS.get(value or "", value or ""))


def notice(told: Notice) -> str:
    """A notice as its reader gets it, in the language of this page."""
    there = {name for name, value in told.facts.items() if value is not None} | {told.facts.get("term")}
    for (template, audience, *facts), sentence in NOTICES.items():
        if (template, audience) == (told.template, told.audience) and there.issuperset(facts):
            return str(sentence) % _Facts(told.facts)
    return str(VERBS.get(told.template, told.template))


class _Facts(dict[str, Any]):
    """A notice's facts as sentences need them: days as people write them, and a dash for one that is missing."""

    def __missing__(self, _name: str) -> str:
        return "—"

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name) if name in self else self.__missing__(name)
        try:
            return day(date.fromisoformat(value))
        except (TypeError, ValueError):
            return reason(value) if name == "reason" else value
