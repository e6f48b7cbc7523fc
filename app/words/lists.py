"""What lists are called, and what stands above the columns of those that no register declares (app/registers).

The file of a list has the same titles.
"""

from typing import Any

from flask_babel import lazy_gettext as _l

from app import registers

LISTS: dict[str, tuple[str, Any]] = {  # as its address names it: the table of its rows, and its title
    "applications": ("application", _l("Journal of applications")),
    "vouchers": ("voucher", _l("Vouchers")),
    "referrals": ("referral", _l("Referrals")),
    "rounds": ("queue_round", _l("Rounds and offers")),
    "offers": ("offer", _l("Offers")),
    "proposals": ("proposal", _l("Waiting for a second person")),
    "bulk-runs": ("bulk_run", _l("Bulk runs")),
    "imports": ("import_run", _l("Import from a file")),
    "history": ("change", _l("History")),
    "notices": ("notice", _l("Notices")),
    **{one.noun: (one.table, one.title) for one in registers.ALL},
}
COLUMNS: dict[str, Any] = {
    "added": _l("New rows"),
    "application": _l("Application"),
    "application.child": _l("Child"),
    "approved": _l("Approved"),
    "asked_at": _l("Asked"),
    "asked_by": _l("Asked by"),
    "at": _l("When"),
    "attend_by": _l("Come by"),
    "audience": _l("To whom"),
    "automatic": _l("By the clock"),
    "begins_on": _l("First day of a temporary stay"),
    "birth_year": _l("Birth year"),
    "by_hand": _l("Kind"),
    "changed": _l("What changed"),
    "child": _l("Child"),
    "child.born_on": _l("Born"),
    "choose_by": _l("Choose by"),
    "confirm_by": _l("Confirm by"),
    "confirmed_on": _l("Confirmed"),
    "contract.status": _l("Contract"),
    "decided_at": _l("Decided"),
    "decided_by": _l("Decided by"),
    "done": _l("Done"),
    "effective_on": _l("Counts from"),
    "ended_at": _l("Ended"),
    "ends_on": _l("Last day of a temporary stay"),
    "extensions": _l("Extensions"),
    "file_name": _l("File"),
    "for_family": _l("For the family, at the counter"),
    "held_at": _l("When"),
    "issued_on": _l("Issued"),
    "kind": _l("Admission regime"),
    "lost_paper": _l("Paper not made yet"),
    "mine": _l("Waits for you"),
    "norm": _l("Norm"),
    "number": _l("Number"),
    "offered_on": _l("Offered"),
    "paper_on": _l("Day of the signed paper"),
    "passed": _l("Passed over"),
    "person": _l("Person"),
    "place": _l("District or city"),
    "priority_by": _l("Priority until"),
    "problems": _l("Problems"),
    "queue_order.kind": _l("Order"),
    "queued_at": _l("In the queue since"),
    "reason": _l("Reason"),
    "record": _l("Record"),
    "refused": _l("Turned down"),
    "revocable_until": _l("The family may take it back until"),
    "role": _l("As"),
    "rows": _l("Rows"),
    "same": _l("As before"),
    "selected": _l("Selected"),
    "sentence": _l("Notice"),
    "served": _l("Served"),
    "side": _l("Side of the queue"),
    "since": _l("From the day"),
    "skipped": _l("Skipped"),
    "stage": _l("Stage"),
    "status": _l("Status"),
    "subject": _l("Kind of record"),
    "term": _l("Runs out"),
    "to": _l("To the day"),
    "user": _l("Who"),
    "vacancy": _l("Vacancy"),
    "vacancy.group": _l("Group"),
    "verb": _l("What"),
    "waits": _l("What waits, and for whom"),
}
COLUMNS_OF: dict[str, dict[str, Any]] = {  # where a list says it otherwise, by its table
    "bulk_run": {"user": _l("Asked by")},
    "import_run": {
        "asked_at": _l("Brought"),
        "changed": _l("Changed rows"),
        "kind": _l("What the rows are"),
        "user": _l("Brought by"),
    },
    "proposal": {"subject": _l("About")},
    "referral": {"number": _l("Referral")},
    "voucher": {"number": _l("Voucher")},
}


def columns(table: str) -> dict[str, Any]:
    """What stands above the columns of a table's list, by their names."""
    return {**COLUMNS, **COLUMNS_OF.get(table, {})}
