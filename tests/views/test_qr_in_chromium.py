"""A text is signed on a phone while its page is open, as a parent sees it (issue 13, 3; spec 10)."""

from playwright.sync_api import expect

from tests.chromium import EVERY_RULE
from tests.views.test_acts import child  # noqa: F401
from tests.views.test_look_in_chromium import AXE, NARROW, WIDTH, kind, windows  # noqa: F401
from tests.views.test_qr import phone  # noqa: F401


def test_the_page_sees_by_itself_that_the_phone_has_signed(windows, city, child, phone):  # noqa: F811
    page = windows.open(None, "kk")
    page.set_viewport_size(NARROW)
    page.goto("/my/enter/qr")
    page.get_by_role("button", name="QR-кодты көрсету").click()
    expect(page.locator("img.qr")).to_be_visible()
    page.evaluate(AXE)
    assert page.evaluate(EVERY_RULE) == [] and page.evaluate(WIDTH) <= NARROW["width"]
    page.get_by_role("button", name="Жіберу", exact=True).click(timeout=20_000)
    expect(page.get_by_role("heading", name="ЭЦҚ иесінің деректері")).to_be_visible()
    assert windows.refused == []
