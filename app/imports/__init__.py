"""Older lists brought in from files: kindergartens with their groups and places, applications with their days.

A file is read (app/spreadsheets), its titles are matched (columns.py), its cells are understood (cells.py,
vocabulary.py), and what it says is done by app.actions, so that rules, history and permissions hold. Whatever is wrong
is collected with its cell (words/problems.py); the caller commits only what has no problem.
"""
