"""Which tests run on one database alone, and why: what they look at is made above it, of rows that both have given.

All others run on both: whatever reads in an order, searches, locks, writes, counts or is refused by a constraint. So
the statements behind these pages have been run on PostgreSQL too, by the tests that are named here.
`make test ARGS=--both` runs all of them on both.
"""

import pytest

from tests import scenarios

ONE_DATABASE = {
    # what verbs write is tried on both by tests/actions, and what forms take by test_forms.py and test_one_click.py
    "views/test_correcting.py": "the pages of a correction, which test_corrections.py makes",
    "views/test_history.py": "how history is told",
    "views/test_no_calendar.py": "what a page says of a refusal of tests/actions",
    "views/test_privilege_tab.py": "the pages of test_privileges.py",
    "views/test_referral_procedure.py": "the pages of test_offers.py and test_referrals.py",
    "views/test_rules.py": "the pages of test_approval.py and test_constraints.py",
    "views/test_verify.py": "the page behind a paper's code",
    "views/test_why.py": "how a number is explained, which test_explanations.py finds",
    # who comes in: hashes and counters are no rows; what ends a session is tried on both by test_sessions.py
    "views/test_passwords.py": "what a password must be, and who changes whose",
    "views/test_tries.py": "tries are counted in Redis or in the process",
    "views/test_second_factor.py::test_who_needs_one_sets_it_up_before_anything_else": "which addresses open",
    # every page that a role can reach: which rows it may select, test_row_scope.py and test_within.py ask of both
    "views/test_personal_data.py::test_each_role_gets_what_the_table_says": "what is masked once it was read",
    "views/test_personal_data.py::test_the_history_masks_what_was_and_what_is": "the same",
    "views/test_personal_data.py::test_a_paper_is_sent_whole_to_those_alone_for_whom_nothing_is_masked": "the same",
    "views/test_personal_data.py::test_nobody_who_is_not_signed_in_gets_anything": "who comes in, before a row is read",
    "views/test_scope.py::test_no_page_holds_a_byte_of_what_lies_outside_of_ones_reach": "what pages add to the rows",
    # who may come where, and what a form has to carry: both are known before a row is asked for
    "views/test_routes.py::test_an_address_opens_for_the_roles_of_the_table_and_for_nobody_else": "permissions",
    "views/test_routes.py::test_a_method_that_is_not_in_the_table_is_405": "addresses",
    "views/test_routes.py::test_a_post_without_its_token_is_400_and_changes_nothing": "tokens",
    "views/test_routes.py::test_who_decides_nothing_changes_no_row": "permissions",
    "views/test_routes.py::test_what_only_reads_changes_nothing": "methods",
    "views/test_rows.py::test_an_unknown_action_is_404_single_and_bulk_and_changes_nothing": "addresses",
    "views/test_rows.py::test_actions_and_removals_answer_a_get_or_head_with_405_and_change_nothing": "addresses",
    "views/test_rows.py::test_one_foreign_row_makes_a_whole_batch_404_and_nothing_changes": "the scope, as above",
    "views/test_forms.py::test_a_field_with_nonsense_is_422_with_a_sentence_and_what_was_typed": "what a form refuses",
    "views/test_forms.py::test_no_column_that_is_not_on_the_form_can_be_posted": "what a form reads of what was sent",
    "views/test_two_editors.py::test_a_form_that_does_not_say_what_it_was_shown_from_saves_nothing": "the same",
    "views/test_two_editors.py::test_a_field_that_was_not_sent_or_not_shown_is_not_written": "the same",
    "views/test_today.py::test_every_list_takes_at_most_eight_statements": "how many statements there are",
    "views/test_one_click.py::test_no_address_that_adds_or_acts_does_so_without_a_key": "keys of forms",
    "views/test_nothing_lost.py::test_every_form_whose_session_is_over": "what a form is filled with again",
    "views/test_nothing_lost.py::test_every_form_with_an_old_token": "the same",
    "views/test_offered_on_pages.py::test_what_keeps_a_record_is_said_to_whoever_removes_it_by_hand": "what is said",
    "test_backup.py::test_a_backup_that_lacks": "a damaged file is found before a database is looked at",
    # by chance: what may follow what, whose statements the rest of their files run on both
    "actions/test_offered.py::test_a_random_town_offers_what_it_accepts": "which verbs are offered",
    "actions/test_privileges.py::test_whatever_happens_the_application_says_what_its_privileges_say": "the same",
    "test_seed.py::test_each_role_has_an_account_that_opens_and_reaches_as_far_as_it_should": "the demo's accounts",
    # families: what their forms take is read before a row is asked for; who waits for whose lock, the rest of them asks
    "views/test_acts.py::test_the_application_of_another_family_is_not_found_by_any_act": "the scope, as above",
    "views/test_acts.py::test_another_file_is_refused_and_what_was_typed_stays": "the content of a file",
    "views/test_acts.py::test_a_photograph_is_taken": "the same",
    "views/test_acts.py::test_contacts_that_cannot_be_are_said_and_stay_typed": "what a form takes",
    "views/test_new_application.py::test_what_cannot_be_is_said_on_its_page_and_stays_typed": "the same",
    "views/test_cabinet.py::test_what_cannot_be_a_person_is_said_and_stays_typed": "the same",
    "views/test_cabinet.py::test_who_has_no_application_yet_comes_in": "what a service answers",
    "views/test_qr.py::test_a_service_that_fails": "the same",
    # files; whatever a list asks for in each of its orders, test_lists.py and test_within.py ask of both
    "views/test_exports.py::test_a_file_has_the_rows_of_all_pages_in_every_order_of_every_list": "a file of these rows",
    "test_lists_taken_out.py::test_a_random_town_s_lists_come_in_again": "test_import.py writes on both",
    "test_bad_data.py::test_an_import_names_the_cell_and_nothing_is_written": "it is refused before a row is written",
    "test_bad_data.py::test_a_scenario_is_refused_by_name_and_nothing_enters": "it is refused before it is played",
    "test_import.py::test_a_file_that_is_no_table_is_named": "it is refused before a row is looked for",
    "test_import.py::test_one_changed_cell_is_one_change_on_record": "how a cell is compared with what is recorded",
    "test_scenarios.py::test_a_file_that_is_wrong_is_named_with_line_and_column": "it is refused before it is played",
}

# Scenarios whose families act through their own pages on PostgreSQL too.
ON_ITS_PAGES = {"a-referral-is-extended", "by-a-code-or-by-a-key", "missed-twice", "restored-once", "two-signatures"}
# Of these tests PostgreSQL has some cases, by name: in the others the same statements are asked.
SOME_CASES = {
    # each verb with each of its ends is played on both
    "test_scenarios.py::test_the_regulation_holds": scenarios.with_an_outcome_of_its_own() | ON_ITS_PAGES,
    "views/test_whose_pages.py::test_a_family_gets_no_byte_of_another_one": {"joined"},
    # half of the walk beside the model, and of the days that were
    "test_workflow.py::test_the_system_does_what_the_regulation_says": {"0", "1"},
    "rules/test_past.py::test_what_a_round_decided_on_is_rebuilt": {"voucher"},
    "actions/test_movements.py::test_a_number_less_who_left_with_who_came": {"voucher"},
    "actions/test_takeover.py::test_lines_that_come_together_leave_what_they_leave_one_by_one": {"1"},
}


def elsewhere(item: pytest.Item) -> bool:
    """Is it one of these on the other database? One that a test asks for by itself is not."""
    if getattr(item, "callspec", None) is None or item.callspec.params.get("kind") != "postgresql":
        return False
    if any("kind" in mark.args[0] for mark in item.iter_markers("parametrize")):
        return False
    name, case = item.nodeid.partition("/")[2], item.callspec.id.removeprefix("postgresql-")
    some = any(name.startswith(which) and case not in cases for which, cases in SOME_CASES.items())
    return some or name.startswith(tuple(ONE_DATABASE))
