"""What came out of a run, as far as it is refused before a model is loaded."""

import argparse

import pytest
from documents import document

from actors.finished import chat_options, measuring_options
from raylign.errors import SpecError
from raylign.record.rundir import RunDirectory


def told(options, *arguments):
    parser = argparse.ArgumentParser()
    options(parser)
    return parser.parse_args(list(map(str, arguments)))


def test_a_run_without_a_model_says_how_to_go_on(tmp_path):
    RunDirectory.create(tmp_path / "run", document()).close()
    for options, more in ((chat_options, ()), (measuring_options, ("--prompts", "p.jsonl"))):
        parsed = told(options, "--run-dir", tmp_path / "run", *more)
        with pytest.raises(SpecError, match="has no model yet: `raylign run --resume"):
            parsed.command(parsed)
