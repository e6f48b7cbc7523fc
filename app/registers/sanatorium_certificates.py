"""Certificates by which a child may go to a sanatorium kindergarten: by whom, under which number, for which days."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.models import Child, SanatoriumCertificate
from app.registers.declaration import Day, Field, Menu, Register, Row, Text
from app.rules.roles import OFFICE, Role

THERE = _l("This certificate of the child is recorded already.")

SANATORIUM_CERTIFICATES = Register(
    noun="sanatorium-certificates",
    model=SanatoriumCertificate,
    title=_l("Sanatorium certificates"),
    one=_l("Sanatorium certificate"),
    add=_l("Add a certificate"),
    change=_l("Change a certificate"),
    nothing=_l("Add the certificate of a child that is in the queue, or bring a list of them in from a file."),
    menu=Menu("queue", "award", "e"),
    readers=OFFICE | {Role.head, Role.auditor},
    adds=OFFICE,
    changes=OFFICE,
    removes=OFFICE,
    of="child",
    known_by=("child", "issuer", "number"),
    in_order=(("from_on", "until"),),
    order=("id", "desc"),
    fields=(
        Field(
            "child",
            _l("Child"),
            Row(select(Child)),
            sought=True,
            titles=("Баланың ЖСН", "ИИН ребёнка"),
            example="220917690005",
        ),
        Field("child.born_on", _l("Born")),
        Field(
            "issuer",
            _l("Issued by"),
            Text(200),
            sought=True,
            titles=("Кім берді", "Кем выдано"),
            example="№ 2 емхана",
        ),
        Field("number", _l("Certificate number"), Text(60), sought=True, titles=("Нөмірі", "Номер"), example="17-С"),
        Field("from_on", _l("Valid from"), Day(), titles=("Басталу күні", "Действует с"), example="01.04.2026"),
        Field(
            "until",
            _l("Valid until"),
            Day(),
            ordered=True,
            titles=("Аяқталу күні", "Действует до"),
            example="30.09.2026",
        ),
    ),
    clashes={"sanatorium_certificate.child_id": THERE, "uq_sanatorium_certificate_once_per_child": THERE},
)
