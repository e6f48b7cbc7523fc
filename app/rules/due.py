"""Spec 3.1, 3.8: what has run out by a day. Selects that the clock executes; narrow() cuts them to what a verb touches.

A last day belongs to the family until 24:00, so everything here compares with `<`: it is due the day after.
"""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select

from app.models import (
    Application,
    ApplicationStatus,
    Contract,
    Enrolment,
    Intake,
    KgGroup,
    Kindergarten,
    Referral,
    StopListing,
    Vacancy,
    VacancyStatus,
    Voucher,
    VoucherStatus,
)

CONFIRMING = (ApplicationStatus.confirming,)  # the applications of issued vouchers
CHOOSING = (ApplicationStatus.voucher_issued, ApplicationStatus.referred)  # of confirmed ones


def narrow(due: Select[int], place_id: int | None = None, application_id: int | None = None) -> Select[int]:
    """The same, of one district or of one application only."""
    if place_id is not None:
        due = due.where(Application.place_id == place_id)
    if application_id is not None:
        due = due.where(Application.id == application_id)
    return due


def to_lapse(today: date) -> Select[int]:
    """S1, 3.4.2: vouchers whose interest was not confirmed in time."""
    return (
        select(Voucher.id)
        .join(Application, Application.id == Voucher.application_id)
        .where(
            Application.status.in_(CONFIRMING),
            Voucher.status == VoucherStatus.issued,
            Voucher.confirm_by < today,
        )
    )


def to_expire(today: date) -> Select[int]:
    """S1, 3.4.4: confirmed vouchers without a choice, or without the family's signature, by choose_by."""
    return (
        select(Voucher.id)
        .join(Application, Application.id == Voucher.application_id)
        .where(
            Application.status.in_(CHOOSING),
            Voucher.status == VoucherStatus.confirmed,
            Voucher.kind == Intake.general,
            Voucher.choose_by < today,
            ~_signed(),
        )
    )


def _signed() -> ColumnElement[bool]:
    """S1: the family has signed the contract of this voucher, and so kept its term."""
    signed = exists().where(
        Referral.voucher_id == Voucher.id,
        Contract.referral_id == Referral.id,
        Contract.family_signed_at.is_not(None),
        Referral.status == "issued",
    )
    return signed.correlate(Voucher)


def stop_lists_to_archive(today: date) -> Select[int]:
    """S1, 3.4.3: times on the stop-list after a voucher whose one restoration was not used."""
    return (
        select(StopListing.id)
        .join(Application, Application.id == StopListing.application_id)
        .where(StopListing.ended_at.is_(None), StopListing.voucher_id.is_not(None), StopListing.until < today)
    )


def stays_past_their_end(today: date) -> Select[int]:
    """S1, 3.6: temporary stays whose last day is over; the child leaves on the next working day after it."""
    return (
        select(Enrolment.id)
        .join(Application, Application.id == Enrolment.application_id)
        .where(Enrolment.ended_on.is_(None), Enrolment.intake == Intake.temporary, Enrolment.ends_on < today)
    )


def vacancies_to_close(today: date) -> Select[int]:
    """S1, 3.6: published temporary places whose last day is over."""
    return (
        select(Vacancy.id)
        .join(KgGroup, KgGroup.id == Vacancy.group_id)
        .join(Kindergarten, Kindergarten.id == KgGroup.kindergarten_id)
        .where(Vacancy.status == VacancyStatus.published, Vacancy.ends_on < today)
    )


def to_remind(column: Any, today: date) -> Select[int]:
    """Spec 3.2 notice.reminder: live vouchers whose term (`column`: confirm_by or choose_by) still runs.

    Not those whose family has done all that it has to do by then.
    """
    to_confirm = column is Voucher.confirm_by
    status, of = (VoucherStatus.issued, CONFIRMING) if to_confirm else (VoucherStatus.confirmed, CHOOSING)
    return (
        select(Voucher.id)
        .join(Application, Application.id == Voucher.application_id)
        .where(Application.status.in_(of), Voucher.status == status, Voucher.kind == Intake.general, column >= today)
        .where(~_signed())
    )


def queued() -> Select[int]:
    """Applications that wait; the caller adds whose children are over age."""
    return select(Application.id).where(Application.status == ApplicationStatus.queued)
