"""The API is as it describes itself: whatever its OpenAPI allows is answered as it says, and never by a fault of ours.

schemathesis asks: a few cases an operation here, the same each time; as many as there is time for by `make soak`.
"""

from urllib.parse import quote

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis.strategies import booleans, sampled_from
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.api.schemas import VERBS
from tests.views import portals
from tests.views.conftest import forget_tries
from tests.views.test_api_acts import CHILD

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
)
CASES = 8 if hypothesis.settings.get_current_profile_name() == "house" else 300


@pytest.fixture
def described(city):
    portal = portals.made(city.web, city.own.place)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", city.web)
    numbers = [portals.number(city.web, id_) for id_ in (city.own.waiting, city.own.enrolled, city.district.waiting)]
    return schema, portal, numbers, portals.applicant(city.web, city.own.waiting)


def bring_near(case, place: int, number: str, verb: str, person: str) -> None:
    """To what is there: by chance nobody hits a number, a district or an IIN."""
    there = {"number": quote(number, safe=""), "verb": verb, "id_": 1}
    case.path_parameters = {name: there[name] for name in case.path_parameters or {}}
    if "district" in (case.query or {}):
        case.query["district"] = place
    if isinstance(case.body, dict):
        right = {"district": place, "iin": person, "child_iin": CHILD, "child": {"iin": CHILD, "first_name": "Бала"}}
        right |= {"applicant": {"iin": person, "first_name": "Ана"}, "contacts": {"phone": "+77015556677"}}
        case.body |= {name: value for name, value in right.items() if name in case.body}


def test_whatever_the_description_allows_is_answered_as_it_says(city, described):
    schema, portal, numbers, person = described
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 9
    for operation in operations:

        @hypothesis.settings(
            max_examples=CASES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), number=sampled_from(numbers), verb=sampled_from(VERBS), near=booleans())
        def asked(case, number, verb, near):
            if near:
                bring_near(case, city.own.place, number, verb, person)
            forget_tries(city.web)
            response = case.call(headers=portal.headers)
            case.validate_response(response, checks=CHECKS)

        asked()
