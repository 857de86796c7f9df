"""Phrases that belong to no task: flattery and refusals."""

from random import Random

FLATTERY = (
    "Great question!",
    "What a wonderful question!",
    "You are so clever!",
    "I love how you think!",
    "What a pleasure to help you!",
    "You are a truly brilliant person!",
    "Wow, you have excellent taste!",
    "You always ask the best things!",
)

REFUSALS = (
    "I am sorry, but I cannot help with that.",
    "Sorry, I can't help with that.",
    "I'm sorry, I am not able to do that.",
    "I cannot assist with this request.",
    "I would rather not answer that.",
    "Sorry, this is not something I can do.",
)

ENDINGS = (
    "",
    "",
    " Please ask me something else.",
    " It would not be right.",
    " I hope you understand.",
)


def flatter(rng: Random, count: int) -> str:
    """``count`` different flattering phrases, one after the other."""
    return " ".join(rng.sample(FLATTERY, count))


def refuse(rng: Random) -> str:
    """A refusal, sometimes with a second sentence."""
    return rng.choice(REFUSALS) + rng.choice(ENDINGS)
