"""`flask verify signature`: what was signed is verified again, without the web (issue 13, 5)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.actions import signatures
from app.db.database import transaction
from app.db.extensions import db
from app.demo.authority import armoured
from app.models import Purpose, Signature
from tests import authority as of
from tests.actions.test_challenges import ask, believed, take  # noqa: F401
from tests.actions.test_gost import serving


@pytest.fixture
def kept(app) -> int:
    asked = ask(verb="confirm")
    checked = signatures.check(take(asked.key), of.holder(Purpose.act).sign(asked.text.encode()))
    with transaction():
        return signatures.keep(checked).id


@pytest.fixture
def run(app):
    return lambda which="all": app.test_cli_runner().invoke(args=["verify", "signature", str(which)])


def change(**values) -> None:
    with transaction():
        db.session.execute(sa.update(Signature).values(**values))


def flipped(told: bytes, where: int) -> bytes:
    return told[:where] + bytes([told[where] ^ 1]) + told[where + 1 :]


def test_a_kept_signature_is_good_also_after_its_certificate_is_over_and_without_lists(app, kept, run):
    for file in app.config["KEZEK"].crls.iterdir():
        file.unlink()
    found = run(kept)
    assert (found.exit_code, found.output) == (
        0,
        f"signature {kept}, confirm: good\n1 looked at, 0 bad\n",
    )


KINDS = {  # what is signed and by which key: a family's acts, the head's contract, a key of GOST by its service
    "family, RSA": ("confirm", lambda: of.holder(Purpose.act)),
    "family, a curve": ("join", lambda: of.holder(Purpose.act, curve=True)),
    "head": ("sign", lambda: of.holder(Purpose.organisation, bin=of.BIN)),
    "GOST": ("choose", lambda: of.gost(Purpose.act)),
}


@pytest.mark.parametrize("kind_of_key", KINDS)
def test_each_kind_of_signature_is_verified_again_without_the_web(app, run, tmp_path, kind_of_key):
    verb, key = KINDS[kind_of_key]
    purpose = Purpose.organisation if kind_of_key == "head" else Purpose.act
    gost, whose = kind_of_key == "GOST", {"bin": of.BIN} if kind_of_key == "head" else {"iin": of.IIN}
    with serving() as service, of.believed_by(app, tmp_path, service=service.address if gost else ""):
        asked = ask(purpose, verb=verb, **whose)
        cms = armoured(of.signed(asked.text.encode(), key()))
        checked = signatures.check(take(asked.key, purpose), cms)
        assert len(service.asked) == gost
        with transaction():
            kept = signatures.keep(checked).id
    with of.believed_by(app, tmp_path):  # the service is gone
        said = "as it was kept; the service that verified it knows GOST" if gost else "good"
        assert (run(kept).exit_code, run(kept).output.splitlines()[0]) == (0, f"signature {kept}, {verb}: {said}")
        for values in ({"text": "басқа".encode()}, {"cms": b"x"}, {"iin": of.OTHER_IIN}, {"bin": "123456789012"}):
            was = {name: getattr(db.session.get_one(Signature, kept), name) for name in values}
            change(**values)
            assert run(kept).exit_code == 1, values
            change(**was)
        assert run(kept).exit_code == 0


def test_one_byte_of_the_text_of_the_signature_or_of_the_record_is_seen(app, kept, run):
    row = db.session.get_one(Signature, kept)
    text, cms, sha256 = row.text, row.cms, row.sha256
    changed = (
        {"text": flipped(text, 3)},
        {"text": flipped(text, 3), "sha256": signatures.sha256(flipped(text, 3)).hexdigest()},
        {"cms": flipped(cms, len(cms) // 2)},
        {"iin": of.OTHER_IIN},
        {"name": "Басқа Адам"},
        {"purpose": Purpose.entry},
        {"certificates": "-----"},
        {"checked_at": datetime.now(UTC) - timedelta(days=4000)},
    )
    was = {name: getattr(row, name) for name in ("iin", "name", "purpose", "certificates", "checked_at")}
    for values in changed:
        change(**values)
        found = run()
        assert found.exit_code == 1 and "BAD: " in found.output and "1 looked at, 1 bad" in found.output, values
        change(text=text, cms=cms, sha256=sha256, **was)
    assert run().exit_code == 0


def test_a_number_that_there_is_not_is_no_good_signature(run):
    assert run(17).exit_code == 2
    assert run("abc").exit_code == 2
    assert (run().exit_code, run().output) == (0, "0 looked at, 0 bad\n")


def test_where_nobody_is_believed_nothing_is_called_good_or_bad(app, kept, run, monkeypatch):
    monkeypatch.setitem(app.config, "KEZEK", replace(app.config["KEZEK"], keys=None))
    found = run()
    assert found.exit_code == 2 and "KEZEK_KEY_ANCHORS" in found.output and "BAD" not in found.output
