"""A data file inspected: what a run would make of it, with every wrong row counted."""

import json
from collections import Counter

import pytest
from chat_tokenizers import chatml
from data_files import ROWS, write_file

from raylign.errors import SpecError
from raylign.sources.deck import Stock
from raylign.sources.inspection import OTHER, REASONS, inspect
from raylign.sources.inventory import shelved
from raylign.sources.render import Renderer
from raylign.spec.prompts import Prompts


def written(tmp_path, *lines):
    file = tmp_path / "p.jsonl"
    file.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
    return Prompts(path=str(file))


def renderer(limit=1000, **settings):
    return Renderer(task="data", tokenizer=chatml(), limit=limit, **settings)


@pytest.mark.parametrize(("name", "format"), [("p.csv", "CSV"), ("p.json.gz", "JSON"), ("p.parquet", "parquet")])
def test_format_columns_and_lengths_are_told(tmp_path, name, format):
    found = inspect(Prompts(path=str(write_file(tmp_path / name))))
    assert (found.files, found.rows, found.usable, found.shape) == ({format: 1}, 3, 3, "prompts")
    assert (found.extra, found.metadata) == (["answer"], {"answer": 3})
    assert found.unit == "characters"
    assert found.lengths.quantile(1) == max(len(row["prompt"]) for row in ROWS)
    assert [one.text for one in found.shown] == [row["prompt"] for row in ROWS]
    found.require_usable()


def test_wrong_rows_are_counted_by_what_is_wrong(tmp_path):
    prompts = written(tmp_path, {"prompt": "a"}, {"prompt": ""}, {"prompt": 3}, {"prompt": ""}, {"prompt": "b"})
    found = inspect(prompts)
    assert (found.rows, found.usable, found.unusable) == (5, 2, 3)
    faults = {reason: (fault.rows, fault.first) for reason, fault in found.faults.items()}
    assert faults == {
        "`prompt` must be text that is not empty, it is ''": (2, f"{prompts.path}, line 2"),
        "`prompt` must be text that is not empty, it is 3": (1, f"{prompts.path}, line 3"),
    }
    with pytest.raises(SpecError, match="3 of the 5 rows of .* cannot be used, and a run ends before it begins"):
        found.require_usable()


def test_reasons_without_number_are_counted_together(tmp_path):
    found = inspect(written(tmp_path, {"prompt": "a"}, *({"prompt": number} for number in range(REASONS + 5))))
    assert len(found.faults) == REASONS + 1
    assert found.faults[OTHER].rows == 5


def test_a_file_that_cannot_be_read_on_is_told_of_with_what_was_read(tmp_path):
    found = inspect(written(tmp_path, {"prompt": "a"}, "{nope\n", {"prompt": "b"}))
    assert (found.rows, found.usable) == (1, 1)
    with pytest.raises(SpecError, match="line 2 is not JSON"):
        found.require_usable()


def test_what_the_first_row_does_not_say_no_row_says(tmp_path):
    prompts = Prompts(path=written(tmp_path, {"question": "a"}).path, columns={"prompt": "qestion"})
    with pytest.raises(SpecError, match="line 1 has no column 'qestion', .*; did you mean 'question'"):
        inspect(prompts)


def test_prompts_are_rendered_and_measured_in_tokens(tmp_path):
    prompts = written(tmp_path, {"messages": [{"role": "user", "content": "Hi"}]}, {"prompt": "Hi there"})
    found = inspect(prompts, renderer=renderer())
    assert found.shown[0].text == "<|im_start|>user\nHi<|im_end|>\n"
    assert [one.length for one in found.shown] == [
        len("user\nHi\n") + 2,
        len("Hi there"),
    ]  # a token a byte, two special
    assert (found.unit, found.templated, found.has_template) == ("tokens", 1, True)
    assert inspect(prompts, renderer=renderer(system="Be kind.")).templated == 2


def test_a_template_s_refusal_is_a_row_s_fault(tmp_path):
    tokenizer = chatml()
    tokenizer.chat_template = "{{ raise_exception('no tools') if messages[-1].role == 'tool' }}"
    turns = [[{"role": role, "content": "x"}] for role in ("user", "tool")]
    found = inspect(
        written(tmp_path, *({"messages": one} for one in turns)),
        renderer=Renderer(task="data", tokenizer=tokenizer, limit=9),
    )
    ((reason, fault),) = found.faults.items()
    assert reason == "the policy's chat template does not take turns of tool (no tools)"
    assert fault.first.endswith("line 2")


def test_it_finds_what_a_run_finds(tmp_path):
    """Too long, held out, longest: as the run's own reading has them."""
    prompts = written(tmp_path, *({"prompt": f"{'long ' * (number % 9)}number {number}"} for number in range(300)))
    found = inspect(prompts, renderer=renderer(limit=40), holdout=0.1)
    stock = Stock(prompts, shelved(prompts), renderer(limit=40))
    trained, held = stock.held_out(0.1, least=1)
    assert (found.too_long, found.usable, found.held_out) == (stock.dropped, len(stock), len(held))
    assert 0 < len(held) < len(trained)
    assert found.lengths.quantile(1) > 40
    assert Counter(one.length > 40 for one in found.shown) == {False: 5}


@pytest.mark.parametrize("texts", ["aab", "a", "ab", "aa", "abcde"])
def test_at_least_one_is_held_out_and_never_all(tmp_path, texts):
    prompts = written(tmp_path, *({"prompt": text} for text in texts))
    _, by_run = Stock(prompts, shelved(prompts), renderer()).held_out(1e-9, least=1)
    assert inspect(prompts, holdout=1e-9).held_out == len(by_run)
    assert inspect(prompts, holdout=0).held_out == 0


def test_all_too_long_is_refused(tmp_path):
    found = inspect(written(tmp_path, {"prompt": "long" * 9}), renderer=renderer(limit=9))
    with pytest.raises(SpecError, match="all 1 prompts of .* are too long"):
        found.require_usable()


def test_it_speaks_json_and_tells_of_progress(tmp_path):
    told = []
    found = inspect(written(tmp_path, {"prompt": "a"}, {"prompt": ""}), tell=told.append)
    assert told == [1, 2]
    said = json.loads(json.dumps(found.to_dict()))
    assert (said["rows"], said["usable"], said["unusable"]) == (2, 1, 1)
    assert said["lengths"]["histogram"] == [{"low": 1, "high": 1, "count": 1}]
