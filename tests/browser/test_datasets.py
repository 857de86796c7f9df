"""Datasets on the page: sent, looked into, deleted."""

import hashlib
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from service import Service

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

ROW = '{"prompt": "<img src=x onerror=alert(1)> %d", "answer": "1"}\n'


def test_a_file_is_sent_looked_into_and_deleted(page: Page, service: Service, tmp_path: Path) -> None:
    content = "".join(ROW % number for number in range(1000)).encode()
    (tmp_path / "my sums.jsonl").write_bytes(content)
    (tmp_path / "sums.exe").write_bytes(b"x")
    page.get_by_role("link", name="Datasets").click()
    expect(page.get_by_text("None yet")).to_be_visible()
    page.get_by_label("The file").set_input_files(tmp_path / "sums.exe")
    expect(page.get_by_text("sums.exe is of no known format")).to_be_visible()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload a file").click()
    chooser.value.set_files(tmp_path / "my sums.jsonl")
    row = page.get_by_role("row").filter(has_text="my-sums")
    expect(row).to_contain_text("ready")
    kept = service.store.dataset("default", "my-sums")
    assert kept.sha256 == hashlib.sha256(content).hexdigest()
    row.get_by_role("link").click()
    expect(page.get_by_text("1,000 of 1,000 rows can be used.")).to_be_visible()
    expect(page.get_by_text("<img src=x onerror=alert(1)> 0")).to_be_visible()
    assert page.locator("main img").count() == 0
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("None yet")).to_be_visible()
