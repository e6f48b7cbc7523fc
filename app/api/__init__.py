"""The entrance of machines: portals that ask and act for families (issue 13, 7; docs/adr/0036-the-api.md).

It knows no session and no cookie: each request brings the portal's key. What it takes and gives is said by schemas.py,
and served as OpenAPI 3.1 at /api/v1/openapi.json.
"""

from flask import Flask
from flask_smorest import Api
from flask_wtf import CSRFProtect

from app.api import acting, door, joining, reading, telling  # noqa: F401 (they add their addresses to the door's)

SETTINGS = {
    "API_TITLE": "Kezek",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": door.V1,
    "API_SPEC_OPTIONS": {
        "info": {"description": "The queue to kindergartens, for portals. docs/api.md says how to begin."},
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        "security": [{"key": []}],
    },
}


class Described(Api):
    """Errors are ours to tell, here alone (problems.py): the framework would tell those of every page."""

    def _register_error_handlers(self) -> None:
        pass


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Put it on, after the pages. What lies below /api and is no address is told as a machine reads it."""
    app.config.update(SETTINGS)
    described = Described(app)
    described.register_blueprint(door.portal)
    app.register_blueprint(door.nowhere)
    names = {door.portal.name, door.nowhere.name, "api-docs"}
    app.extensions["kezek_elsewhere"] |= names  # an official is nobody there
    for one in (door.portal, door.nowhere):
        csrf.exempt(one)  # no browser sends a portal's key by itself
