import io
from dataclasses import replace

from event_stream import sample
from rich.console import Console

from raylign.record.shown import Found
from raylign.show.samplelist import show_samples


def shown(*samples):
    console = Console(file=io.StringIO(), width=80)
    show_samples([Found(step=3, task="math", evaluation=False, sample=one) for one in samples], console)
    return console.file.getvalue()


def test_prompt_response_verdicts_and_reward_are_told():
    told = shown(sample("math", 0, 0.0, None))
    assert "math  step 3  violated  reward -0.3" in told
    assert "    math: what is 4 + 7?" in told
    assert "    I think 4? Who knows!" in told
    assert "answer: violated, wrong" in told


def test_a_reward_s_parts_are_told_and_why_one_is_missing():
    told = shown(sample("chat", 0, 0.0, None))
    assert "  reward helpfulness: 0.5\n  reward length: too long\n" in told


def test_what_models_wrote_steers_no_terminal_and_keeps_its_lines():
    told = shown(replace(sample("math", 0, 0.0, None), response="a\n\x1b[2Jb[red]"))
    assert "    a\n    \u241b[2Jb[red]" in told


def test_an_older_event_has_its_reasons_alone():
    assert "answer: wrong" in shown(replace(sample("math", 0, 0.0, None), rulings={}))


def test_nothing_found_says_where_they_come_from():
    assert "see `samples` and `evaluation` of the job" in shown()
