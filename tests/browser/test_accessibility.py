"""Every view by axe-core, in light and dark; by the keyboard alone; and on a phone."""

from collections.abc import Iterator
from importlib.resources import files

import pytest
from browser.test_page import feed
from event_stream import HOSTILE, event_stream
from playwright.sync_api import Page
from service import Service, job

from raylign.service.store import LabelPair, LabelQueueRecord

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
GRAVE = ("serious", "critical")
PHONE, DESK = {"width": 390, "height": 800}, {"width": 1240, "height": 900}
CONTROLS = """[...document.querySelectorAll('button, a[href], input, select, textarea')]
    .filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex >= 0)"""
WATCH = """() => {
    [window.seen, window.unseen] = [new Set(), []];
    addEventListener('focusin', ({target}) => {
        if (!target.matches('button, a, input, select, textarea')) return;
        seen.add(target);
        const [style, around] = [getComputedStyle(target), getComputedStyle(target.parentElement)];
        if (style.outlineStyle === 'none' && around.borderColor === style.borderColor) unseen.push(target.outerHTML);
    });
}"""
SAME = ("timeline", "actors", "events", "job")
"""Tabs whose controls are those of other views."""


def label_queue(service: Service) -> str:
    """One with a pair of long words."""
    made = LabelQueueRecord(id="lq_1", tenant="default", name="q", source="dataset d", seed=0, pairs=1)
    pair = {"asked": {"prompt": HOSTILE}, "responses": ["x" * 500, HOSTILE], "metadata": {}}
    service.store.add_label_queue(made, [LabelPair(key="0" * 16, pair=pair)])
    service.store.say_label(made.id, "0" * 16, "bert", "tie")
    return made.id


def views(page: Page, service: Service) -> Iterator[str]:
    """Each view in turn, open."""
    whole = feed(service, list(event_stream(steps=6)))
    other = feed(service, list(event_stream(steps=4, tasks=("math", HOSTILE[:60]))), name="other")
    service.store.create(job("waits"))
    queue = label_queue(service)
    tabs = [f"#/jobs/{whole}/{tab}" for tab in ("curves", "samples", "timeline", "actors", "events", "job")]
    for place in (
        "#/",
        *tabs,
        f"#/compare/{whole}/{other}",
        "#/new/demo",
        "#/datasets",
        "#/labels",
        f"#/labels/{queue}",
        "#/models",
        "#/settings",
        "#/keys",
        "#/nowhere",
    ):
        page.goto(f"/{place}")
        page.get_by_role("heading", level=1).wait_for()
        page.wait_for_timeout(200)
        if place.endswith(queue):
            page.get_by_label("you are").fill("anna")
            page.get_by_role("button", name="Label").click()
            page.get_by_role("heading", name="Pair 1 of 1").wait_for()
        if place.startswith("#/new"):
            page.get_by_role("heading", name="It would be queued").wait_for()
        yield place


def violations(page: Page, **options: object) -> dict[str, list[str]]:
    told = page.evaluate("options => axe.run(document, {resultTypes: ['violations'], ...options})", options)
    grave = [one for one in told["violations"] if one["impact"] in GRAVE]
    return {one["id"]: [node["html"][:200] for node in one["nodes"]] for one in grave}


def test_axe_finds_nothing_serious_in_light_or_dark(page: Page, service: Service) -> None:
    page.evaluate(AXE)
    for place in views(page, service):
        assert (place, violations(page)) == (place, {})
        page.emulate_media(color_scheme="dark")
        assert (place, violations(page, runOnly=["color-contrast"])) == (place, {})
        page.emulate_media(color_scheme="light")


def test_every_control_is_reached_by_tab_and_seen_and_nothing_runs_over_a_phone_s_edge(
    page: Page, service: Service
) -> None:
    page.evaluate(WATCH)
    for place in views(page, service):
        page.set_viewport_size(PHONE)
        assert (place, page.evaluate("document.documentElement.scrollWidth")) == (place, PHONE["width"])
        page.set_viewport_size(DESK)
        if place.endswith(SAME):
            continue
        page.evaluate("document.activeElement.blur(); seen.clear()")
        for _ in range(page.evaluate(f"{CONTROLS}.length") + 16):
            page.keyboard.press("Tab")
        missed = page.evaluate(f"{CONTROLS}.filter((one) => !seen.has(one)).map((one) => one.outerHTML)")
        assert (place, missed, page.evaluate("unseen")) == (place, [], [])
