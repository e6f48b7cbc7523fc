"""Every word that people read for what the code names: statuses, verbs, refusals. Kazakh and Russian in translations/.

The English here is the key of the catalogues; words of the seeds' buttons are used as they are (glossary).
"""
# ruff: noqa: F401

from app.words.changes import REFERS, Said, changed, ids, known
from app.words.choices import card, choices, consequences, costs
from app.words.corrections import CONTRARY, another_applicant, contrary, corrected, same_applicant
from app.words.days import day, moment, number
from app.words.documents import in_groups, standing
from app.words.labels import LABELS, STATUSES, label, role, status
from app.words.letters import letter, letter_state, link, seen
from app.words.lists import LISTS, columns
from app.words.names import NOTHING, alphabetical, by_name, name
from app.words.notices import ERRORS, NOTICES, REASONS, Written, error, message, notice, reached, reason
from app.words.refusals import (
    BECAUSE,
    CONSTRAINTS,
    DOUBTS,
    FORESEEN,
    INVALID,
    NO_NUMBER,
    NOT_BROUGHT_IN,
    OUTCOMES,
    OUTCOMES_TO_COME,
    PERHAPS_DONE,
    REFUSALS,
    WHY_NOT,
    because,
    cell_of,
    constraint,
    invalid,
    outcome,
    problem,
    refusal,
    refusal_to_family,
    refused,
    why_not,
)
from app.words.rules import (
    CHOICES,
    NORMS,
    PERIODS,
    TERMS,
    age,
    ages,
    amount,
    basis,
    norm,
    norm_name,
    norm_value,
    period,
    term,
    wait,
)
from app.words.signing import contract, to_register, to_sign
from app.words.verbs import (
    BY_HAND,
    FOLLOWS,
    FOLLOWS_OF,
    HAPPENED,
    MOVED,
    SUBJECTS,
    VERBS,
    VERBS_OF,
    by_hand,
    done_then,
    follows,
    happened,
    moved,
    passed_by,
    verb,
)
from app.words.work import FAILURES, JOBS, STATES, failure, job, state
