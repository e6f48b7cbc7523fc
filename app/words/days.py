"""Numbers and days as people write them."""

from datetime import date, datetime

from flask_babel import format_decimal

from app.rules.calendar import LOCAL


def number(value: int) -> str:
    """15 000, as the reader writes it."""
    return format_decimal(value)


def day(value: date | None) -> str:
    """17.09.2022, the local day; a dash for none."""
    if isinstance(value, datetime):
        value = value.astimezone(LOCAL).date()
    return f"{value:%d.%m.%Y}" if value else "—"


def moment(value: datetime | None) -> str:
    """07.04.2026 11:21:08, local time; a dash for none."""
    return f"{value.astimezone(LOCAL):%d.%m.%Y %H:%M:%S}" if value else "—"
