"""The entrance for the clock: schedule.py is the timetable, then one file per noun."""

from flask import Flask

from app.jobs import schedule, waking, worker


def register(app: Flask) -> None:
    """Hook what wakes the workers into this process, and give it the commands that are the workers."""
    waking.register(app)
    app.cli.add_command(worker.worker)
    app.cli.add_command(schedule.timetable)
