"""The entrance of whoever watches over Kezek: does it live, what is degraded, and its measures (docs/operations.md).

`/health/live` is anybody's. The others answer this machine, and who brings KEZEK_METRICS_TOKEN.
"""

from hmac import compare_digest

from flask import Blueprint, Flask, abort, current_app, jsonify, request
from werkzeug.wrappers import Response

from app.health import measures, standing
from app.health.requests import Observed
from config import LOOPBACK

blueprint = Blueprint("health", __name__)
THROUGH_A_PROXY = ("X-Forwarded-For", "X-Real-IP", "Forwarded")


def register(app: Flask) -> None:
    """Put the pages on, and count every request from now on: after all the others."""
    app.register_blueprint(blueprint)
    app.extensions["kezek_elsewhere"] |= {blueprint.name}  # an official is nobody there
    app.wsgi_app = Observed(app.wsgi_app)  # type: ignore[method-assign]


@blueprint.get("/health/live")
def live() -> Response:
    """This process answers; it asks nothing of any other part."""
    return jsonify(status="live")


@blueprint.get("/health/ready")
def ready() -> Response:
    """How each part stands; 503 only where no page can be served."""
    _from_here()
    found = standing.look()
    answer = jsonify(status=standing.state(found), parts=found.parts)
    answer.status_code = 503 if standing.state(found) == standing.DOWN else 200
    return answer


@blueprint.get("/metrics")
def metrics() -> Response:
    """All measures, as Prometheus reads them."""
    _from_here()
    return Response(measures.exported(standing.look()), content_type=measures.CONTENT_TYPE)


def _from_here() -> None:
    """403 for whoever neither is on this machine, nor brings the token. What a proxy hands on comes from elsewhere."""
    token = current_app.config["KEZEK"].metrics_token
    brought = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and compare_digest(brought.encode(), token.encode()):
        return
    if request.remote_addr not in LOOPBACK or any(name in request.headers for name in THROUGH_A_PROXY):
        abort(403)
