"""Older lists brought in from files: kindergartens with their groups and places, applications with their days.

A file is read (spreadsheet.py), its titles are matched (columns.py), its cells are understood (cells.py, words.py),
and what it says is done by app.actions, so that rules, history and permissions hold. Whatever is wrong is collected
with its cell (problems.py); the caller commits only what has no problem.
"""
