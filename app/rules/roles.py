"""Spec 1, "Who uses it": the roles, and which of them stand together. How far each sees: access/scope.py."""

from enum import StrEnum


class Role(StrEnum):
    """Spec 1, "Who uses it"; `clock` is the system itself."""

    department = "department"
    specialist = "specialist"
    head = "head"
    operator = "operator"
    auditor = "auditor"
    administrator = "administrator"
    family = "family"
    clock = "clock"


R = Role
OFFICE = frozenset({R.department, R.specialist})
SECOND_FACTOR = frozenset({R.department, R.administrator})  # who has to have one, where the settings ask for it
COUNTER = OFFICE | {R.operator}  # who may act for a family that came with a signed paper
FAMILY = COUNTER | {R.family}
NEXT = OFFICE | {R.clock}
WATCHING = OFFICE | {R.auditor}  # who looks at what officials did
QUEUES = COUNTER | {R.auditor}  # who looks at whole queues, with what was issued from them
FAMILIES = QUEUES | {R.head}  # who looks at families, each at those within its reach
