"""Expressions that each of the two databases says in its own words."""

from typing import Any

from sqlalchemy import ARRAY, JSON, Boolean, Dialect, Integer, TypeDecorator
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine


class Ids(TypeDecorator[list[int]]):
    """Any number of ids as one bound value."""

    impl, cache_ok = JSON, True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(Integer) if dialect.name == "postgresql" else JSON())


class among(FunctionElement[bool]):
    """`among(column, ids)`: is the column one of these `Ids`? As `in_`, to which each id is a value of its own."""

    type, inherit_cache = Boolean(), True


@compiles(among, "postgresql")
def _(found: among, compiler: SQLCompiler, **how: Any) -> str:
    column, ids = (compiler.process(one, **how) for one in found.clauses)
    return f"{column} = ANY ({ids})"


@compiles(among, "sqlite")
def _(found: among, compiler: SQLCompiler, **how: Any) -> str:
    column, ids = (compiler.process(one, **how) for one in found.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"


class rows_as_json(FunctionElement[Any]):
    """All rows of a select as one value, a list of lists: `select(rows_as_json(*columns))`. None for no rows."""

    type, inherit_cache = JSON(), True


@compiles(rows_as_json, "postgresql")
def _(rows: rows_as_json, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_agg(json_build_array({compiler.process(rows.clauses, **how)}))"


@compiles(rows_as_json, "sqlite")
def _(rows: rows_as_json, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_group_array(json_array({compiler.process(rows.clauses, **how)}))"
