"""Spec 7, guard mutation: what keeps a promise, how it is taken away, and the test that must turn red then.

`make guards` (tools/guards.py) does so in a copy of the project, guard by guard.
"""

from typing import NamedTuple


class Guard(NamedTuple):
    """``there`` stands once in the file and is replaced by ``instead``."""

    keeps: str
    file: str
    there: str
    instead: str
    test: str
    kind: str = "sqlite"  # the database on which it turns red


BASE, LISTS, DOOR = "app/views/base.py", "app/views/lists.py", "app/views/door.py"
SECURITY, WIRE, VIEWS = "app/views/security.py", "app/views/wire.py", "app/views/__init__.py"
VISITS, SESSIONS, TRIES = "app/views/sessions.py", "app/sessions.py", "app/tries.py"
ACCOUNTS, PERMISSIONS = "app/actions/accounts.py", "app/permissions.py"
DOWNLOADS, WRITTEN = "app/views/downloads.py", "app/files/written.py"
CHOOSING, CLOCK = "app/actions/choosing.py", "app/actions/clock.py"
IMPORTS, BRINGING, SPREADSHEET = "app/actions/imports.py", "app/files/bringing.py", "app/files/spreadsheet.py"

EDITING, SENDING, AGAIN = "app/views/editing.py", "app/views/sending.py", "app/views/again.py"
SENT, DATABASE = "app/sent.py", "app/database.py"

GUARDS = (
    Guard(
        "every row is loaded through the viewer's scope",
        PERMISSIONS,
        "    state.statement = state.statement.options(_scope(actor))\n",
        "",
        "test_scope.py::test_a_foreign_record_is_404_at_every_address",
    ),
    Guard(
        "two viewers of one kind share a statement's SQL, not what they see",
        PERMISSIONS,
        "tuple(value for value in viewer if isinstance(value, BindParameter))",
        "()",
        "test_scope.py::test_each_scope_on_its_own_keeps_out_what_is_foreign",
    ),
    Guard(
        "a role of which a table says nothing sees nothing of it",
        PERMISSIONS,
        ".get(role, _nothing)",
        ".get(role, _everything)",
        "test_scope.py::test_a_table_that_says_nothing_of_a_role_shows_it_nothing",
    ),
    Guard(
        "whoever looks is cut to what is theirs, without place and kindergarten too",
        PERMISSIONS,
        "    if not state.is_select:\n",
        "    if not state.is_select or (actor.place_ids is None and actor.kindergarten_id is None):\n",
        "test_scope.py::test_a_family_sees_its_own_application_alone",
    ),
    Guard(
        "a decision sees more than its reader does",
        PERMISSIONS,
        "    propagate_to_loaders = False\n",
        "    propagate_to_loaders = True\n",
        "test_scope.py::test_a_decision_sees_all_that_belongs_to_a_record_which_its_reader_sees_in_part",
    ),
    Guard(
        "no browser keeps what only the signed-in may see",
        "app/views/look.py",
        '        answer.headers["Cache-Control"] = "no-store"\n',
        "        pass\n",
        "test_headers.py::test_no_browser_keeps_what_only_the_signed_in_may_see",
    ),
    Guard(
        "one foreign row makes a whole batch 404",
        BASE,
        "rows = [self.load(pk) for pk in list(pks)[:MOST_SELECTED]]",
        "rows = [row for pk in list(pks) if pk.isdigit() and (row := db.session.get(self.subject, int(pk)))]",
        "test_rows.py::test_one_foreign_row_makes_a_whole_batch_404_and_nothing_changes",
    ),
    Guard(
        "an unknown action is none",
        BASE,
        "if name not in self.verbs:\n            abort(404)",
        "pass",
        "test_rows.py::test_an_unknown_action_is_404_single_and_bulk_and_changes_nothing",
    ),
    Guard(
        "a custom action asks for its permission",
        BASE,
        "if not self.appbuilder.sm.has_access(name, self.class_permission_name):\n            abort(403)",
        "pass",
        "test_routes.py::test_an_address_opens_for_the_roles_of_the_table_and_for_nobody_else",
    ),
    Guard(
        "a removal is a POST",
        BASE,
        '@expose("/delete/<pk>", methods=["POST"])',
        '@expose("/delete/<pk>", methods=["GET", "POST"])',
        "test_rows.py::test_actions_and_removals_answer_a_get_or_head_with_405_and_change_nothing",
    ),
    Guard(
        "no form is posted without its token",
        VIEWS,
        "    csrf.init_app(app)  # before the framework\n",
        "    csrf.init_app(app)\n    app.config['WTF_CSRF_CHECK_DEFAULT'] = False\n",
        "test_routes.py::test_a_post_without_its_token_is_400_and_changes_nothing",
    ),
    Guard(
        "nothing starts without CSRFProtect",
        VIEWS,
        'raise RuntimeError("CSRFProtect comes before the framework")',
        "pass",
        "test_wire.py::test_nothing_starts_without_csrf_protect",
    ),
    Guard(
        "no address but those of the table: the framework's own views",
        VIEWS,
        "        self._indexview = self.add_view_no_menu(self.indexview)\n        self.sm.register_views()\n",
        "        super()._add_admin_views()\n",
        "test_routes.py::test_every_address_stands_in_the_table_and_every_line_of_the_table_is_an_address",
    ),
    Guard(
        "no address but those of the table: the framework's accounts and REST",
        SECURITY,
        "        self.auth_view = self.authdbview()\n        self.appbuilder.add_view_no_menu(self.auth_view)\n",
        "        super().register_views()\n",
        "test_routes.py::test_every_address_stands_in_the_table_and_every_line_of_the_table_is_an_address",
    ),
    Guard(
        "related lists are for whoever may read them",
        BASE,
        'return [v for v in views if self.appbuilder.sm.has_access("can_list", v.class_permission_name)]',
        "return views",
        "test_rows.py::test_related_lists_are_shown_to_whoever_may_read_them_and_to_nobody_else",
    ),
    Guard(
        "a picker takes no row that it does not offer",
        "app/views/forms.py",
        """        if value not in self.found:
            raise ValueError(self.gettext("Not a valid choice."))
        return self.found[value]
""",
        """        from app.permissions import unscoped
        with unscoped():
            self.found[value] = db.session.get(type(next(iter(self.found.values()))), int(value))
        self.choices = [*self.choices, SelectChoice(value, "")]
        return self.found[value]
""",
        "test_rows.py::test_a_picker_offers_no_foreign_record_and_takes_none",
    ),
    Guard(
        "a page has at most a hundred rows",
        LISTS,
        'size = min(max(int(asked.get(f"psize_{name}") or self.page_size), 1), LARGEST_PAGE)',
        'size = max(int(asked.get(f"psize_{name}") or self.page_size), 1)',
        "test_rows.py::test_a_page_has_at_most_a_hundred_rows",
    ),
    Guard(
        "only the named columns order a list",
        LISTS,
        'if column not in ("", *self.order_columns) or way not in ("asc", "desc"):',
        "if False:",
        "test_rows.py::test_a_page_order_size_or_filter_that_cannot_be_is_400_or_clamped_never_500",
    ),
    Guard(
        "whoever looks writes through an action",
        PERMISSIONS,
        "        raise RuntimeError(f\"{', '.join(ours)} written outside an action\")",
        "        pass",
        "test_guards.py::test_nothing_is_written_past_an_action_while_somebody_looks",
    ),
    Guard(
        "what only reads can write nothing",
        "app/database.py",
        "-c default_transaction_read_only=on",
        "",
        "test_guards.py::test_a_page_writes_nothing_by_whatever_statement",
        kind="postgresql",
    ),
    Guard(
        "nobody gives the own account another role",
        ACCOUNTS,
        "if loses and user.id is not None and user.id == by.user_id:",
        "if False:",
        "test_guards.py::test_nobody_gives_the_own_account_another_role",
    ),
    Guard(
        "a second person approves what was shown",
        "app/views/approval.py",
        'if request.form.get(f"seen-{row.id}") != entered(row):',
        "if False:",
        "test_rules.py::test_what_was_changed_after_it_was_shown_is_not_approved",
    ),
    Guard(
        "a yes that does not say what was seen approves nothing",
        "app/views/approval.py",
        'if request.form.get("sure") != "yes" or all(request.form.get(f"seen-{row.id}") for row in rows):',
        "if True:",
        "test_rules.py::test_a_yes_that_does_not_say_what_was_seen_approves_nothing",
    ),
    Guard(
        "no author approves",
        "app/actions/two_people.py",
        "    if by.user_id is not None and by.user_id in authors:\n",
        "    if by.user_id is not None and by.user_id in [*authors][:0]:\n",
        "../actions/test_approval.py::test_the_author_never_approves_and_another_one_does",
    ),
    Guard(
        "whoever changed a draft is its author",
        "app/actions/norms.py",
        'Change.verb.in_(("create", "change"))',
        'Change.verb.in_(("create",))',
        "../actions/test_approval.py::test_everybody_who_changed_a_draft_is_an_author_and_never_approves",
    ),
    Guard(
        "the database knows who changed a draft last",
        "migrations/versions/20261129_two_people_are_two.py",
        "batch_op.create_check_constraint(name, CHANGED)",
        "batch_op.create_check_constraint(name, ENTERED)",
        "../test_constraints.py::test_nobody_approves_a_rule_that_they_entered",
    ),
    Guard(
        "only the server's own row signs anybody in",
        SECURITY,
        "        if found is None or found.user_id != int(pk):\n            return None\n"
        "        return found.user if found.user.is_active else None\n",
        "        return db.session.get(accounts.User, int(pk))\n",
        "test_sessions.py::test_a_cookie_that_says_by_itself_who_it_is_opens_nothing",
    ),
    Guard(
        "the table holds hashes of keys",
        SESSIONS,
        "    return sha256(key.encode()).hexdigest()",
        "    return sha256(key.encode()).hexdigest() if len(key) != 64 else key",
        "test_sessions.py::test_a_session_is_nobody_elses_even_on_the_same_database",
    ),
    Guard(
        "changed credentials end sessions",
        SESSIONS,
        "ROW.version == version, ",
        "",
        "test_sessions.py::test_what_ends_a_session_ends_every_copy_of_it_at_once",
    ),
    Guard(
        "another role or a closed account ends sessions",
        ACCOUNTS,
        "if password or before != (user.active, [str(role)]):",
        "if password:",
        "test_sessions.py::test_what_ends_a_session_ends_every_copy_of_it_at_once",
    ),
    Guard(
        "signing out ends the session, not the cookie alone",
        VISITS,
        "            self._written(sessions.end, visit.found.id)\n            super()",
        "            super()",
        "test_sessions.py::test_what_ends_a_session_ends_every_copy_of_it_at_once",
    ),
    Guard(
        "idle sessions end",
        SESSIONS,
        'ROW.seen_at > bindparam("seen_after"), ',
        "",
        "test_sessions.py::test_whoever_does_nothing_for_long_is_out",
    ),
    Guard(
        "long sessions end",
        SESSIONS,
        ', ROW.began_at > bindparam("began_after")',
        ",",
        "test_sessions.py::test_whoever_has_been_there_too_long_is_out_whatever_they_do",
    ),
    Guard(
        "whoever is let in gets a new token",
        VISITS,
        '    session.clear()\n    login_user(user)\n    session["csrf_token"] = secrets.token_hex(20)\n',
        "    login_user(user)\n",
        "test_sessions.py::test_whoever_signs_in_gets_a_new_key_and_a_new_token",
    ),
    Guard(
        "an account is tried five times a minute",
        TRIES,
        "spent or [one for one in ACCOUNT if not limits.hit(one, *of_account)]",
        "spent[:0]",
        "test_tries.py::test_a_hundred_tries_of_one_account_from_everywhere",
    ),
    Guard(
        "an address tries five times a minute",
        DOOR,
        "        tries.failed(request.remote_addr)\n",
        "",
        "test_tries.py::test_a_hundred_accounts_from_one_address",
    ),
    Guard(
        "tries are counted while Redis is away",
        TRIES,
        "        return question(self.own)",
        "        return 0",
        "test_tries.py::test_a_hundred_tries_of_one_account_from_everywhere",
    ),
    Guard(
        "nobody's password costs as much work",
        ACCOUNTS,
        "return check_password_hash(known.hash or nobodys, password) and known.hash is not None",
        "return known.hash is not None and check_password_hash(known.hash, password)",
        "test_tries.py::test_a_name_that_nobody_has_costs_as_much_work_as_any_other",
    ),
    Guard(
        "a closed account has no password",
        ACCOUNTS,
        "found[1] if found[2] else None",
        "found[1]",
        "test_door.py::test_a_disabled_account_opens_nothing_and_a_signed_in_one_is_out_at_once",
    ),
    Guard(
        "the own password is changed by the old one",
        DOOR,
        "    if not accounts.is_password(known, password):\n",
        "    if not accounts.is_password(known, password) and request.path != '/password/':\n",
        "test_passwords.py::test_a_password_that_cannot_be_changed_stays_and_the_field_says_why",
    ),
    Guard(
        "a given password is changed first",
        VIEWS,
        "    app.before_request(door.before_request)\n",
        "",
        "test_passwords.py::test_a_given_password_is_changed_before_anything_else",
    ),
    Guard(
        "a password has twelve characters",
        ACCOUNTS,
        "SHORTEST, LONGEST = 12, 200",
        "SHORTEST, LONGEST = 1, 200",
        "test_passwords.py::test_a_password_that_cannot_be_changed_stays_and_the_field_says_why",
    ),
    Guard(
        "nobody lands elsewhere",
        BASE,
        r'return address if re.fullmatch(r"/(?!/)[^\s\\\x00-\x1f\x7f]{0,2000}", address) else "/"',
        "return address",
        "test_door.py::test_after_the_door_nobody_lands_elsewhere",
    ),
    Guard(
        "only our own hosts are answered",
        WIRE,
        "        TRUSTED_HOSTS=config.hosts,\n",
        "",
        "test_wire.py::test_a_host_that_is_not_ours_is_400_and_told_nothing",
    ),
    Guard(
        "a weak secret starts nothing",
        WIRE,
        "    refuse_weak(config.secret_key, demo=config.demo)\n",
        "",
        "test_wire.py::test_a_weak_secret_starts_nothing",
    ),
    Guard(
        "cookies go over HTTPS alone",
        WIRE,
        "SESSION_COOKIE_SECURE=not config.demo",
        "SESSION_COOKIE_SECURE=False",
        "test_sessions.py::test_the_cookie_goes_over_https_alone_to_no_script_and_to_no_other_site",
    ),
    Guard(
        "what people wrote is shown as text",
        "app/views/cells.py",
        "    return escape(text) or NONE",
        "    return Markup(text) or NONE",
        "test_door.py::test_whatever_people_wrote_is_shown_as_text_on_every_page",
    ),
    Guard(
        "a list that is sent is read through the viewer's scope",
        DOWNLOADS,
        "with looking_as(actor):",
        "if actor:",
        "test_exports.py::test_each_reader_takes_away_what_the_own_screen_shows_and_no_more",
    ),
    Guard(
        "no text becomes a formula",
        WRITTEN,
        "if FORMULA.match(text) else text",
        'if text == "=" else text',
        "test_exports.py::test_no_child_s_name_becomes_a_formula_in_a_list",
    ),
    Guard(
        "whoever takes a list away leaves a trace",
        BASE,
        "accounts.export(subject, noun, asked, rows, by=g.actor, at=now())",
        "subject.id",
        "test_exports.py::test_who_took_which_list_by_which_filters_and_how_many_rows_is_on_record",
    ),
    Guard(
        "a file reaches no further than whoever brings it",
        BRINGING,
        "Places(place, by.place_ids)",
        "Places(place)",
        "test_import_on_screen.py::test_a_district_out_of_reach_is_none_and_is_not_named",
    ),
    Guard(
        "only whoever brought a file brings it in",
        IMPORTS,
        "    if run.user_id != by.user_id:\n",
        "    if by is None:\n",
        "test_import_on_screen.py::test_a_colleague_reads_of_a_file_but_does_not_bring_it_in",
    ),
    Guard(
        "who brings a file in is asked anew for the role",
        ACCOUNTS,
        "    return by if str(by.role) == role else None\n",
        "    return by\n",
        "test_import_on_screen.py::test_whoever_lost_the_role_meanwhile_brings_nothing_in",
    ),
    Guard(
        "a kept file is the one that came",
        "app/storage.py",
        "    if sha256(content).hexdigest() != checksum:\n",
        "    if not checksum:\n",
        "test_import_on_screen.py::test_a_kept_file_that_is_not_as_it_came_is_not_brought_in",
    ),
    Guard(
        "a workbook is unpacked up to a bound",
        SPREADSHEET,
        "            if sum(part.file_size for part in parts.infolist()) > most_unpacked * 1_000_000:",
        "            if False:",
        "test_import_on_screen.py::test_what_is_no_table_is_refused_with_a_sentence_and_nothing_is_kept",
    ),
    Guard(
        "an address of nobody touches no session",
        VISITS,
        "        if visit.broken or not visit.lasts:\n",
        "        if visit.broken:\n",
        "test_sessions.py::test_an_address_that_belongs_to_nobody_touches_no_session",
    ),
    Guard(
        "a record that was changed since is not written",
        EDITING,
        "        raise Changed(standing)\n",
        "        pass\n",
        "test_two_editors.py::test_whoever_saves_second_is_told_in_every_edit_form",
    ),
    Guard(
        "what a form did not send is not written",
        EDITING,
        "    return isinstance(field, BooleanField | Lines) or bool(field.raw_data)\n",
        "    return True\n",
        "test_two_editors.py::test_a_field_that_was_not_sent_or_not_shown_is_not_written_in_every_edit_form",
    ),
    Guard(
        "of two who save at one moment one is told",
        BASE,
        "        editing.hold(self.holds(row))\n",
        "",
        "test_two_editors.py::test_of_two_who_save_at_the_very_same_moment_one_is_told",
        "postgresql",
    ),
    Guard(
        "an offer leaves every live voucher its seat",
        "app/actions/offers.py",
        "    return found[: spare(vacancy.group, held, len(found))]\n",
        "    return found\n",
        "../actions/test_running.py::test_no_offer_takes_the_place_that_a_live_voucher_needs",
    ),
    Guard(
        "a choice leaves every live voucher its seat",
        CHOOSING,
        "        if not _free(seats) or (general and not leaves_room(vacancy.group, self.held)):\n",
        "        if not _free(seats):\n",
        "../actions/test_running.py::test_no_free_choice_takes_the_place_that_a_live_voucher_needs",
    ),
    Guard(
        "an offer in its window outlives its procedure",
        CHOOSING,
        "    if ending.live_offer(application) is not None:\n",
        "    if day is None:\n",
        "../actions/test_running.py::test_an_offer_in_its_window_outlives_its_procedure",
    ),
    Guard(
        "whom a place was offered may take it, whatever changes",
        CHOOSING,
        "        if self.offered(vacancy):\n            return\n",
        "",
        "../actions/test_running.py::test_a_norm_that_is_raised_inside_the_window_takes_no_offered_place_away",
    ),
    Guard(
        "an ended right has no say in later terms",
        "app/actions/beginning.py",
        "    if right.ended_at is None:\n        return True\n",
        "    return True\n",
        "../actions/test_running.py::test_an_ended_right_has_no_say_in_later_terms",
    ),
    Guard(
        "the norm of the day on which it fell due decides",
        CLOCK,
        'norms.periods("queue.maximum_age", place_id, local_day(at)):',
        'norms.periods("queue.maximum_age", place_id, local_day(at))[-1:]:',
        "../actions/test_running.py::test_the_age_limit_of_the_day_on_which_it_fell_due_decides",
    ),
    Guard(
        "nothing is dated before what it follows from",
        CLOCK,
        "period.first, waits_since)",
        "period.first)",
        "../actions/test_running.py::"
        "test_a_child_that_comes_back_too_old_is_archived_on_the_day_of_its_return_and_no_day_before_it_changes",
    ),
    Guard(
        "no change of a record takes a family's place",
        "app/actions/keeping.py",
        "    if families := lose + sum(unseated(*queue) for queue in queues):\n",
        "    if (families := lose) < 0:\n",
        "../actions/test_keeping.py::test_no_change_by_which_a_family_would_lose_its_place",
        "a place left while it is lent is nobody's before the stay ends",
        "app/actions/absences.py",
        "    if lent is not None and lent > last and lent >= today:\n",
        "    if False:\n",
        "../actions/test_absences.py::test_a_place_left_while_it_is_lent_is_nobodys_before_the_day_after_the_stay",
    ),
    Guard(
        "a temporary place stands for a child that is away",
        "app/actions/absences.py",
        "    if len(found) < vacancy.places:\n",
        "    if False:\n",
        "../actions/test_absences.py::test_no_more_temporary_places_are_published_than_children_are_away",
    ),
    Guard(
        "a stay never begins before its place, nor on a day that another one attended there",
        "app/actions/referrals.py",
        "first_day(seat, max(day, vacancy.begins_on or day))",
        "day",
        "../actions/test_absences.py::test_a_stay_begins_with_its_place_and_after_whoever_was_there_that_day",
    ),
    Guard(
        "one click, one effect",
        BASE,
        "            sending.claim()\n",
        "",
        "test_one_click.py::test_five_identical_posts_publish_two_places_once",
    ),
    Guard(
        "a form is claimed in its effect's own transaction",
        SENT,
        "        raise Repeated from None\n",
        "        return\n",
        "test_one_click.py::test_ten_at_once_have_one_effect_and_one_answer",
        "postgresql",
    ),
    Guard(
        "a key with another body is none",
        SENDING,
        "if found and (found.user_id, found.body_hash) != (g.actor.user_id, g.sending.body_hash):",
        "if False:",
        "test_one_click.py::test_the_same_key_with_another_body_is_409_and_keeps_what_was_typed",
    ),
    Guard(
        "nothing is done without a key",
        AGAIN,
        "    if whose != g.actor.user_id:\n        return again(Held(400, str(NO_KEY)))\n",
        "",
        "test_one_click.py::test_no_address_that_adds_or_acts_does_so_without_a_key",
    ),
    Guard(
        "an old key is not taken",
        SENDING,
        "loads(key, max_age=int(sent.KEY_LASTS.total_seconds()))",
        "loads(key)",
        "test_one_click.py::test_a_key_is_not_taken_when_its_row_may_be_gone",
    ),
    Guard(
        "a form that is only shown again does nothing",
        DATABASE,
        "    if _closed.get():\n        raise Closed\n",
        "",
        "test_nothing_lost.py::test_what_is_shown_again_can_do_nothing_even_past_attempt",
    ),
    Guard(
        "what was typed waits behind the door for the same account",
        SENT,
        "select(KEPT_FORM.c.typed).where(KEPT_FORM.c.user_id == user_id, ",
        "select(KEPT_FORM.c.typed).where(",
        "test_nothing_lost.py::test_only_whoever_typed_it_gets_it_back_and_nothing_of_it_stands_in_an_address_or_cookie",
    ),
    Guard(
        "a password is never kept",
        AGAIN,
        "if n not in secret and n != ",
        "if n != ",
        "test_nothing_lost.py::test_a_password_is_never_kept",
    ),
    Guard(
        "signing out is certain or says that it was not",
        DOOR,
        "        leave()\n        logout_user()\n",
        "        logout_user()\n",
        "test_nothing_lost.py::test_signing_out_is_certain_or_says_that_it_was_not",
    ),
    Guard(
        "a page that only reads waits for no writer",
        VISITS,
        'waits=not reads() and "held" not in g',
        "waits=True",
        "test_nothing_lost.py::test_a_page_that_only_reads_waits_for_no_writer",
    ),
    Guard(
        "a locked database is told from a fault of ours",
        DATABASE,
        '        return name.removeprefix("SQLITE_").partition("_")[0].lower() in BUSY\n',
        "        return True\n",
        "test_nothing_lost.py::test_what_a_database_says_when_it_cannot_now_is_told_from_a_fault_of_ours",
    ),
)
