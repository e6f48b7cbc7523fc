"""What may be wrong with a scenario file, found before anything is played (spec 4, exit status 2)."""

from functools import cache
from pathlib import Path as File
from typing import Any

import jsonschema
import yaml

from app.models import Norm, Unit
from app.rules import norms
from app.rules.refusals import Reason
from app.scenarios.reading import Path, Scenario, day, moment, parse
from app.scenarios.verbs import VERBS, StepVerb

KINDS = {"place": "place", "parent": "place", "group": "group", "vacancy": "vacancy"}  # field: what it refers to
KINDS |= {"application": "application", "same_as": "application"}
OF = {"head": "kindergarten", "family": "application"}  # role: what `of` names; a place for the others
LISTS = ("places", "kindergartens", "vacancies", "applications", "norms")


def read(text: str) -> Scenario:
    """Spec 4: the scenario that a file's text holds. Raises FileWrong."""
    scenario = parse(text)
    _check_form(scenario)
    _check_meaning(scenario)
    return scenario


# ---------------------------------------------------------------- form: schema.yaml


@cache
def schema() -> dict[str, Any]:
    return yaml.safe_load(File(__file__).with_name("schema.yaml").read_text("utf-8"))


FORMATS = jsonschema.FormatChecker(formats=())
FORMATS.checks("day", raises=ValueError)(lambda text: not isinstance(text, str) or day(text))
FORMATS.checks("moment", raises=ValueError)(lambda text: not isinstance(text, str) or moment(text))


def _check_form(scenario: Scenario) -> None:
    _check(scenario, (), scenario.content, {})
    for path, step in scenario.rows("steps"):
        if (do := step.get("do")) is not None and do not in VERBS:
            raise scenario.wrong((*path, "do"), f"unknown verb: {do}")
        _check(scenario, path, step, _step_schema(do, VERBS[do] if do else StepVerb(print, by_needed=False)))


def _check(scenario: Scenario, path: Path, value: Any, form: dict[str, Any]) -> None:
    validator = jsonschema.Draft202012Validator(schema() | form, format_checker=FORMATS)
    errors = sorted(validator.iter_errors(value), key=lambda e: scenario.marks.get((*path, *e.absolute_path), (0, 0)))
    for error in errors:
        raise scenario.wrong(*_described(error, (*path, *error.absolute_path)))


def _step_schema(do: str | None, verb: StepVerb) -> dict[str, Any]:
    """Spec 4: the fields of a step with this verb, and no others."""
    known = schema()["$defs"]["fields"] | schema()["$defs"]["verbs"].get(do, {})
    names = {"at", "do", "by", "error", "expect", *verb.fields}
    by = ["by"] if verb.by_needed else []
    return {
        "properties": {name: known[name] for name in names},
        "required": ["at", *by, *(name for name in verb.needs if "|" not in name)],
        "allOf": [{"oneOf": [{"required": [one]} for one in name.split("|")]} for name in verb.needs if "|" in name],
    }


def _described(error: jsonschema.ValidationError, path: Path) -> tuple[Path, str]:
    """Where a person should look, and what to read there."""
    match error.validator:
        case "additionalProperties":
            key = next(k for k in error.instance if k not in error.schema.get("properties", {}))
            return (*path, key, "key"), f"unknown key: {key}"
        case "required":
            return path, f"missing: {next(k for k in error.validator_value if k not in error.instance)}"
        case "oneOf":
            return path, "needs one of: " + ", ".join(one["required"][0] for one in error.validator_value)
        case "format":
            form = {"day": "2026-04-08", "moment": "2026-04-08T10:00"}[error.validator_value]
            return path, f"not a {error.validator_value} like {form}: {error.instance}"
        case "enum":
            return path, f"not one of {', '.join(map(str, error.validator_value))}: {error.instance}"
        case "anyOf":
            return path, f"not a role, or {{role, of}}: {error.instance}"
    return path, error.message


# ---------------------------------------------------------------- meaning: names, order, norms


def _check_meaning(scenario: Scenario) -> None:
    kinds = _refs(scenario)
    for name in LISTS:
        for path, row in scenario.rows(name):
            _check_refs(scenario, kinds, path, row)
    for path, row in scenario.rows("groups"):
        if row.get("occupied", 0) > row["capacity"]:
            raise scenario.wrong((*path, "occupied"), f"more than the capacity: {row['occupied']}")
    for path, row in scenario.rows("applications"):
        if "queued_at" not in row:
            raise scenario.wrong(path, "missing: queued_at")
    _check_children(scenario)
    for path, row in scenario.rows("vacancies"):
        if (row.get("intake") == "temporary") != ("ends_on" in row):
            raise scenario.wrong(path, "ends_on belongs to a temporary vacancy, and to no other")
        if "begins_on" in row and not day(row["begins_on"]) <= day(row.get("ends_on", row["begins_on"])):
            raise scenario.wrong((*path, "begins_on"), f"later than ends_on: {row['begins_on']}")
        if "begins_on" in row and "ends_on" not in row:
            raise scenario.wrong((*path, "begins_on"), "begins_on belongs to a temporary vacancy, and to no other")
    for path, row in scenario.rows("norms"):
        _check_norm(scenario, path, row)
    last = None
    for path, step in scenario.rows("steps"):
        _check_step(scenario, kinds, path, step)
        if last is not None and moment(step["at"]) < last:
            raise scenario.wrong((*path, "at"), f"earlier than the step before it: {step['at']}")
        last = moment(step["at"])
    _check_expect(scenario, kinds, ("expect",), scenario.content.get("expect", {}))


def _refs(scenario: Scenario) -> dict[str, str]:
    """What each ref of the file is: ref -> kind."""
    kinds: dict[str, str] = {}
    found = [(p, r, s) for s in ("place", "kindergarten", "group") for p, r in scenario.rows(f"{s}s")]
    found += [(p, r, "vacancy") for p, r in scenario.rows("vacancies")]
    found += [(p, {"ref": s["vacancy"]}, "vacancy") for p, s in _drafting(scenario)]
    found += [(p, r, "application") for p, r in scenario.rows("applications")]
    found += [
        ((*p, "application"), s["application"], "application")
        for p, s in scenario.rows("steps")
        if s.get("do") == "register"
    ]
    for path, row, kind in found:
        if row["ref"] in kinds:
            raise scenario.wrong((*path, "ref"), f"named twice: {row['ref']}")
        kinds[row["ref"]] = kind
    return kinds


def _drafting(scenario: Scenario) -> list[tuple[Path, dict[str, Any]]]:
    """The steps that draft a lent vacancy and name it."""
    return [(path, step) for path, step in scenario.rows("steps") if step.get("do") == "absent" and "vacancy" in step]


def _check_refs(scenario: Scenario, kinds: dict[str, str], path: Path, row: dict[str, Any]) -> None:
    for field, value in row.items():
        if isinstance(value, dict) and field != "expect":
            _check_refs(scenario, kinds, (*path, field), value)
        elif field in KINDS and kinds.get(value) != KINDS[field]:
            raise scenario.wrong((*path, field), f"unknown {KINDS[field]}: {value}")
        elif field == "of" and kinds.get(value) != (kind := OF.get(row["role"], "place")):
            raise scenario.wrong((*path, field), f"unknown {kind}: {value}")


def _check_children(scenario: Scenario) -> None:
    """The child of another application is somebody's own child in the end."""
    rows = [((*path, "child", "same_as"), row) for path, row in scenario.rows("applications")]
    registered = [(path, step) for path, step in scenario.rows("steps") if step.get("do") == "register"]
    rows += [((*path, "application", "child", "same_as"), step["application"]) for path, step in registered]
    same = {row["ref"]: row["child"].get("same_as") for _, row in rows}
    for path, row in rows:
        _check_child(scenario, path, row["child"])
        seen, ref = {row["ref"]}, same[row["ref"]]
        while ref is not None and ref not in seen:
            seen, ref = seen | {ref}, same[ref]
        if ref is not None:
            raise scenario.wrong(path, f"nobody's child: {same[row['ref']]}")


def _check_child(scenario: Scenario, path: Path, child: dict[str, Any]) -> None:
    """Spec 4: without an IIN a valid one is made, which only some birthdays have."""
    if not child.keys() & {"born_on", "iin", "same_as"}:
        raise scenario.wrong(path, "missing: born_on")
    if "iin" not in child and "born_on" in child and not 1800 <= day(child["born_on"]).year <= 2099:
        raise scenario.wrong((*path[:-1], "born_on"), f"no IIN has this birthday: {child['born_on']}")


def _check_norm(scenario: Scenario, path: Path, row: dict[str, Any]) -> None:
    """Spec 3.2: a norm that officials could enter."""
    known = norms.KNOWN.get(row["name"])
    lapse = row.get("on_lapse") or (known.usual_lapse if known else None)
    norm = Norm(name=row["name"], value=str(row["value"]), unit=Unit(row["unit"]), on_lapse=lapse)
    if field := norms.problem(norm):
        raise scenario.wrong((*path, field), f"no such {field} of a norm: {row.get(field)}")


def _check_step(scenario: Scenario, kinds: dict[str, str], path: Path, step: dict[str, Any]) -> None:
    _check_refs(scenario, kinds, path, step)
    if step.get("do") == "norm":
        _check_norm(scenario, path, step)
    if "error" in step and step["error"] not in list(Reason):
        raise scenario.wrong((*path, "error"), f"unknown refusal: {step['error']}")
    _check_expect(scenario, kinds, (*path, "expect"), step.get("expect", {}))


def _check_expect(scenario: Scenario, kinds: dict[str, str], path: Path, expected: dict[str, Any]) -> None:
    """Spec 4: each ref is of the file, each fact one of its kind, each value one that the fact can have."""
    for ref, values in expected.items():
        if ref not in kinds or kinds[ref] == "kindergarten":
            raise scenario.wrong((*path, ref, "key"), f"nothing is known of: {ref}")
        forms = schema()["$defs"]["facts"][kinds[ref]]
        for fact in values:
            if fact not in forms:
                raise scenario.wrong((*path, ref, fact, "key"), f"unknown fact of this {kinds[ref]}: {fact}")
        form = {"properties": forms, "required": [], "additionalProperties": False}
        _check(scenario, (*path, ref), values, form)
