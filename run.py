"""The web server's way in: `gunicorn "run:create_app()"`."""

import gc

from flask import Flask

gc.disable()  # nothing that is imported becomes garbage; to look for some costs a fifth of the start

import app  # noqa: E402


def create_app() -> Flask:
    """The application with its screens. RuntimeError without a SECRET_KEY."""
    web = app.create_app(web=True)
    gc.freeze()  # what lives until now is shared by the processes that are forked from this one
    gc.enable()
    return web
