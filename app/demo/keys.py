"""The demo's own authority in a folder of `var`, and `flask demo agent`, which signs for whomever it is told."""

from collections.abc import Sequence

import click
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from app.db.extensions import db
from app.db.viewer import unscoped
from app.demo.agent import Agent
from app.demo.authority import YEAR, Holder, authority, person, revoked
from app.demo.phone import SigningPhone
from app.models import Applicant, Kindergarten, Purpose
from app.now import is_demo
from app.signing.trust import DEMO
from app.signing.verify import ORGANISATION, USES
from config import Config

HEAD = "790315400218", ("Захарова", "Людмила")  # invented, as are all people of the demo

demo = AppGroup("demo", help="The demo alone.")


def found(config: Config) -> None:
    """Make the authority and its lists, unless they are there. They lie in `var` and are nobody's but this demo's."""
    folder = config.demo_keys
    if (folder / "trust.pem").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    root = authority(f"{DEMO}: root", _new())
    issuer = authority(f"{DEMO}: keys of nobody", _new(), above=root)
    config.crls.mkdir(parents=True, exist_ok=True)
    for name, one in (("demo-root", root), ("demo", issuer)):
        (config.crls / f"{name}.crl").write_bytes(revoked(one, lasts=9 * YEAR))
    (folder / "issuer.key").write_bytes(issuer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    both = [one.certificate.public_bytes(Encoding.PEM) for one in (issuer, root)]
    (folder / "trust.pem").write_bytes(b"".join(both))  # last: with it the demo has keys


def holder(config: Config, iin: str, names: Sequence[str], uses: Sequence[str], bin: str = "") -> Holder:
    """A key of this invented person, for what a page asks; of an organisation's, whose BIN it is. OSError before the
    demo has an authority.
    """
    issuer, *above = x509.load_pem_x509_certificates((config.demo_keys / "trust.pem").read_bytes())
    key = load_pem_private_key((config.demo_keys / "issuer.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    purpose = next(one for one in Purpose if set(USES[one]) == set(uses))
    its = bin if ORGANISATION in uses else ""
    return person(iin, names, _new(), by=Holder(key, issuer, tuple(above)), purpose=purpose, bin=its)


def _new() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@demo.command("agent")
@click.argument("number")
def agent(number: str) -> None:
    """Stand in for NCALayer: sign whatever a page of the demo asks, as the invented parent with this IIN, or as the
    head of the kindergarten with this BIN.
    """
    config: Config = current_app.config["KEZEK"]
    at = config.keys.agent if config.keys else ""
    iin, names, bin = _signer(config, number, "NCALAYER", at)
    with Agent(lambda uses: holder(config, iin, names, uses, bin)).served(_port(at)) as server:
        server.serve_forever()


@demo.command("phone")
@click.argument("iin")
def phone(iin: str) -> None:
    """Stand in for eGov Mobile and the service between: sign whatever it is passed, as this invented parent."""
    config: Config = current_app.config["KEZEK"]
    at = config.qr.url if config.qr else ""
    who, names, _bin = _signer(config, iin, "EGOV MOBILE", at)

    def key(entry: bool) -> Holder:
        return holder(config, who, names, USES[Purpose.entry if entry else Purpose.act])

    with SigningPhone(key).served(_port(at)) as server:
        server.serve_forever()


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


def _signer(config: Config, number: str, of: str, at: str) -> tuple[str, Sequence[str], str]:
    """As whom a stand-in signs: IIN and names of an invented parent, or of a head with the BIN of the kindergarten.
    Raises UsageError outside the demo.
    """
    if not (config.demo and is_demo() and config.keys and (config.demo_keys / "trust.pem").exists()):
        raise click.UsageError("keys of nobody are for the demo alone: KEZEK_DEMO=1, after `flask seed`")
    with unscoped():
        who = db.session.scalars(select(Applicant).where(Applicant.iin == number).limit(1)).first()
        led = db.session.scalars(select(Kindergarten.bin).where(Kindergarten.bin == number).limit(1)).first()
    if who is None and led is None:
        raise click.UsageError("no applicant of the demo has this IIN, no kindergarten this BIN")
    iin, names = (
        HEAD if who is None else (who.iin, [one for one in (who.last_name, who.first_name, who.patronymic) if one])
    )
    db.session.remove()
    click.secho(f"THE DEMO'S STAND-IN OF {of}: it signs for anybody's page, without a password.", fg="red", bold=True)
    click.echo(f"It signs as {' '.join(names)}, {number}, at {at}. Ctrl-C ends it.")
    return iin, names, led or ""
