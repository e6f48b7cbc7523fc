"""The web server's way in: `gunicorn "run:create_app()"`."""

from flask import Flask

import app


def create_app() -> Flask:
    """The application with its screens. RuntimeError without a SECRET_KEY."""
    return app.create_app(web=True)
