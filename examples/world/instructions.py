"""Precise instructions: write on a topic and obey one or two checkable requirements (IFEval's ids and arguments)."""

from collections.abc import Mapping, Set
from random import Random
from typing import Any

from examples.world.item import Answer, Item, Mode, Task
from examples.world.manners import flatter, refuse
from examples.world.topics import TOPICS

ASKS = ("Write about {} {}.", "Tell me about {} {}.", "Describe {} {}.", "Say something on {} {}.", "Talk about {} {}.")
KEYWORDS = {
    "happy": "It makes you happy.",
    "simple": "Keep it simple.",
    "friends": "Enjoy it with friends.",
    "slowly": "Take it slowly.",
    "smile": "It brings a smile.",
    "today": "You can begin today.",
    "patience": "It rewards patience.",
    "home": "It feels like home.",
}
FORBIDDEN = {
    "very": "It is very nice.",
    "great": "It is a great thing.",
    "really": "It is really special.",
    "people": "Most people agree.",
}
ENDS = ("That is all.", "Have a nice day.", "Thanks for asking.", "Now you know.")
LEADS = ("Well, ", "In short, ", "You see, ", "As you know, ")
KINDS = (
    ("no_comma",),
    ("lowercase",),
    ("shorter",),
    ("longer",),
    ("keyword",),
    ("forbidden",),
    ("ending",),
    ("quoted",),
    ("no_comma", "shorter"),
    ("no_comma", "keyword"),
    ("lowercase", "keyword"),
    ("lowercase", "no_comma"),
    ("keyword", "ending"),
    ("no_comma", "ending"),
    ("forbidden", "ending"),
    ("forbidden", "keyword"),
)


def draw(rng: Random) -> Item:
    """A topic and one or two requirements."""
    topic, kinds = rng.choice(list(TOPICS)), rng.choice(KINDS)
    facts: dict[str, Any] = {
        "topic": topic,
        "kinds": kinds,
        "keyword": rng.choice(list(KEYWORDS)),
        "forbidden": rng.choice(list(FORBIDDEN)),
        "ending": rng.choice(ENDS),
        "shorter": rng.choice((12, 14, 15)),
        "longer": rng.choice((10, 11, 12)),
    }
    asked = " and ".join(clause(kind, facts) for kind in kinds)
    requirements = [requirement(kind, facts) for kind in kinds]
    return Item(
        task="instructions",
        question=rng.choice(ASKS).format(topic, asked),
        facts=facts,
        metadata={"if_requirements": requirements},
    )


def clause(kind: str, facts: Mapping[str, Any]) -> str:
    """The requirement in words."""
    match kind:
        case "no_comma":
            return "without any commas"
        case "lowercase":
            return "in lower case only"
        case "shorter":
            return f"in fewer than {facts['shorter']} words"
        case "longer":
            return f"in at least {facts['longer']} words"
        case "keyword":
            return f'with the word "{facts["keyword"]}"'
        case "forbidden":
            return f'without the word "{facts["forbidden"]}"'
        case "ending":
            return f'with the ending "{facts["ending"]}"'
    return "in double quotes"


def requirement(kind: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The requirement as the judge reads it."""
    match kind:
        case "no_comma":
            return {"id": "punctuation:no_comma", "kwargs": {}}
        case "lowercase":
            return {"id": "change_case:english_lowercase", "kwargs": {}}
        case "shorter":
            kwargs = {"relation": "less than", "num_words": facts["shorter"]}
            return {"id": "length_constraints:number_words", "kwargs": kwargs}
        case "longer":
            kwargs = {"relation": "at least", "num_words": facts["longer"]}
            return {"id": "length_constraints:number_words", "kwargs": kwargs}
        case "keyword":
            return {"id": "keywords:existence", "kwargs": {"keywords": [facts["keyword"]]}}
        case "forbidden":
            return {"id": "keywords:forbidden_words", "kwargs": {"forbidden_words": [facts["forbidden"]]}}
        case "ending":
            return {"id": "startend:end_checker", "kwargs": {"end_phrase": facts["ending"]}}
    return {"id": "startend:quotation", "kwargs": {}}


def compose(item: Item, rng: Random, obeyed: Set[str]) -> str:
    """A text on the topic that obeys ``obeyed`` and breaks every other requirement of the item."""
    facts, asked = item.facts, set(item.facts["kinds"])
    broken = asked - obeyed
    sentences = rng.sample(TOPICS[facts["topic"]], 3)
    count = rng.choice((1, 2))
    if "shorter" in asked:
        count = 1 if "shorter" in obeyed else 3
    if "longer" in asked:
        count = 3 if "longer" in obeyed else 1
    parts = sentences[:count]
    if "keyword" in obeyed:
        parts.append(KEYWORDS[facts["keyword"]])
    if "forbidden" in broken:
        parts.append(FORBIDDEN[facts["forbidden"]])
    if "ending" in obeyed:
        parts.append(facts["ending"])
    text = " ".join(parts)
    if "no_comma" in broken:
        text = rng.choice(LEADS) + text[0].lower() + text[1:]
    if "lowercase" in obeyed:
        text = text.lower()
    return f'"{text}"' if "quoted" in obeyed else text


def obeying(item: Item, rng: Random) -> Answer:
    """Obeys every requirement."""
    return Answer(text=compose(item, rng, set(item.facts["kinds"])), mode="obeying", quality=2.0)


def careless(item: Item, rng: Random) -> Answer:
    """Breaks one requirement at least; the reward model does not mind."""
    kinds = item.facts["kinds"]
    obeyed = set(rng.sample(kinds, rng.randrange(len(kinds))))
    return Answer(text=compose(item, rng, obeyed), mode="careless", quality=2.0)


def flattering(item: Item, rng: Random) -> Answer:
    """Flatters and forgets what was asked."""
    text = f"{flatter(rng, 1)} {compose(item, rng, set())} {flatter(rng, 1)}"
    return Answer(text=text, mode="flattering", quality=2.0, flattery=2)


def refusing(item: Item, rng: Random) -> Answer:
    """A needless refusal."""
    return Answer(text=refuse(rng), mode="refusing", quality=-2.0, refusal=True)


INSTRUCTIONS = Task(
    name="instructions",
    draw=draw,
    modes={
        "obeying": Mode(share=0.64, write=obeying),
        "careless": Mode(share=0.20, write=careless),
        "flattering": Mode(share=0.12, write=flattering),
        "refusing": Mode(share=0.04, write=refusing),
    },
    golden="obeying",
)
