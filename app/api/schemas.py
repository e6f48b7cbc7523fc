"""What the API takes and gives, each fact once: it is read by these, told by these, and described by these."""

from collections.abc import Callable
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from app.actions import families
from app.models import (
    ApplicationStatus,
    GuardianshipBasis,
    GuardianshipStatus,
    Intake,
    Language,
    Ownership,
    PrivilegeGround,
    QueueKind,
    SignedInBy,
)
from app.rules import iin as iins
from app.rules import texts, webhooks
from app.rules.refusals import Refusal
from app.words.problems import sentence_of
from app.words.refusals import refusal as said

IDS = validate.Range(1, 2**31 - 1)
VERBS = [verb for verb in families.ACTS if verb != families.CONTACTS]  # codes go to contacts: they are the cabinet's
TOLD_BESIDES = ("vacancy", "kindergarten", "language", "entry", "until", "reason")  # what a verb is told, if it asks


class OurSentence(str):
    """A sentence of ours, in the reader's language; those of marshmallow are not."""


class Typed(fields.String):
    """A text that is read as the same one on a page is (rules/texts.py)."""

    def __init__(self, read: Callable[[str], str], most: int, **more: Any) -> None:
        super().__init__(metadata={"maxLength": most, **more.pop("metadata", {})}, **more)
        self.read, self.most = read, most

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        try:
            return self.read(text) if text.strip() else ""
        except texts.Unfit as unfit:
            raise ValidationError(OurSentence(sentence_of(unfit.name, unfit.facts))) from None


def _iin(raw: str) -> str:
    try:
        iins.facts(raw)
    except Refusal as refusal:
        raise ValidationError(OurSentence(said(refusal))) from None
    return raw


def iin() -> Typed:
    return Typed(_iin, 12, required=True, metadata={"pattern": "^[0-9]{12}$"})


def one_of(kind: Any, **more: Any) -> fields.String:
    return fields.String(validate=validate.OneOf([str(one) for one in kind]), **more)


# ---------------------------------------------------------------- what is asked


class DistrictAsked(Schema):
    district = fields.Integer(validate=IDS)


class OfDistrictAsked(Schema):
    district = fields.Integer(required=True, validate=IDS)


class PageAsked(Schema):
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 100))
    cursor = fields.String(metadata={"maxLength": 40, "description": "`next` of the page before"})


class VacanciesAsked(OfDistrictAsked, PageAsked):
    language = one_of(Language)
    ownership = one_of(Ownership)
    intake = one_of(Intake)
    year = fields.Integer(validate=validate.Range(1990, 2100), metadata={"description": "the child's birth year"})


class CheckAsked(Schema):
    """By number and birth date, or by the child's IIN."""

    number = fields.String(validate=validate.Length(max=60))
    born_on = fields.Date()
    iin = fields.String(validate=validate.Length(max=20))


class PersonAsked(Schema):
    iin = iin()
    last_name = Typed(texts.name, texts.LONGEST_NAME, load_default="")
    first_name = Typed(texts.name, texts.LONGEST_NAME, required=True, validate=validate.Length(min=1))
    patronymic = Typed(texts.name, texts.LONGEST_NAME, load_default="")


class ContactsAsked(Schema):
    phone = Typed(texts.mobile, 40, required=True, validate=validate.Length(min=1))
    email = Typed(texts.emails, texts.LONGEST_EMAIL, load_default="", metadata={"description": "one, or two: a, b"})
    address = Typed(texts.line(300), 300, load_default="")
    notice_language = one_of(Language, load_default="kk")


class SignatureSent(Schema):
    """What came of .../challenge: its key, and the signature of its text."""

    challenge = fields.String(required=True, validate=validate.Length(1, 100))
    cms = fields.String(required=True, validate=validate.Length(1, 100_000), metadata={"description": "base64 or PEM"})


class ClaimAsked(Schema):
    ground = one_of(PrivilegeGround, required=True)
    paper_title = Typed(texts.line(200), 200, required=True, validate=validate.Length(min=1))
    paper_number = Typed(texts.line(60), 60, load_default="")
    paper_issued_by = Typed(texts.line(200), 200, load_default="")
    paper_issued_on = fields.Date(required=True)


class ApplicationAsked(Schema):
    district = fields.Integer(required=True, strict=True, validate=IDS)
    queue_kind = one_of(QueueKind, load_default="general")
    child = fields.Nested(PersonAsked, required=True)
    applicant = fields.Nested(PersonAsked, required=True)
    contacts = fields.Nested(ContactsAsked, required=True)
    privilege = fields.Nested(ClaimAsked)
    source_number = Typed(texts.line(60), 60, load_default="", metadata={"description": "yours, kept with ours"})


class ApplicationSent(ApplicationAsked):
    signature = fields.Nested(SignatureSent, metadata={"description": "as through egov; without one as through Indigo"})


class ActAsked(Schema):
    """Whose act it is, and what the verb is told besides."""

    iin = iin()
    phone = Typed(texts.mobile, 40, metadata={"description": "proven by the portal; where a code is enough"})
    vacancy = fields.Integer(strict=True, validate=IDS, metadata={"description": "choose, enter_lot, leave_lot"})
    kindergarten = fields.Integer(strict=True, validate=IDS, metadata={"description": "wish"})
    language = one_of(Language, metadata={"description": "wish: of instruction; without one any"})
    entry = fields.Integer(strict=True, validate=IDS, metadata={"description": "unwish"})
    until = fields.Date(metadata={"description": "extend"})
    reason = Typed(texts.line(500), 500, metadata={"description": "extend"})
    privilege = fields.Nested(ClaimAsked, metadata={"description": "claim_privilege"})


class ActSent(ActAsked):
    signature = fields.Nested(SignatureSent)


class JoinAsked(PersonAsked):
    """Who asks to join, and what this person knows of the child."""

    child_iin = iin()
    basis = one_of(GuardianshipBasis, load_default="parent")
    phone = Typed(
        texts.mobile,
        40,
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "own, proven by the portal: by it this person enters"},
    )


class JoinSent(JoinAsked):
    signature = fields.Nested(SignatureSent)


class WebhookAsked(Schema):
    url = Typed(
        webhooks.address,
        webhooks.LONGEST,
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "by https, of a host of the public internet that has a name"},
    )


class StateSeen(Schema):
    if_match = fields.String(data_key="If-Match", metadata={"description": "the ETag of the application"})


class KeySent(Schema):
    key = fields.String(data_key="Idempotency-Key", validate=validate.Length(1, 200))


# ---------------------------------------------------------------- what is answered


class PlaceTold(Schema):
    id = fields.Integer(required=True)
    name_kk = fields.String(required=True)
    name_ru = fields.String(required=True)


class DistrictTold(PlaceTold):
    region = fields.Nested(PlaceTold, required=True, allow_none=True)
    support_phone = fields.String(required=True, allow_none=True)


class NormTold(Schema):
    name = fields.String(required=True)
    value = fields.String(required=True)
    unit = fields.String(required=True)
    on_lapse = fields.String(required=True, allow_none=True)
    valid_from = fields.Date(required=True)
    legal_basis = fields.String(required=True)


class KindergartenTold(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    ownership = fields.String(required=True)
    address = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)


class VacancyTold(Schema):
    id = fields.Integer(required=True)
    kindergarten = fields.Nested(KindergartenTold, required=True)
    group = fields.String(required=True)
    language = fields.String(required=True)
    birth_year_from = fields.Integer(required=True)
    birth_year_to = fields.Integer(required=True)
    intake = fields.String(required=True)
    begins_on = fields.Date(required=True, allow_none=True)
    ends_on = fields.Date(required=True, allow_none=True)
    free = fields.Integer(required=True)


class WishedTold(KindergartenTold):
    entry = fields.Integer(required=True, allow_none=True, metadata={"description": "by which it waits there"})
    language = fields.String(required=True, allow_none=True, metadata={"description": "for which it waits; none: any"})


class WaitingListTold(Schema):
    items = fields.List(fields.Nested(WishedTold), required=True)
    next = fields.String(required=True, allow_none=True, metadata={"description": "the cursor of the next page"})


class JoiningTold(Schema):
    id = fields.Integer(required=True)
    number = fields.String(required=True)
    district = fields.Integer(required=True)
    status = one_of(GuardianshipStatus, required=True)


class DistrictsTold(Schema):
    items = fields.List(fields.Nested(DistrictTold), required=True)


class NormsTold(Schema):
    items = fields.List(fields.Nested(NormTold), required=True)


class VacanciesTold(Schema):
    items = fields.List(fields.Nested(VacancyTold), required=True)
    next = fields.String(required=True, allow_none=True, metadata={"description": "the cursor of the next page"})


class LotTold(Schema):
    vacancy = fields.Nested(VacancyTold, required=True)
    until = fields.DateTime(required=True, metadata={"description": "the last moment to ask, included"})
    asked = fields.Integer(required=True, metadata={"description": "applications so far; earlier is not better"})
    entered = fields.Boolean(required=True, metadata={"description": "has this application asked?"})


class LotsTold(Schema):
    items = fields.List(fields.Nested(LotTold), required=True)


class ToDoTold(Schema):
    what = fields.String(required=True)
    last_day = fields.Date(required=True)


class RightTold(Schema):
    number = fields.String(required=True)
    status = fields.String(required=True)


class ApplicationTold(Schema):
    number = fields.String(required=True)
    district = fields.Integer(required=True)
    queue_kind = fields.String(required=True)
    queued_at = fields.DateTime(required=True)
    status = one_of(ApplicationStatus, required=True)
    standing = fields.Boolean(required=True)
    to_do = fields.Nested(ToDoTold, required=True, allow_none=True)
    voucher = fields.Nested(RightTold, required=True, allow_none=True)
    referral = fields.Nested(RightTold, required=True, allow_none=True)
    acts = fields.List(one_of(VERBS), required=True, metadata={"description": "what would be accepted now"})
    source_number = fields.String(required=True, allow_none=True, metadata={"description": "yours, if it is yours"})


class AheadTold(Schema):
    rank = fields.Integer(required=True, allow_none=True)
    side = fields.String(required=True, allow_none=True)
    count = fields.Integer(required=True)


class CategoryTold(Schema):
    rank = fields.Integer(required=True)
    name_kk = fields.String(required=True)
    name_ru = fields.String(required=True)


class ExplanationTold(Schema):
    """Why a number is what it is; without a number it does not wait, or no category serves it yet."""

    application = fields.String(required=True)
    day = fields.Date(required=True)
    number = fields.Integer(required=True, allow_none=True)
    privileged = fields.Integer(required=True, allow_none=True)
    status = fields.String(required=True, allow_none=True)
    standing = fields.Boolean(required=True)
    queued_at = fields.DateTime(required=True)
    order = fields.String(required=True)
    category = fields.Nested(CategoryTold, required=True, allow_none=True)
    side = fields.String(required=True, allow_none=True)
    ahead = fields.List(fields.Nested(AheadTold), required=True)
    ahead_in_all = fields.Integer(required=True)
    norms = fields.List(fields.String(), required=True)


class CheckTold(Schema):
    items = fields.List(fields.Nested(ExplanationTold), required=True)


class ToSignTold(Schema):
    challenge = fields.String(required=True)
    text = fields.String(required=True)
    data = fields.String(required=True, metadata={"description": "base64 of the bytes that are signed, detached"})
    sign_in = one_of(SignedInBy, required=True)


class WebhookTold(Schema):
    """Where a portal is told, and how that goes."""

    url = fields.String(required=True, allow_none=True)
    secret_given_at = fields.DateTime(required=True, allow_none=True)
    types = fields.List(fields.String(), required=True)
    waiting = fields.Integer(required=True, metadata={"description": "messages that are tried again"})
    last_taken_at = fields.DateTime(required=True, allow_none=True)
    last_problem = fields.String(required=True, allow_none=True, metadata={"description": "of the newest that waits"})


class WebhookGiven(WebhookTold):
    secret = fields.String(required=True, allow_none=True, metadata={"description": "shown once, when it is made"})


class WrongTold(Schema):
    pointer = fields.String(required=True)
    detail = fields.String(required=True)


class ProblemTold(Schema):
    """RFC 9457."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    reason = fields.String(required=True)
    detail = fields.String(required=True)
    errors = fields.List(fields.Nested(WrongTold))
    free = fields.List(fields.Nested(VacancyTold), metadata={"description": "who gets no place: what else is free"})
