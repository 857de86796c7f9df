"""A browser, one for all of its tests, and a gateway that it opens."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from service import KEY, Service, live_service
from uploads import Here

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
DEADLINE_MS = 15_000


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Without one the tests are skipped, but not where RAYLIGN_BROWSER says that they must run."""
    found = shutil.which("chromium")
    if found is None and os.environ.get("RAYLIGN_BROWSER") != "required":
        pytest.skip("there is no chromium: install the package 'chromium' to test the page")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found or "/usr/bin/chromium", args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A live gateway with a fake Ray."""
    with live_service(tmp_path, inspecting=Here()) as running:
        yield running


@pytest.fixture
def page(chromium: Browser, service: Service) -> Iterator[Page]:
    """A tab in which the key was entered. Whatever its console complains of afterwards fails the test."""
    context = chromium.new_context(base_url=service.url, viewport={"width": 1240, "height": 900})
    context.set_default_timeout(DEADLINE_MS)
    tab = context.new_page()
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    tab.goto("/")
    tab.get_by_label("API key").fill(KEY)
    tab.get_by_role("button", name="Open").click()
    tab.get_by_role("heading", name="Jobs").wait_for()
    tab.on("console", hear)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    yield tab
    context.close()
    assert complaints == []
