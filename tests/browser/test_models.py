"""Models on the page: what jobs have made, and a new job from one."""

import re
from pathlib import Path

import pytest
from fine_tuning import drive, write_result
from playwright.sync_api import Page, expect
from service import Service, end, job

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]


def test_a_job_s_result_is_listed_and_begins_another(page: Page, service: Service, tmp_path: Path) -> None:
    page.get_by_role("link", name="Models").click()
    expect(page.get_by_text("None yet")).to_be_visible()
    made, _ = service.store.create(job("first"))
    write_result(drive(service, tmp_path, made.id, end(1)), loss=1.0)
    page.keyboard.press("g")
    page.keyboard.press("j")
    page.get_by_role("link", name="first").wait_for()
    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page.get_by_role("row", name=made.id)).to_contain_text("first")
    page.get_by_role("link", name=f"New job from {made.id}").click()
    text = page.get_by_label("The job, in YAML")
    expect(text).to_have_value(re.compile(f"policy: {{model: model://{made.id}}}"))
