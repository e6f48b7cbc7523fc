"""The demo's own authority, and the program that signs with its keys: for the demo and for nobody else (ADR 28)."""

from dataclasses import replace

import pytest

from app.access import challenges
from app.actions import signatures
from app.demo import keys
from app.models import Purpose
from app.rules.refusals import Reason, Refusal
from app.signing import trust
from app.signing.verify import USES
from config import load
from tests.authority import IIN

NAMES = ("Ойдан", "Шығарылған")


@pytest.fixture
def demo(app, tmp_path):
    """The application as the demo that was seeded here."""
    keys.found(replace(app.config["KEZEK"], var=tmp_path))
    before = app.config["KEZEK"]
    app.config["KEZEK"] = load({"KEZEK_DEMO": "1", "KEZEK_VAR": str(tmp_path)})
    yield app.config["KEZEK"]
    app.config["KEZEK"] = before


@pytest.mark.parametrize("purpose", Purpose)
def test_in_the_demo_an_invented_parent_signs(app, demo, purpose):
    bin = IIN if purpose is Purpose.organisation else None
    asked = challenges.ask("Растаймын", purpose=purpose, browser="here", bin=bin)
    cms = keys.holder(demo, IIN, NAMES, USES[purpose], bin or "").sign(asked.text.encode())
    signed = signatures.check(challenges.take(asked.key, browser="here", purpose=purpose), cms).signed
    assert (signed.iin, signed.name) == (IIN, "Ойдан Шығарылған")


def test_keys_of_the_demo_are_believed_in_the_demo_alone(app, demo):
    assert trust.of(demo).anchors
    with pytest.raises(ValueError, match="demo alone"):
        trust.of(replace(demo, demo=False, keys=replace(demo.keys, longest=demo.keys.longest / 2)))
    assert load({"KEZEK_DEMO": "0", "KEZEK_VAR": str(demo.var)}).keys is None


def test_the_demos_authority_is_made_once(demo):
    was = (demo.demo_keys / "trust.pem").read_bytes()
    keys.found(demo)
    assert (demo.demo_keys / "trust.pem").read_bytes() == was


def test_the_stand_in_of_the_agent_runs_in_the_demo_alone(app, demo):
    found = app.test_cli_runner().invoke(args=["demo", "agent", IIN])  # a database with real time
    assert found.exit_code == 2 and "for the demo alone" in found.output


def test_the_stand_in_of_a_phone_runs_in_the_demo_alone(app, demo):
    assert demo.qr is not None and load({"KEZEK_VAR": str(demo.var)}).qr is None
    found = app.test_cli_runner().invoke(args=["demo", "phone", IIN])
    assert found.exit_code == 2 and "for the demo alone" in found.output


def test_another_authority_of_this_name_is_nobody(app, demo, tmp_path):
    keys.found(replace(demo, var=tmp_path / "elsewhere"))
    asked = challenges.ask("Растаймын", purpose=Purpose.act, browser="here")
    elsewhere = keys.holder(replace(demo, var=tmp_path / "elsewhere"), IIN, NAMES, USES[Purpose.act])
    challenge = challenges.take(asked.key, browser="here", purpose=Purpose.act)
    with pytest.raises(Refusal) as refused:
        signatures.check(challenge, elsewhere.sign(asked.text.encode()))
    assert refused.value.reason is Reason.unknown_issuer
