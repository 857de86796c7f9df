"""Prompts over everyday topics with a constraint that a program checks; those of the measurement are others."""

from collections.abc import Iterator, Sequence
from typing import Any

LEARNED = """
dogs; cats; the ocean; a volcano; bread; a bicycle; the moon; honey bees; a library; the desert; a piano; chess; rain;
the forest; coffee; a train; a lighthouse; snow; the heart; a garden; football; a bridge; gold; a school; the sun; a
river; cheese; a clock; elephants; a camera; a lemon; the wind; a hospital; horses; an orchestra; chocolate; a
castle; whales; a market; the stars; a ladder; rice; a kite; penguins; a museum; salt; a tractor; moths; a harbor;
apples; a violin; thunder; a tent; spiders; a bakery; glass; a canoe; owls; a festival; sand; a telescope; bears; a
farm; soap
"""
HELD_OUT = """
lions; a mountain; milk; a ship; winter; a telephone; beetles; the brain; a theater; silver; a guitar; tennis; fog; a
lake; butter; an airplane; a windmill; an iceberg; bones; a park; swimming; a tunnel; iron; a university; Jupiter; a
waterfall; pasta; a candle; tigers; a radio; lemonade; a storm; a pharmacy; cows; a choir; sugar; a temple; dolphins;
a shop; comets; a hammer; corn; a balloon; parrots; a zoo; pepper; a truck; crickets; an island; oranges; a drum;
lightning; a cabin; snakes; a restaurant; paper; a raft; eagles; a parade; clay; a microscope; hedgehogs; a vineyard;
shampoo
"""
ASKED = (
    "Describe {topic} in a few sentences. No commas are allowed.",
    "What is special about {topic}? Do not use any commas.",
)


def named(text: str) -> list[str]:
    return [topic.strip() for topic in text.replace("\n", " ").split(";")]


def rows(names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Two prompts a topic. The answer has no comma and names its topic."""
    for topic in names:
        for asked in ASKED:
            required = [
                {"id": "punctuation:no_comma", "kwargs": {}},
                {"id": "keywords:existence", "kwargs": {"keywords": [stem(topic)]}},
            ]
            question = asked.format(topic=topic)
            yield {
                "messages": [{"role": "user", "content": question}],
                "metadata": {"if_requirements": required, "topic": topic},
            }


def stem(topic: str) -> str:
    """What names it, in the singular too: ``a ship`` by ``ship``, ``dogs`` by ``dog``."""
    noun = topic.split()[-1]
    return noun if noun.endswith(("ss", "is")) else noun.removesuffix("s")
