"""Scenarios (spec 4): a small town in a file, played through the same actions and the same clock as the screens.

reading.py reads one, checking.py checks it (schema.yaml says what it may hold), town.py puts its rows in, verbs.py is
the table of what steps may do, facts.py of what may be expected, player.py plays, scratch.py is where, command.py how
it is asked.
"""
