"""The web server's way in: `gunicorn "run:create_app()"`."""

import gc

from flask import Flask

import app


def create_app() -> Flask:
    """The application with its screens. RuntimeError without a SECRET_KEY."""
    gc.disable()  # nothing that is made now becomes garbage
    web = app.create_app(web=True)
    gc.freeze()  # what lives until now is shared by the processes that are forked from this one
    gc.enable()
    return web
