"""Label queues on the page: made, worked by the keyboard alone, counted, made a dataset of."""

import json

import pytest
from playwright.sync_api import Page, expect
from service import Service

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

ROWS = [{"prompt": f"question {at}", "chosen": f"<b>good</b> {at}", "rejected": f"bad {at}"} for at in range(4)]


def test_pairs_are_labelled_by_keyboard_and_become_a_dataset(page: Page, service: Service, tmp_path) -> None:
    (tmp_path / "pairs.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in ROWS))
    with service.client() as client:
        client.datasets.push(tmp_path / "pairs.jsonl")
        page.get_by_role("link", name="Labels").click()
        expect(page.get_by_text("None yet")).to_be_visible()
        page.get_by_label("name", exact=True).fill("quality")
        page.get_by_label("of the data set").select_option("pairs")
        page.get_by_role("button", name="Make a queue").click()
        page.get_by_role("link", name="quality").click()
        page.get_by_label("you are").fill("anna")
        page.keyboard.press("Enter")
        place = page.get_by_role("heading", name="Pair 1 of 4")
        expect(place).to_be_focused()
        assert page.get_by_role("region", name="The pair").locator("b").count() == 0
        for at in range(4):
            expect(page.get_by_role("heading", name=f"Pair {at + 1} of 4")).to_be_focused()
            left = page.get_by_role("region", name="Left response").locator("pre").inner_text()
            page.keyboard.press("ArrowLeft" if left.startswith("<b>good") else "2")
        expect(page.get_by_role("heading", name="All 4 pairs have your word")).to_be_focused()
        for key, words in (("u", "Pair 4 of 4"), ("=", "All 4 pairs"), ("u", "Pair 4 of 4"), ("s", "All 4 pairs")):
            page.keyboard.press(key)
            expect(page.get_by_role("heading", name=words)).to_be_focused()
        expect(page.get_by_role("row").filter(has_text="anna")).to_contain_text("4 of 4")
        assert client.labels.get("quality")["labellers"] == {"anna": {"first": 3, "skip": 1}}
        page.get_by_role("button", name="Take back").click()
        page.get_by_role("button", name="Tie").click()
        expect(page.get_by_role("heading", name="All 4 pairs")).to_be_visible()
        page.get_by_label("Make a data set called").fill("made")
        page.get_by_role("button", name="Make it").click()
        expect(page.get_by_role("dialog")).to_contain_text("dataset://made: labelled 3, tie 1")
        page.get_by_role("button", name="Close").click()
        rows = [json.loads(line) for line in client.datasets.content("made").splitlines()]
        assert [row["chosen"] for row in rows] == [row["chosen"] for row in ROWS[:3]]
        page.get_by_role("link", name="Labels").click()
        page.get_by_role("button", name="Delete quality").click()
        page.get_by_role("button", name="Delete it").click()
        expect(page.get_by_text("None yet")).to_be_visible()
