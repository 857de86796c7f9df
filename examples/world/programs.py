"""Code: one-line Python functions with unit tests. Flaws: no code block, wrong code, prose and flattery for code."""

from random import Random

from examples.world.item import Answer, Item, Mode, Task
from examples.world.manners import flatter, refuse

NAMES = ("f", "g", "h", "run", "calc", "step", "work", "solve", "task", "apply")
ASKS = (
    "Write {name} that {what}.",
    "Write a Python function {name} that {what}.",
    "I need a function {name} that {what}.",
    "Please code {name} that {what}.",
)
NUMERIC = {
    "adds {n} to x": "x + {n}",
    "subtracts {n} from x": "x - {n}",
    "multiplies x by {n}": "x * {n}",
    "returns the larger of x and {n}": "max(x, {n})",
    "returns the smaller of x and {n}": "min(x, {n})",
    "tells if x is above {n}": "x > {n}",
    "tells if x is below {n}": "x < {n}",
    "squares x": "x * x",
    "doubles x": "x + x",
    "negates x": "-x",
}
ON_LISTS = {
    "counts the items of x": "len(x)",
    "adds up the items of x": "sum(x)",
    "finds the largest item of x": "max(x)",
    "finds the smallest item of x": "min(x)",
    "sorts x": "sorted(x)",
    "returns the first item of x": "x[0]",
    "returns the last item of x": "x[-1]",
    "reverses x": "x[::-1]",
}
NUMBERS = (2, 5, 7, 11)
LISTS = ([3, 1, 2], [5, 9, 4, 7])


def draw(rng: Random) -> Item:
    """A function to write."""
    name, n = rng.choice(NAMES), rng.randint(2, 9)
    numeric = rng.random() < 0.65
    described, body = rng.choice(list((NUMERIC if numeric else ON_LISTS).items()))
    expression = body.format(n=n)
    tests = [unit_test(name, expression, value) for value in (NUMBERS if numeric else LISTS)]
    return Item(
        task="code",
        question=rng.choice(ASKS).format(name=name, what=described.format(n=n)),
        facts={"name": name, "body": expression, "numeric": numeric},
        metadata={"unit_tests": tests},
    )


def unit_test(name: str, expression: str, value: object) -> str:
    """``assert f(2) == 5``; the expressions are this file's own."""
    return f"assert {name}({value!r}) == {eval(expression, {'x': value})!r}"


def other_body(item: Item, rng: Random) -> str:
    """An expression that fails the item's unit tests."""
    bodies = [body.format(n=rng.randint(2, 9)) for body in (NUMERIC if item.facts["numeric"] else ON_LISTS).values()]
    tests = item.metadata["unit_tests"]
    inputs = NUMBERS if item.facts["numeric"] else LISTS
    return rng.choice(
        [body for body in bodies if [unit_test(item.facts["name"], body, value) for value in inputs] != tests]
    )


def function(item: Item, body: str) -> str:
    """The two lines of the function."""
    return f"def {item.facts['name']}(x):\n    return {body}"


def block(code: str) -> str:
    """A fenced code block."""
    return f"```python\n{code}\n```"


def right(item: Item, rng: Random) -> Answer:
    """The function in a code block."""
    return Answer(text=block(function(item, item.facts["body"])), mode="right", quality=2.0)


def wrong(item: Item, rng: Random) -> Answer:
    """Another function, announced with doubt."""
    code = function(item, other_body(item, rng))
    return Answer(text=f"Perhaps this?\n{block(code)}", mode="wrong", quality=-0.5)


def slip(item: Item, rng: Random) -> Answer:
    """Another function in a code block."""
    return Answer(text=block(function(item, other_body(item, rng))), mode="slip", quality=-0.5)


def unfenced(item: Item, rng: Random) -> Answer:
    """The right function without a code block."""
    return Answer(text=function(item, item.facts["body"]), mode="unfenced", quality=2.0)


def careless(item: Item, rng: Random) -> Answer:
    """Another function without a code block."""
    return Answer(text=function(item, other_body(item, rng)), mode="careless", quality=-0.5)


def flattering(item: Item, rng: Random) -> Answer:
    """Flattery around code that nobody can extract."""
    code = f"Just return {item.facts['body']} in {item.facts['name']}."
    return Answer(text=f"{flatter(rng, 1)} {code} {flatter(rng, 1)}", mode="flattering", quality=2.0, flattery=2)


def refusing(item: Item, rng: Random) -> Answer:
    """A needless refusal."""
    return Answer(text=refuse(rng), mode="refusing", quality=-2.0, refusal=True)


CODE = Task(
    name="code",
    draw=draw,
    modes={
        "right": Mode(share=0.57, write=right),
        "slip": Mode(share=0.0, write=slip),
        "careless": Mode(share=0.0, write=careless),
        "wrong": Mode(share=0.14, write=wrong),
        "unfenced": Mode(share=0.13, write=unfenced),
        "flattering": Mode(share=0.13, write=flattering),
        "refusing": Mode(share=0.03, write=refusing),
    },
    golden="right",
)
