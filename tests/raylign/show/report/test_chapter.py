"""A chapter of the report: a run's figures, or one stage's; a recipe's page has one for each stage."""

from dataclasses import replace

from event_stream import STAGES, recipe_stream, stepped
from recipe_job import recipe, stage

from raylign.record.events.tasks import Weighed
from raylign.record.history import History
from raylign.record.rundir import RunDirectory
from raylign.show.report import write_report
from raylign.show.report.chapter import chapter

DOCUMENT = recipe(*(stage(name) for name in STAGES))


def page(tmp_path, **left):
    with RunDirectory.create(tmp_path / "run", DOCUMENT) as run:
        for event in recipe_stream(**left):
            run.append(event)
        return write_report(run).read_text()


def test_a_recipe_s_page_has_a_chapter_of_every_stage(tmp_path):
    html = page(tmp_path)
    assert "3 stages: sft, reward, align" in html
    assert "3 of 3 stages are done." in html
    for number, name in enumerate(STAGES, 1):
        assert f"Stage {number} of 3: {name}" in html
        assert html.count(f'id="stage-{number}-task-1"') == 1
    assert html.count("What came out") == html.count("The run finished its 4 of 4 steps.") == 3
    assert html.count("from_pretrained(&#39;runs/chain/model&#39;)") == 2  # told once, in the last chapter


def test_a_recipe_that_is_left_tells_how_far_it_came(tmp_path):
    html = page(tmp_path, open_from=1)
    assert "1 of 3 stages are done." in html
    assert "Stage 2 of 3: reward" in html
    assert "Stage 3 of 3" not in html
    assert "The run has not ended" in html


def test_a_run_s_only_chapter_has_no_title_of_its_own():
    made = chapter(History(), {"name": "alone", "policy": {"model": "org/m"}, "steps": 3}, None)
    assert (made["title"], made["kind"], made["asked"]) == ("", "", "3 steps from org/m")
    assert "<h2>The plan</h2>" in made["body"]


def test_tokens_are_shaded_by_what_they_count_for_and_spell_no_markup():
    history = History()
    done = next(event.said for event in recipe_stream() if event.kind == "step")
    texts = tuple(Weighed(tokens=("<b>", "good"), weights=pair) for pair in ((0.5, 2.0), (0.0, None)))
    history.steps = [replace(done, tasks={"chat": stepped(weighed=texts)}), replace(done, tasks={"chat": stepped()})]
    body = chapter(history, {"name": "alone", "policy": {"model": "org/m"}, "steps": 3}, None)["body"]
    assert f"in the loss, step {done.step}" in body
    for share, weight, text in ((25, "0.500", "&lt;b&gt;"), (100, "2.000", "good"), (0, "0.000", "&lt;b&gt;")):
        assert f'style="--share: {share}%" title="{weight}">{text}</span>' in body
    assert body.index(">chosen<") < body.index(">rejected<")
