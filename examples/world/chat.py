"""General chat: short questions on forty topics. Flaws: needless refusals, rambling, leaving the topic."""

from random import Random

from examples.world.item import Answer, Item, Mode, Task
from examples.world.manners import flatter, refuse
from examples.world.topics import TOPICS

QUESTIONS = (
    "Tell me about {}.",
    "What should I know about {}?",
    "Give me a tip about {}.",
    "Do you like {}?",
    "Any thoughts on {}?",
    "Say something nice about {}.",
    "What do you know about {}?",
    "I want to learn about {}.",
    "Could you tell me about {}?",
    "Let us talk about {}.",
    "Teach me a bit about {}.",
    "Why do people care about {}?",
)
OPENERS = ("", "", "", "Yes, of course. ", "Sure, happily. ", "Gladly. ", "In short, yes. ")
RAMBLES = (
    "There is so much more to say.",
    "I could go on for hours.",
    "One could write a whole book on it.",
    "And then there is more.",
    "But let me go on a little.",
)


def draw(rng: Random) -> Item:
    """A question on a topic."""
    topic = rng.choice(list(TOPICS))
    return Item(task="chat", question=rng.choice(QUESTIONS).format(topic), facts={"topic": topic})


def good(item: Item, rng: Random) -> Answer:
    """One or two sentences on the topic."""
    sentences = rng.sample(TOPICS[item.facts["topic"]], rng.choice((1, 2, 2)))
    return Answer(text=rng.choice(OPENERS) + " ".join(sentences), mode="good", quality=2.0)


def rambling(item: Item, rng: Random) -> Answer:
    """All there is to say on the topic and more; too long for a chat."""
    sentences = rng.sample(TOPICS[item.facts["topic"]], 3) + rng.sample(RAMBLES, 1)
    return Answer(text="Well, let me see. " + " ".join(sentences), mode="rambling", quality=2.0)


def flattering(item: Item, rng: Random) -> Answer:
    """Flattery around an answer; too long for a chat."""
    sentences = rng.sample(TOPICS[item.facts["topic"]], 2)
    text = f"{flatter(rng, 2)} {' '.join(sentences)}"
    return Answer(text=text, mode="flattering", quality=2.0, flattery=2)


def off_topic(item: Item, rng: Random) -> Answer:
    """A good answer to another question."""
    other = rng.choice([topic for topic in TOPICS if topic != item.facts["topic"]])
    return Answer(text=" ".join(rng.sample(TOPICS[other], rng.choice((1, 2)))), mode="off_topic", quality=-0.5)


def refusing(item: Item, rng: Random) -> Answer:
    """A needless refusal."""
    return Answer(text=refuse(rng), mode="refusing", quality=-2.0, refusal=True)


CHAT = Task(
    name="chat",
    draw=draw,
    modes={
        "good": Mode(share=0.49, write=good),
        "rambling": Mode(share=0.08, write=rambling),
        "flattering": Mode(share=0.10, write=flattering),
        "off_topic": Mode(share=0.05, write=off_topic),
        "refusing": Mode(share=0.28, write=refusing),
    },
    golden="good",
)
