"""The web server's way in: `gunicorn "run:create_app()"`, or `flask --app run`."""

from app import create_app

__all__ = ["create_app"]
