"""Keys on the page: made, shown once, rotated, revoked."""

import httpx
import pytest
from playwright.sync_api import Page, expect
from service import Service

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]


def status(service: Service, key: str) -> int:
    return httpx.get(f"{service.url}/v1/jobs", headers={"Authorization": f"Bearer {key}"}).status_code


def shown(page: Page) -> str:
    """The key in the dialog, which is closed."""
    key = page.get_by_role("dialog").locator("pre").inner_text()
    page.get_by_role("button", name="Close").click()
    return key


def test_a_key_is_made_rotated_and_revoked(page: Page, service: Service) -> None:
    page.get_by_role("link", name="Keys").click()
    page.get_by_label("name", exact=True).fill("<b>ci</b>")
    page.get_by_label("tenant", exact=True).fill("search")
    page.get_by_label("Scopes").select_option("read")
    page.get_by_role("button", name="Make a key").click()
    first = shown(page)
    assert status(service, first) == 200
    row = page.get_by_role("row").filter(has_text="<b>ci</b>").filter(has_text="valid")
    expect(row).to_contain_text("search")
    row.get_by_role("button", name="Rotate").click()
    page.get_by_role("button", name="Rotate it").click()
    second = shown(page)
    assert (status(service, first), status(service, second)) == (401, 200)
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("button", name="Revoke it").click()
    expect(row).to_have_count(0)
    assert status(service, second) == 401
    assert first not in page.locator("body").inner_text()
