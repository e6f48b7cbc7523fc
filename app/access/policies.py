"""THE SECOND LOCK: who sees which rows, once more, as row-level security of PostgreSQL (spec 7; ADR 42).

It is made of the scopes themselves (scope.py) by `flask grant`: of each table what each role sees, and that nothing is
written outside of the places of whoever decides. It holds for the roles that it was made for, and not for the owner of
the tables. How far a transaction reaches is told to the server by row_security.py.

Policies ask views of keys alone, in a schema of their own: those are the owner's, so that no policy asks another one.
"""

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    BinaryExpression,
    ColumnElement,
    Connection,
    Integer,
    Select,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql.base import PGCompiler
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql import operators, visitors

from app.access.scope import Viewer, lies, rule_of, tables
from app.db import grants
from app.db.database import SEARCHED
from app.db.dialects import Ids
from app.models import (
    Account,
    AccountLetter,
    Base,
    Challenge,
    DemoTime,
    Draft,
    Invitation,
    KeptForm,
    Kindergarten,
    NoticeRead,
    OneTimeCode,
    Place,
    RecoveryCode,
    SecondFactor,
    SentForm,
    SignedIn,
    Upload,
    UserScope,
    Visit,
)
from app.rules.roles import QUEUES, Role

SCHEMA, PREFIX = "kezek_reach", "kezek_"
EVERYTHING, OFFICE = "all", "office"  # besides roles: of most tables those of QUEUES see the same
BY_ITS_KEY = "found by a key, or by its hash, that only one browser has"
AT_THE_DOOR = "read before it is known who looks"
EXEMPT = {  # tables without a policy, and why
    **dict.fromkeys((SignedIn, OneTimeCode, Visit, Challenge, Draft, Upload, SentForm), BY_ITS_KEY),
    **dict.fromkeys((Account, Invitation, AccountLetter, SecondFactor, RecoveryCode), AT_THE_DOOR),
    KeptForm: "what an official typed, given back to the same account at the door",
    NoticeRead: "that an official has read a notice: two numbers, nothing of a family",
}
# how far an account reaches, and what time it is in the demo: each page begins with it, before anybody looks
DOOR = (Place, Kindergarten, UserScope, DemoTime)
NOT_OURS = {"ab_": AT_THE_DOOR, "alembic_version": "which migrations were run"}  # by the beginning of their names


def _word(name: str) -> str:
    """What row_security.py has told the server: a word."""
    return f"current_setting('kezek.{name}', true)"


def _told(name: str) -> Any:
    """A number, asked for once in a statement."""
    return literal_column(f"(SELECT nullif({_word(name)}, '')::integer)", Integer)


def _ids(name: str) -> Any:
    """Any number of them. An array that is no subquery to `= ANY (...)`."""
    return literal_column(f"(SELECT coalesce(nullif({_word(name)}, ''), '{{}}'))::integer[]", Ids)


# As scope.viewer_of, in the server's own words: all officials at once, all heads, all families; and whoever writes.
OFFICIAL = Viewer(_ids("places"), _ids("around"), None, None, _told("account"))
HEAD = OFFICIAL._replace(kindergarten=_told("kindergarten"))
FAMILY = Viewer(None, None, None, _told("application"), _told("account"))
WRITER = OFFICIAL._replace(places=_ids("writes"), around=_ids("writes"))
VIEWERS = {Role.head: HEAD, Role.family: FAMILY}  # the others are officials


class Compiler(PGCompiler):
    """What a select reads from are the views."""

    def visit_table(self, table: Any, asfrom: bool = False, **how: Any) -> str:
        if asfrom:
            return f"{SCHEMA}.{self.preparer.format_table(table)}"
        return str(super().visit_table(table, asfrom=asfrom, **how))


class Dialect(PGDialect_psycopg):
    statement_compiler = Compiler


def condition(model: type[Base], rule: ColumnElement[bool]) -> str:
    """A rule as a policy of its table says it: nothing but the columns of one row is there before it."""
    asked = select(literal_column("1")).select_from(model.__table__).where(_row_by_row(model.__table__, rule))
    said = str(asked.compile(dialect=Dialect(), compile_kwargs={"literal_binds": True}))
    return re.sub(r"\s+", " ", said.partition("WHERE ")[2])


def _row_by_row(table: Any, rule: ColumnElement[bool]) -> Any:
    """`x IN (SELECT y ...)` as EXISTS, for which the server looks into an index where it has few rows to decide on."""

    def exists(element: Any, **_: Any) -> Any:
        if not isinstance(element, BinaryExpression) or element.operator is not operators.in_op:
            return None
        inner = getattr(element.right, "element", element.right)
        if not isinstance(inner, Select) or table in inner.get_final_froms():
            return element  # as it stands, and what is in it
        [column] = inner.selected_columns
        return inner.where(column == element.left).correlate(table).exists()

    return visitors.replacement_traverse(rule, {}, exists)


def reads(model: type[Base]) -> dict[str, list[Role]]:
    """What of a table is seen by which roles; those that see nothing are left out."""
    alike: dict[tuple[Any, int], list[Role]] = {}
    for role in Role:
        alike.setdefault((rule_of(model, role), id(VIEWERS.get(role, OFFICIAL))), []).append(role)
    found: dict[str, list[Role]] = {}
    for (rule, _viewer), roles in alike.items():
        found.setdefault(condition(model, rule(VIEWERS.get(roles[0], OFFICIAL))), []).extend(roles)
    return {said: roles for said, roles in found.items() if said != "false"}


def writes(model: type[Base]) -> str:
    """Where rows of a table lie that a decision may write."""
    return condition(model, lies(model)(WRITER))


def locked() -> list[type[Base]]:
    """The tables with policies."""
    return sorted(set(tables()) - EXEMPT.keys(), key=lambda model: model.__tablename__)


def statements(works: Iterable[str], looks: Iterable[str]) -> list[str]:
    """All that makes the lock, for roles of the server: those that work as Kezek does, and those that look at what an
    auditor may see, in all places.
    """
    works, looks = ", ".join(map(_name, sorted(works))), ", ".join(map(_name, sorted(looks)))
    views, functions, policies = dict[str, set[str]](), list[str](), list[str]()
    by_auditors = set(audited())
    for model in locked():
        seen, own = _seen(model, functions), _own(model)
        theirs = {
            "reads": f"FOR SELECT TO {works} USING ({seen})",
            "adds": f"FOR INSERT TO {works} WITH CHECK ({own})",
            # whoever decides waits for a district, also for one in which it writes nothing: FOR UPDATE asks USING
            "changes": f"FOR UPDATE TO {works} USING ({'true' if model is Place else own}) WITH CHECK ({own})",
            "removes": f"FOR DELETE TO {works} USING ({own})",
        }
        auditors = {"looks": f"FOR SELECT TO {looks} USING (true)"} if looks and model in by_auditors else {}
        policies += _on(model, (theirs if works else {}) | auditors)
        _note_views(f"{seen} {own}", views)
    for one in functions:
        _note_views(one, views)
    policies += (line for model in sorted(EXEMPT, key=str) for line in _on(model, None))
    made = [f"CREATE VIEW {SCHEMA}.{t} AS SELECT {', '.join(sorted(c))} FROM {t}" for t, c in sorted(views.items())]
    for_all = ", ".join(filter(None, (works, looks)))
    granted = [
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {for_all}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {for_all}",
    ]
    return [f"CREATE SCHEMA {SCHEMA}", *made, *functions, *map(_search, SEARCHED), *policies, *granted]


def _own(model: type[Base]) -> str:
    """Where rows may be written, or are: nowhere for whom nothing was told, or who only looks."""
    return f"CASE {_word('writes')} WHEN '{EVERYTHING}' THEN true ELSE {writes(model)} END"


def _search(of: tuple[str, str]) -> str:
    """What looks for words as the owner, by the index, and tells ids alone."""
    table, column = of
    return (
        f"CREATE FUNCTION {SCHEMA}.found_in_{table}(words tsquery) RETURNS SETOF integer STABLE PARALLEL SAFE"
        f" SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT LANGUAGE sql"
        f" AS $$ SELECT id FROM {table} WHERE to_tsvector('simple', {column}) @@ words $$"
    )


def audited() -> list[type[Base]]:
    """The tables of which an auditor sees rows."""
    return [model for model in locked() if any(Role.auditor in roles for roles in reads(model).values())]


def _seen(model: type[Base], functions: list[str]) -> str:
    """The rows of a table that the viewer sees. Of each of its tables a statement is planned with all that is said
    here, so it is little: what a decision and the office see, and who sees all. What others see is a function, planned
    when they look.
    """
    table, seen = model.__tablename__, reads(model)
    branches, cases = [f"WHEN '{EVERYTHING}' THEN true"], list[str]()
    if model in DOOR:
        branches.append("WHEN '' THEN true")
    for said, roles in seen.items():
        if set(roles) >= QUEUES:
            branches.append(f"WHEN '{OFFICE}' THEN {said}")
            roles = [role for role in roles if role not in QUEUES]
        if said == "true" and QUEUES.isdisjoint(roles):
            branches += (f"WHEN '{role}' THEN true" for role in roles)
        elif roles:
            cases.append(f"WHEN {_word('role')} IN ({_listed(roles)}) THEN {said}")
    otherwise = "false"
    if cases:
        otherwise = f"{SCHEMA}.shown_of_{table}({table})"
        functions.append(
            f"CREATE FUNCTION {SCHEMA}.shown_of_{table}({table} {table}) RETURNS boolean"
            " STABLE PARALLEL SAFE COST 10 LANGUAGE plpgsql AS $$ #variable_conflict use_column\n"
            f"BEGIN RETURN coalesce({_word('viewer')}, '') <> '' AND CASE {' '.join(cases)} ELSE false END; END $$"
        )
    return f"CASE (SELECT coalesce({_word('viewer')}, '')) {' '.join(branches)} ELSE {otherwise} END"


def _listed(roles: Iterable[Role]) -> str:
    return ", ".join(f"'{role}'" for role in roles)


def _on(model: type[Base], policies: dict[str, str] | None) -> Iterator[str]:
    """These policies of a table that has none of ours; None for one that is exempt."""
    table = model.__tablename__
    yield f"ALTER TABLE {table} {'DISABLE' if policies is None else 'ENABLE'} ROW LEVEL SECURITY"
    yield from (f"CREATE POLICY {PREFIX}{name} ON {table} {said}" for name, said in (policies or {}).items())


def _note_views(said: str, views: dict[str, set[str]]) -> None:
    """Which tables, and which of their columns, are asked through a view."""
    for table in re.findall(rf"FROM {SCHEMA}\.(\w+)", said):
        views.setdefault(table, set()).update(re.findall(rf"\b(?<!\.){table}\.(\w+)", said))


def let_work(connection: Connection, role: str) -> None:
    """Let a role of the server work as Kezek does, as the owner of the tables, in the caller's transaction; also once
    more, of tables that are others now. Raises grants.NotGranted.
    """
    grants.grant(connection, role)
    lay(connection, works=role)


def let_look(connection: Connection, role: str) -> None:
    """Let a role look at all that an auditor may see, in all places, and at no secret. Raises grants.NotGranted."""
    grants.grant_reading(connection, role, audited())
    lay(connection, looks=role)


def lay(connection: Connection, works: str | None = None, looks: str | None = None) -> None:
    """Make the lock for one more role; those for which it was made stay. What is as it should be already is left alone,
    and nobody waits.
    """
    known = laid_for(connection)
    said = statements(known["works"] | {works} - {None}, known["looks"] | {looks} - {None})
    if connection.scalar(
        text("SELECT obj_description(to_regnamespace(:name), 'pg_namespace')"), {"name": SCHEMA}
    ) == _sum(said):
        return
    take_off(connection)
    path = "SELECT set_config('search_path', current_schema() || ', pg_temp', true)"  # what `_search` is to look in
    for statement in (path, *said, f"COMMENT ON SCHEMA {SCHEMA} IS '{_sum(said)}'"):
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def take_off(connection: Connection) -> None:
    """Take the lock off: the roles for which it was made see nothing."""
    there = text(
        "SELECT format('DROP POLICY %I ON %I', policyname, tablename) FROM pg_policies"
        " WHERE schemaname = current_schema() AND starts_with(policyname, :ours)"
    )
    for statement in connection.scalars(there, {"ours": PREFIX}).all():
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def lay_again(connection: Connection, known: dict[str, set[str]]) -> None:
    """Make it for the roles for which it was, of the tables and scopes as they are now. Only their owner can."""
    if connection.scalar(text("SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'place'::regclass")):
        for role in sorted(known["works"]):
            let_work(connection, role)
        for role in sorted(known["looks"]):
            let_look(connection, role)


def laid_for(connection: Connection) -> dict[str, set[str]]:
    """The roles of the server for which the lock is to be there: those that work, by what they may do at all, which
    stays while the lock is off; and those that look.
    """
    works = text(
        "SELECT rolname FROM pg_class, aclexplode(relacl) JOIN pg_roles ON pg_roles.oid = grantee"
        " WHERE pg_class.oid = to_regclass('place') AND privilege_type = 'INSERT' AND grantee <> relowner"
    )
    looks = text(
        "SELECT DISTINCT unnest(roles) FROM pg_policies"
        " WHERE schemaname = current_schema() AND policyname = 'kezek_looks'"
    )
    return {"works": set(connection.scalars(works)), "looks": set(connection.scalars(looks))}


def _sum(said: list[str]) -> str:
    return sha256("\n".join(said).encode()).hexdigest()


def _name(role: str) -> str:
    return str(Dialect().identifier_preparer.quote(role))
