"""Expressions that each of the two databases says in its own words."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BinaryExpression,
    BindParameter,
    Boolean,
    ColumnElement,
    Dialect,
    Integer,
    String,
    TypeDecorator,
    bindparam,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine


class Ids(TypeDecorator[list[int]]):
    """Any number of ids as one bound value."""

    impl, cache_ok = JSON, True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(Integer) if dialect.name == "postgresql" else JSON())


class Words(TypeDecorator[list[str]]):
    """Any number of texts as one bound value."""

    impl, cache_ok = JSON, True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(String) if dialect.name == "postgresql" else JSON())


class Among(BinaryExpression[bool]):
    """Is a column one of some `Ids` or `Words`?"""

    inherit_cache = True


def among(column: Any, values: BindParameter[Any]) -> ColumnElement[bool]:
    """Is the column one of these `Ids` or `Words`? As `in_`, to which each is a value of its own."""
    return Among(column, values, operators.in_op, Boolean())


def one_of(column: Any, values: Iterable[int] | Iterable[str]) -> ColumnElement[bool]:
    """The same of thousands of them, which are at hand."""
    return among(column, bindparam(None, list(values), Words if isinstance(column.type, String) else Ids))


@compiles(Among, "postgresql")
def _(found: Among, compiler: SQLCompiler, **how: Any) -> str:
    return f"{compiler.process(found.left, **how)} = ANY ({compiler.process(found.right, **how)})"


@compiles(Among, "sqlite")
def _(found: Among, compiler: SQLCompiler, **how: Any) -> str:
    column, ids = compiler.process(found.left, **how), compiler.process(found.right, **how)
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
