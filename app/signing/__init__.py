"""Signatures with the keys of the national authority (spec 10, ADR 28): what was signed, by whom, for what.

Knows no database and no page: bytes come in, a `Signed` or a named Refusal goes out.
"""
