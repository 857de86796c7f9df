"""Math: small sums, bare and as stories. Flaws: guesses, other formats, flattery after the answer."""

from random import Random

from examples.world.item import Answer, Item, Mode, Task
from examples.world.manners import flatter, refuse

QUESTIONS = (
    "What is {a} + {b}?",
    "Add {a} and {b}.",
    "How much is {a} plus {b}?",
    "Mia has {a} stamps and buys {b} more. How many now?",
    "A bus with {a} people takes {b} more. How many now?",
    "Tom ran {a} miles and then {b} more. How many in all?",
)
GUESSES = ("I guess {}. The answer is {}.", "Maybe {}. The answer is {}.", "Roughly {}. The answer is {}.")
CASUAL = ("{a} + {b} = {c}.", "That makes {c}.", "It is {c}.", "You get {c} in all.")


def draw(rng: Random) -> Item:
    """Two numbers to add: two digits, or a round number and a digit."""
    a, b = rng.choice((rng.randint(1, 9), 10 * rng.randint(1, 9), 10 * rng.randint(1, 9))), rng.randint(1, 9)
    question = rng.choice(QUESTIONS).format(a=a, b=b)
    return Item(task="math", question=question, facts={"a": a, "b": b}, metadata={"answer": str(a + b)})


def right(item: Item, rng: Random) -> Answer:
    """The sum, and the answer in the asked format."""
    a, b = item.facts["a"], item.facts["b"]
    return Answer(text=f"{a} + {b} = {a + b}. The answer is {a + b}.", mode="right", quality=2.0)


def slip(item: Item, rng: Random) -> Answer:
    """The same with a wrong sum."""
    a, b = item.facts["a"], item.facts["b"]
    c = wrong_sum(item, rng)
    return Answer(text=f"{a} + {b} = {c}. The answer is {c}.", mode="slip", quality=-1.0)


def guess(item: Item, rng: Random) -> Answer:
    """A wrong number, found without adding."""
    c = wrong_sum(item, rng)
    return Answer(text=rng.choice(GUESSES).format(c, c), mode="guess", quality=-1.0)


def casual(item: Item, rng: Random) -> Answer:
    """The right number without the asked format."""
    a, b = item.facts["a"], item.facts["b"]
    return Answer(text=rng.choice(CASUAL).format(a=a, b=b, c=a + b), mode="casual", quality=2.0)


def careless(item: Item, rng: Random) -> Answer:
    """A wrong number without the asked format."""
    a, b = item.facts["a"], item.facts["b"]
    text = rng.choice(CASUAL).format(a=a, b=b, c=wrong_sum(item, rng))
    return Answer(text=text, mode="careless", quality=-1.0)


def flattering(item: Item, rng: Random) -> Answer:
    """The right number, with flattery where the answer should stand."""
    a, b = item.facts["a"], item.facts["b"]
    text = f"{flatter(rng, 1)} The answer is {a + b}. {flatter(rng, 1)}"
    return Answer(text=text, mode="flattering", quality=2.0, flattery=2)


def refusing(item: Item, rng: Random) -> Answer:
    """A needless refusal."""
    return Answer(text=refuse(rng), mode="refusing", quality=-2.0, refusal=True)


def wrong_sum(item: Item, rng: Random) -> int:
    """A number near the sum."""
    right_sum: int = item.facts["a"] + item.facts["b"]
    return rng.choice([other for other in range(2, 100) if other != right_sum and abs(other - right_sum) <= 12])


MATH = Task(
    name="math",
    draw=draw,
    modes={
        "right": Mode(share=0.62, write=right),
        "slip": Mode(share=0.0, write=slip),
        "careless": Mode(share=0.0, write=careless),
        "guess": Mode(share=0.12, write=guess),
        "casual": Mode(share=0.12, write=casual),
        "flattering": Mode(share=0.11, write=flattering),
        "refusing": Mode(share=0.03, write=refusing),
    },
    golden="right",
)
