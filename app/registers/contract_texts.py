"""What contracts say from a day on, section by section, as a lawyer has read it and two people have put in force."""

from flask_babel import lazy_gettext as _l

from app.models import ContractText
from app.registers.declaration import Day, Field, Lines, Menu, Register, Row, Text
from app.registers.norms import APPROVED, PLACES, WRITERS
from app.rules import contract
from app.rules.roles import WATCHING

THERE = _l("There is a text of contracts for this place and day already.")
NAMED = _l(
    "What a text names in braces is filled in for each contract: child, IIN, birth date, applicant, applicant's IIN, "
    "kindergarten, BIN, address, phone, group, birth years, day, office, place."
)
SECTIONS = {
    "subject": (_l("Subject, in Kazakh"), _l("Subject, in Russian")),
    "organisation": (
        _l("Rights and duties of the organisation, in Kazakh"),
        _l("Rights and duties of the organisation, in Russian"),
    ),
    "family": (_l("Rights and duties of the family, in Kazakh"), _l("Rights and duties of the family, in Russian")),
    "fee": (_l("Fee, in Kazakh"), _l("Fee, in Russian")),
    "liability": (_l("Liability, in Kazakh"), _l("Liability, in Russian")),
    "disputes": (_l("Disputes, in Kazakh"), _l("Disputes, in Russian")),
    "term": (_l("Term, in Kazakh"), _l("Term, in Russian")),
}

CONTRACT_TEXTS = Register(
    noun="contract-texts",
    model=ContractText,
    title=_l("Texts of contracts"),
    one=_l("Text of contracts"),
    add=_l("Enter a text of contracts"),
    change=_l("Change a text of contracts"),
    menu=Menu("rules", "file-check", "g"),
    readers=WATCHING,
    adds=WRITERS,
    changes=WRITERS,
    removes=WRITERS,
    order=("valid_from", "desc"),
    in_list=("place", "valid_from", "entered_by", "approved_at", "legal_basis"),
    fields=(
        Field("place", _l("Place"), Row(PLACES)),
        Field("valid_from", _l("In force from"), Day(), ordered=True),
        Field("legal_basis", _l("Legal basis"), Text(300)),
        *(
            Field(
                f"{name}_{language}",
                SECTIONS[name][at],
                Lines(contract.LONGEST, contract.section),
                listed=False,
                help=NAMED if name == contract.SECTIONS[0] else None,
            )
            for name in contract.SECTIONS
            for at, language in enumerate(contract.LANGUAGES)
        ),
        *APPROVED,
    ),
    clashes={
        "contract_text.place_id, contract_text.valid_from": THERE,
        "uq_contract_text_once_per_place_and_day": THERE,
    },
)
