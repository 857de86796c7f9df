"""Settings on the page: webhooks and secrets; and a first job for a dataset."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from service import Service

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

VALUE = "hf_correct-horse"


def test_webhooks_and_secrets_are_kept_and_deleted(page: Page, service: Service) -> None:
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("address").fill("https://hooks.example/in")
    page.get_by_role("button", name="Make a webhook").click()
    expect(page.get_by_role("dialog")).to_contain_text("whsec_")
    page.get_by_role("button", name="Close").click()
    [hook] = service.store.webhooks("default")
    page.get_by_role("button", name=f"Messages to {hook.url}").click()
    expect(page.get_by_role("dialog")).to_contain_text("told nothing yet")
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name=f"Delete {hook.url}").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("button", name=f"Delete {hook.url}")).to_have_count(0)
    page.get_by_label("name", exact=True).fill("hub")
    page.get_by_label("value").fill(VALUE)
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("row").filter(has_text="secret://hub")).to_be_visible()
    expect(page.get_by_label("value")).to_have_value("")
    assert [one.name for one in service.store.secrets("default")] == ["hub"]
    assert VALUE not in page.content()
    page.get_by_role("button", name="Delete hub").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("button", name="Delete hub")).to_have_count(0)
    assert service.store.secrets("default") == []


def test_a_dataset_begins_a_job_for_a_model(page: Page, service: Service, tmp_path: Path) -> None:
    rows = "".join(f'{{"prompt": "{n} + 1?", "answer": "{n + 1}"}}\n' for n in range(32))
    (tmp_path / "sums.jsonl").write_text(rows)
    with service.client() as client:
        client.datasets.push(tmp_path / "sums.jsonl")
    page.goto("/#/datasets/sums")
    page.get_by_role("link", name="New job of it").click()
    page.get_by_label("for the model").fill("org/small")
    expect(page.get_by_label("and the data set")).to_have_value("sums")
    page.get_by_role("button", name="Write a first job").click()
    text = page.get_by_label("The job, in YAML")
    expect(text).to_have_value(re.compile('policy: {model: "org/small".*dataset://sums', re.DOTALL))
    expect(page.get_by_role("heading", name="It would be queued")).to_be_visible()
