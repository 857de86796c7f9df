"""The page in a browser, on a live gateway: what it shows, and every one of its buttons."""

import re
import time
from pathlib import Path

import pytest
from event_stream import event_stream
from playwright.sync_api import Browser, Page, expect
from service import KEY, TOKEN, Service, job, report, started

from raylign.record.events import Event
from raylign.record.events.payloads import RunEnded, StageBegun

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>\u202eabc\x1b[2J"


def feed(service: Service, events: list[Event], *, name: str = "tiny", run_dir: str = "/nowhere") -> str:
    """A job whose driver has said this; its id."""
    made, _ = service.store.create(job(name))
    attempt = service.store.begin_attempt(made.id, token=TOKEN, run_dir=run_dir)
    service.store.confirm_attempt(attempt)
    say(service, made.id, events)
    return made.id


def say(service: Service, job_id: str, events: list[Event]) -> None:
    assert report(service, job_id, events).status_code == 200
    service.bulletin.post(job_id)


def test_the_key_is_asked_for_and_forgotten(chromium: Browser, service: Service) -> None:
    context = chromium.new_context(base_url=service.url)
    tab = context.new_page()
    tab.goto("/")
    tab.get_by_label("API key").fill("wrong")
    tab.get_by_label("API key").press("Enter")
    expect(tab.get_by_role("alert")).to_contain_text("not the gateway's key")
    tab.get_by_label("API key").fill(KEY)
    tab.get_by_role("button", name="Open").click()
    expect(tab.get_by_text("No jobs yet")).to_be_visible()
    assert context.cookies() == []
    tab.reload()
    expect(tab.get_by_role("heading", name="Jobs")).to_be_visible()
    tab.get_by_role("button", name="Sign out").click()
    expect(tab.get_by_label("API key")).to_be_visible()
    assert tab.evaluate("sessionStorage.length + localStorage.length") == 0
    context.close()


def test_a_job_is_followed_live_from_the_list_to_its_end(page: Page, service: Service) -> None:
    events = list(event_stream(steps=6, tasks=("math",)))
    first = next(at for at, event in enumerate(events) if event.kind == "step") + 1
    job_id = feed(service, events[:first])
    row = page.get_by_role("row").filter(has_text="tiny")
    expect(row).to_contain_text("running")
    expect(row).to_contain_text("1/6")
    page.get_by_role("link", name="tiny").click()
    expect(page.get_by_text("step 1 of 6")).to_be_visible()
    say(service, job_id, events[first:-1])
    expect(page.get_by_text("step 6 of 6")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("math"))).to_contain_text("45% → 70%")
    satisfied = page.get_by_role("group", name="satisfied")
    expect(satisfied.locator("canvas")).to_be_visible()
    expect(satisfied).to_contain_text("answer")
    page.get_by_text("More curves").click()
    expect(page.get_by_role("group", name="the method's own figures")).to_contain_text("multiplier/answer 1.95")
    expect(page.get_by_role("link", name="Report")).to_have_count(0)
    say(service, job_id, events[-1:])
    expect(page.locator(".head .badge")).to_have_text("succeeded")
    expect(page.get_by_role("link", name="Report")).to_be_visible()
    assert page.get_by_role("button", name="Cancel").count() == 0


def test_tabs_show_samples_timeline_events_and_the_job(page: Page, service: Service) -> None:
    job_id = feed(service, list(event_stream(steps=12, tasks=("chat", "math"))))
    page.goto(f"/#/jobs/{job_id}")
    page.get_by_role("tab", name="Samples").click()
    sample = page.get_by_role("article").first
    expect(sample).to_contain_text("chat: what is 4 + 7?")
    for words in ("I think 4? Who knows!", "The answer is 11.", "✗ refusal wrong", "✓ refusal", "reward 0.70"):
        expect(sample).to_contain_text(words)
    page.get_by_label("Task").select_option("math")
    expect(sample).to_contain_text("math: what is 4 + 7?")
    page.get_by_label("Right side").select_option("step 11")
    expect(page.get_by_role("article").last).to_contain_text("math: what is 14 + 17?")
    page.get_by_label("Right side").select_option("evaluation 12")
    page.get_by_label("Which samples").select_option("worse")
    expect(page.get_by_text("No such samples.")).to_be_visible()
    page.get_by_role("tab", name="Timeline").click()
    expect(
        page.get_by_role("img", name=re.compile("12 steps in .*, 2 evaluations, 0 checkpoints, 1 warning"))
    ).to_be_visible()
    expect(page.get_by_text(re.compile("generate [0-9.]+ s, [0-9]+%")).first).to_be_visible()
    page.get_by_role("tab", name="Events").click()
    page.get_by_label("Kind of events").select_option("warning")
    expect(page.get_by_role("row").last).to_contain_text("judge calls ran into their deadline")
    page.get_by_role("tab", name="Events").press("ArrowRight")
    expect(page.get_by_role("tab", name="Job")).to_be_focused()
    for words in ('"steps": 1', "tiny/policy", f"{job_id}-a1"):
        expect(page.get_by_role("tabpanel")).to_contain_text(words)


def test_a_job_is_cancelled_after_a_question(page: Page, service: Service) -> None:
    made, _ = service.store.create(job("waits"))
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Leave it").click()
    assert service.store.get(made.id).state == "queued"
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel it").click()
    expect(page.get_by_role("row").filter(has_text="waits")).to_contain_text("cancelled")
    assert service.store.get(made.id).state == "cancelled"
    running, _ = started(service.store, name="runs")
    page.goto(f"/#/jobs/{running.id}")
    page.get_by_role("heading", name="runs").wait_for()
    page.keyboard.press("c")
    page.get_by_role("button", name="Cancel it").click()
    expect(page.locator(".head .badge")).to_have_text("cancelling")


def test_a_job_is_paused_and_resumed(page: Page, service: Service) -> None:
    made, _ = service.store.create(job("waits"))
    row = page.get_by_role("row").filter(has_text="waits")
    row.get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("paused")
    assert row.get_by_role("button").all_text_contents() == ["Resume", "Cancel"]
    row.get_by_role("button", name="Resume").click()
    expect(row).to_contain_text("queued")
    page.get_by_role("link", name="waits").click()
    page.get_by_role("heading", name="waits").wait_for()
    page.keyboard.press("p")
    expect(page.locator(".head .badge")).to_have_text("paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".head .badge")).to_have_text("queued")
    assert service.store.get(made.id).desired == "run"


def test_a_job_that_ended_is_retried_and_deleted(page: Page, service: Service) -> None:
    made, _ = service.store.create(job("waits"))
    service.store.cancel(made.id)
    row = page.get_by_role("row").filter(has_text="waits")
    expect(row).to_contain_text("cancelled")
    assert row.get_by_role("button").all_text_contents() == ["Retry", "Delete"]
    row.get_by_role("button", name="Retry").click()
    expect(row).to_contain_text("queued")
    service.store.cancel(made.id)
    page.get_by_role("link", name="waits").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("No jobs yet")).to_be_visible()
    assert service.store.latest(limit=1) == []


def test_a_new_job_is_checked_while_it_is_written_and_then_sent(page: Page, service: Service) -> None:
    page.keyboard.press("g")
    page.keyboard.press("n")
    text, send = page.get_by_label("The job, in YAML"), page.get_by_role("button", name="Submit")
    expect(page.get_by_role("heading", name="It would be queued")).to_be_visible()
    page.get_by_label("Template").select_option("demo")
    expect(page.get_by_role("cell", name="rollout/0")).to_be_visible()
    expect(page.get_by_text(re.compile("for Ray's 1 node: 8 CPUs"))).to_be_visible()
    good = text.input_value()
    text.fill(good.replace("steps: 32", "steps: 0").replace("crpg", "crpgg", 1))
    expect(page.get_by_role("heading", name="2 things are wrong")).to_be_visible()
    expect(send).to_be_disabled()
    page.get_by_role("button", name="line 4").click()
    assert text.evaluate("node => node.value.slice(node.selectionStart, node.selectionEnd)") == "steps: 0"
    expect(page.get_by_text(re.compile("integer, at least 1"))).to_be_visible()
    page.get_by_label("Template").select_option("sft")
    page.get_by_role("button", name="Leave it").click()
    expect(page.get_by_label("Template")).to_have_value("demo")
    text.fill(good.replace("name: demo", "name: mine"))
    expect(page.get_by_role("heading", name="It would be queued")).to_be_visible()
    send.click()
    page.get_by_role("heading", name="mine").wait_for()
    assert [one.job.name for one in service.store.latest(limit=9)] == ["mine"]
    page.goto("/#/new/recipe")
    expect(page.get_by_role("heading", name=re.compile("^Stage 2: "))).to_be_visible()
    page.goto(f"/#/jobs/{service.store.latest(limit=1)[0].job.id}")
    page.get_by_role("link", name="New one like it").click()
    expect(page.get_by_label("The job, in YAML")).to_have_value(re.compile('"name": "mine"'))


def test_a_recipe_s_stages_stand_one_below_the_other(page: Page, service: Service) -> None:
    said = []
    for number, name in enumerate(("warm-up", "align"), start=1):
        begun = StageBegun(recipe="chain", stage=name, job="sft", number=number, stages=2)
        said += [begun, *(event.said for event in list(event_stream(steps=number + 1, tasks=(f"task-{name}",)))[1:-1])]
    events = [Event.of(one, seq=seq, time=1e9 + seq) for seq, one in enumerate(said, start=1)]
    job_id = feed(service, events)
    page.goto(f"/#/jobs/{job_id}")
    expect(page.get_by_role("heading", name="Stage 1 of 2: warm-up")).to_be_visible()
    expect(page.get_by_role("heading", name="Stage 2 of 2: align")).to_be_visible()
    for name in ("task-warm-up", "task-align"):
        expect(page.get_by_role("row", name=name)).to_contain_text("45% → 70%")
        expect(page.get_by_role("heading", name=name)).to_have_count(1)
    expect(page.get_by_text("stage 2 of 2: align · step 3 of 3")).to_be_visible()


def test_actors_lead_to_their_places_in_ray(page: Page, service: Service) -> None:
    job_id = feed(service, list(event_stream(steps=2, tasks=("math",)))[:5])
    service.ray.jobs[f"{job_id}-a1"] = {"status": "RUNNING", "message": "", "job_id": "01"}
    actor = {"actor_id": "a1", "name": "rollout/0", "job_id": "01", "state": "ALIVE", "node_id": "n123", "pid": 7}
    service.ray.actors = [actor, {**actor, "actor_id": "a2", "name": "late", "node_id": None, "pid": None}]
    page.goto(f"/#/jobs/{job_id}/actors")
    row = page.get_by_role("row", name="rollout/0")
    expect(row).to_contain_text("alive")
    expect(row).to_contain_text("tiny/policy")
    expect(row.get_by_role("link", name="rollout/0")).to_have_attribute("href", "http://ray/#/actors/a1")
    expect(row.get_by_role("link", name="n123")).to_have_attribute("href", "http://ray/#/cluster/nodes/n123")
    expect(page.get_by_role("row", name="late")).to_be_visible()
    expect(page.get_by_role("link", name="Ray dashboard")).to_have_attribute("href", f"http://ray/#/jobs/{job_id}-a1")


def test_jobs_are_filtered_paged_and_compared(page: Page, service: Service) -> None:
    for number in range(51):
        service.store.create(job(f"waits-{number}"))
    feed(service, list(event_stream(steps=4, tasks=("math",))), name="one")
    feed(service, list(event_stream(steps=8, tasks=("math",), seed=1)), name="two")
    expect(page.get_by_role("row")).to_have_count(51)
    page.get_by_role("button", name="More").click()
    expect(page.get_by_role("row")).to_have_count(54)
    page.keyboard.press("/")
    page.keyboard.type("waits-7")
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_label("Name or id").fill("")
    page.get_by_label("State", exact=True).select_option("succeeded")
    expect(page.get_by_role("row")).to_have_count(3)
    page.get_by_label("compare one").check()
    page.get_by_label("compare two").check()
    page.get_by_role("button", name="Compare 2").click()
    expect(page.get_by_role("row", name=re.compile("one"))).to_contain_text("45% → 70%")
    expect(page.get_by_role("group", name="reward")).to_contain_text(re.compile("one .*two "))
    page.get_by_role("link", name="leave out one").click()
    expect(page.get_by_role("row", name=re.compile("one"))).to_have_count(0)
    ids = {found.job.name: found.job.id for found in service.store.latest(limit=9)}
    page.get_by_label("Add a job").select_option(ids["one"])
    expect(page.get_by_role("row", name=re.compile("one"))).to_contain_text("45% → 70%")
    page.get_by_role("link", name="Jobs").click()
    page.get_by_role("heading", name="Jobs").wait_for()


def test_a_stream_that_breaks_goes_on_where_it_stood(page: Page, service: Service) -> None:
    events = list(event_stream(steps=6, tasks=("math",)))
    job_id = feed(service, events[:8])
    page.goto(f"/#/jobs/{job_id}")
    page.get_by_text(re.compile("step [12] of 6")).wait_for()
    with page.expect_request(lambda request: request.headers.get("last-event-id") == "8"):
        service.bulletin.close()  # the gateway ends its streams, as when it stops
    page.get_by_text(re.compile("step [12] of 6")).wait_for()


def test_what_models_and_users_wrote_is_text(page: Page, service: Service, tmp_path: Path) -> None:
    events = list(event_stream(steps=3, tasks=(HOSTILE,), text=HOSTILE))
    events[-1] = Event.of(RunEnded(state="failed", message=HOSTILE, model=None, report=None), seq=events[-1].seq)
    (tmp_path / "report.html").write_text(f"<html><title>r</title><p>kept</p>{HOSTILE}</html>")
    made, _ = service.store.create(job())
    attempt = service.store.begin_attempt(made.id, token=TOKEN, run_dir=str(tmp_path))
    service.store.confirm_attempt(attempt)
    say(service, made.id, events)
    for place in ("/#/", *(f"/#/jobs/{made.id}/{tab}" for tab in ("curves", "samples", "timeline", "events", "job"))):
        page.goto(place)
        expect(page.locator("main")).to_contain_text("<img src=x onerror=")
        assert page.locator("main img, main script").count() == 0, place
    page.goto(f"/#/compare/{made.id}")
    expect(page.get_by_role("heading", name="<img")).to_be_visible()
    page.goto(f"/#/jobs/{made.id}")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Report").click()
    expect(opened.value.frame_locator("iframe").get_by_text("kept")).to_be_visible()
    time.sleep(0.2)
    assert [tab.title() for tab in page.context.pages] == ["tiny · raylign", "Report · raylign"]


def test_keys_are_listed_and_move(page: Page, service: Service) -> None:
    feed(service, list(event_stream(steps=2, tasks=("math",))))
    page.get_by_role("link", name="tiny").wait_for()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("next job")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_role("tab", name="Curves").wait_for()
    page.keyboard.press("3")
    expect(page.get_by_role("tab", name="Timeline")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("g")
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_role("button", name="Close").click()
