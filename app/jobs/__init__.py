"""The entrance for the clock: schedule.py is the timetable, then one file per noun."""

from flask import Flask


def register(app: Flask) -> None:
    """Hook what wakes the workers into this process."""
