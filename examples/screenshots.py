"""``python -m examples.screenshots --home .raylign docs``: pictures of the page of the gateway that serves a home.

They show its newest job: light, dark, and on a phone. Chromium is Debian's.
"""

import argparse
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from raylign.service.client import Client
from raylign.service.home import find_gateway

MOST_BYTES = 150_000
"""Of a picture: it lies in the repository."""
DESK, PHONE = (1180, 820), (390, 820)
SHOTS: Mapping[str, tuple[str, Literal["light", "dark"], tuple[int, int]]] = {
    "page": ("#/jobs/{job}/curves", "light", DESK),
    "page-dark": ("#/jobs/{job}/samples", "dark", DESK),
    "page-new": ("#/new", "light", DESK),
    "page-phone": ("#/jobs/{job}/curves", "light", PHONE),
}
"""By file: what is opened, in which scheme, how wide and high."""


@contextmanager
def opened(browser: Browser, url: str, key: str) -> Iterator[Page]:
    """A tab in which the key was entered."""
    context = browser.new_context(base_url=url)
    tab = context.new_page()
    tab.goto("/")
    tab.get_by_label("API key").fill(key)
    tab.get_by_role("button", name="Open").click()
    tab.get_by_role("heading", name="Jobs").wait_for()
    yield tab
    context.close()


def take(tab: Page, folder: Path, job: str) -> None:
    """Every picture, into ``folder``. Raises `ValueError` for one that is too large."""
    for name, (place, scheme, (width, height)) in SHOTS.items():
        tab.emulate_media(color_scheme=scheme)
        tab.set_viewport_size({"width": width, "height": height})
        tab.goto(f"/{place.format(job=job)}")
        tab.get_by_role("heading", level=2).first.wait_for()
        tab.wait_for_timeout(1500)  # for what is asked after the view is there, and its transitions
        path = folder / f"{name}.png"
        tab.screenshot(path=path)
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"{str(path)!r} has {path.stat().st_size} bytes, {MOST_BYTES} are the limit")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path(".raylign"))
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    url, key = find_gateway(options.home)
    with Client(url, key) as client:
        job = client.find("latest")["id"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with opened(browser, url, key) as tab:
            take(tab, options.folder, job)
        browser.close()


if __name__ == "__main__":
    main()
