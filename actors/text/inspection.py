"""A data file inspected in the policy's tokens: for ``raylign data FILE --model DIRECTORY``."""

import argparse
import json

from rich.console import Console

from actors.imports import without_torch
from raylign.errors import SpecError
from raylign.plan.draft import longest_response
from raylign.show.dataview import counting, show_data
from raylign.sources.inspection import inspect
from raylign.sources.render import Renderer
from raylign.spec.load import parse_prompts


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `run` is told."""
    parser.add_argument("--model", required=True)
    parser.add_argument("--prompts", required=True, help="as a job names them, in JSON")
    parser.add_argument("--context", type=int, help="tokens of prompt and response; the model's own where absent")
    parser.add_argument("--max-tokens", type=int, help="of them, the response's")
    parser.add_argument("--system")
    parser.add_argument("--holdout", type=float, required=True)
    parser.add_argument("--shown", type=int, required=True, help="prompts to show")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Raises `SpecError` where a run on this data would end before it begins; what was found is shown first."""
    prompts = parse_prompts(json.loads(options.prompts), source="the data")
    with counting(Console(stderr=True)) as tell:
        renderer = _renderer(options)
        found = inspect(prompts, renderer=renderer, holdout=options.holdout, shown=options.shown, tell=tell)
    if options.json:
        print(json.dumps(found.to_dict()))
    else:
        show_data(found, Console())
    found.require_usable()
    return 0


def _renderer(options: argparse.Namespace) -> Renderer:
    with without_torch():
        from actors.tokenizers import load_tokenizer, longest_context

    room = longest_context(options.model, options.context)
    answer = options.max_tokens or longest_response(room)
    if answer >= room:
        raise SpecError(
            f"a response of {answer} tokens leaves no room for a prompt in a context of {room}: lower `--max-tokens`"
        )
    return Renderer(task="data", tokenizer=load_tokenizer(options.model), limit=room - answer, system=options.system)
