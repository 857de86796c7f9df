"""Preferences: a prompt with a chosen and a rejected answer, as TRL has them, and as hh-rlhf writes them."""

import re

from raylign.errors import SpecError
from raylign.sources.shapes.shape import Parts, Shape, Turns, Values, answered, is_conversation, text, turns
from raylign.spec.telling import shown

_TURN = re.compile(r"\n\n(Human|Assistant):")
_ROLES = {"Human": "user", "Assistant": "assistant"}


def _of(chosen: Turns, rejected: Turns, place: str) -> Parts:
    """What two conversations that end in different answers say."""
    messages, better = answered(chosen)
    _, worse = answered(rejected)
    if not messages or better is None or worse is None:
        raise SpecError(f"{place}: `chosen` and `rejected` must be a conversation each that ends in an answer")
    return {"messages": messages, "baseline": better, "metadata": {"rejected": worse}}


def _read_trl(values: Values, place: str) -> Parts:
    column = "messages" if "messages" in values and "prompt" not in values else "prompt"
    prompt = values.get(column)
    before = turns(prompt, place, column=column) if column == "messages" or is_conversation(prompt) else []
    if not is_conversation(values.get("chosen")):
        asked = {"messages": before} if before else {"prompt": text(values, column, place)}
        better, worse = (text(values, answer, place) for answer in ("chosen", "rejected"))
        return {**asked, "baseline": better, "metadata": {"rejected": worse}}
    chosen, rejected = (turns(values.get(answer), place, column=answer) for answer in ("chosen", "rejected"))
    if not before and isinstance(prompt, str) and len(chosen) == 1:
        before = [{"role": "user", "content": prompt}]
    given = chosen[: len(before)] == before  # whether the answers repeat the prompt
    return _of(chosen if given else before + chosen, rejected if given else before + rejected, place)


TRL = Shape(
    name="TRL preference",
    takes=frozenset({"prompt", "messages", "chosen", "rejected"}),
    means="`prompt` or `messages` is the prompt, `chosen` the baseline, `rejected` is metadata.rejected",
    fits=lambda values: (
        {"chosen", "rejected"} <= values.keys()
        and (not values.keys().isdisjoint({"prompt", "messages"}) or is_conversation(values["chosen"]))
    ),
    read=_read_trl,
)


def _read_openai(values: Values, place: str) -> Parts:
    given = values.get("input")
    if not isinstance(given, dict):
        raise SpecError(f"{place}: `input` must hold `messages`, it is {shown(given)}")
    if more := sorted(name for name, value in given.items() if value and name != "messages"):
        raise SpecError(f"{place}: `input.{more[0]}` is not trained with: leave it out")
    before = turns(given.get("messages"), place, column="input.messages")
    answers = [
        turns(values.get(column), place, column=column) for column in ("preferred_output", "non_preferred_output")
    ]
    return _of(before + answers[0], before + answers[1], place)


OPENAI = Shape(
    name="OpenAI preference",
    takes=frozenset({"input", "preferred_output", "non_preferred_output"}),
    means="`input.messages` is the prompt, `preferred_output` the baseline, `non_preferred_output` metadata.rejected",
    fits=lambda values: {"input", "preferred_output", "non_preferred_output"} <= values.keys(),
    read=_read_openai,
)


def _read_hh(values: Values, place: str) -> Parts:
    chosen, rejected = (_dialogue(values, column, place) for column in ("chosen", "rejected"))
    return _of(chosen, rejected, place)


def _dialogue(values: Values, column: str, place: str) -> Turns:
    _, *pieces = _TURN.split(text(values, column, place))
    said: Turns = []
    for name, content in zip(pieces[::2], pieces[1::2], strict=True):
        if said and said[-1]["role"] == _ROLES[name]:  # some dialogues of the set have two turns of one in a row
            said[-1]["content"] += f"\n\n{content.strip()}"
        else:
            said.append({"role": _ROLES[name], "content": content.strip()})
    if not said or said[-1]["role"] != "assistant" or len(said) < 2:
        raise SpecError(f"{place}: `{column}` must hold turns of Human: and Assistant:, the last of them Assistant's")
    return said


HH = Shape(
    name="hh-rlhf",
    takes=frozenset({"chosen", "rejected"}),
    means="the turns before the last are the prompt, `chosen`'s last one the baseline, `rejected`'s metadata.rejected",
    fits=lambda values: (
        {"chosen", "rejected"} <= values.keys()
        and isinstance(values["chosen"], str)
        and "\n\nHuman:" in values["chosen"]
    ),
    read=_read_hh,
)
