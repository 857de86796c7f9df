"""OpenAI's graders, run: checks and similarities of texts, programs, formulas over several.

This file is a program by itself: its text goes into the sandbox that grades a job's responses, with the grader behind
it (`raylign.service.openai.graders`). So it imports Python's standard library alone.
"""

import ast
import math
import operator
import re
from collections import Counter

TEMPLATE = re.compile(r"\{\{\s*(item|sample)((?:\.[A-Za-z_]\w*|\[\d{1,4}\])+)\s*\}\}")
"""``{{ item.answer }}``, ``{{ sample.output_json.steps[0] }}``."""
STEP = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+)\]")
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
FUNCTIONS = {
    "min": min,
    "max": max,
    "abs": abs,
    "floor": math.floor,
    "ceil": math.ceil,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "log": math.log,
}


def build(grader):
    """``grade(sample, item)`` of a grader's document: a number, or an exception."""
    kind = grader["type"]
    if kind == "python":
        space = {"__name__": "grader"}
        exec(compile(grader["source"], "<grader>", "exec"), space)
        return space["grade"]
    if kind == "multi":
        parts = {name: build(part) for name, part in grader["graders"].items()}
        formula = parse(grader["calculate_output"])

        def grade(sample, item):
            return evaluate(formula, {name: float(part(sample, item)) for name, part in parts.items()})

        return grade
    judge = check if kind == "string_check" else similarity
    how = grader["operation"] if kind == "string_check" else grader["evaluation_metric"]

    def compare(sample, item):
        given, reference = (fill(grader[name], sample, item) for name in ("input", "reference"))
        return judge(how, given, reference)

    return compare


def fill(template, sample, item):
    """A template's text. Raises `KeyError`, `IndexError` or `TypeError` where what it names is not there."""

    def value(match):
        found = {"item": item, "sample": sample}[match[1]]
        for name, index in STEP.findall(match[2]):
            found = found[name] if name else found[int(index)]
        if found is None:
            raise KeyError(match[0])
        return found if isinstance(found, str) else json_text(found)

    return TEMPLATE.sub(value, template)


def json_text(value):
    """As JSON writes it."""
    import json

    return json.dumps(value, ensure_ascii=False)


def check(operation, given, reference):
    """1 where the operation holds, else 0."""
    holds = {
        "eq": lambda: given == reference,
        "ne": lambda: given != reference,
        "like": lambda: reference in given,
        "ilike": lambda: reference.casefold() in given.casefold(),
    }
    return float(holds[operation]())


def similarity(metric, given, reference):
    """From 0 to 1."""
    if metric == "fuzzy_match":
        # Of characters, by insertions and deletions alone: 1 - distance / (len + len).
        both = len(given) + len(reference)
        return 2 * longest_common(given, reference) / both if both else 1.0
    if metric.startswith("rouge"):
        ours, theirs = (re.findall(r"[a-z0-9]+", text.lower()) for text in (given, reference))
        if metric == "rouge_l":
            return f_score(longest_common(ours, theirs), len(ours), len(theirs))
        size = int(metric.rpartition("_")[2])
        mine, others = grams(ours, size), grams(theirs, size)
        return f_score((mine & others).total(), mine.total(), others.total())
    return {"bleu": bleu, "gleu": gleu}[metric](given.split(), reference.split())


def bleu(given, reference):
    """BLEU of one sentence, up to four words at a time, not smoothed (Papineni et al. 2002)."""
    logs = 0.0
    for size in range(1, 5):
        mine = grams(given, size)
        shared = (mine & grams(reference, size)).total()
        if not shared:
            return 0.0
        logs += math.log(shared / mine.total()) / 4
    return math.exp(logs + min(0.0, 1 - len(reference) / len(given)))


def gleu(given, reference):
    """The lower of precision and recall over one to four words (Wu et al. 2016, section 4.3)."""
    shared = mine_all = theirs_all = 0
    for size in range(1, 5):
        mine, theirs = grams(given, size), grams(reference, size)
        shared += (mine & theirs).total()
        mine_all += mine.total()
        theirs_all += theirs.total()
    most = max(mine_all, theirs_all)
    return shared / most if most else 0.0


def grams(words, size):
    """How often each run of so many words stands there."""
    return Counter(zip(*(words[at:] for at in range(size)), strict=False))


def f_score(shared, given, reference):
    """Harmonic mean of ``shared / given`` and ``shared / reference``."""
    return 2 * shared / (given + reference) if given + reference else 0.0


def longest_common(first, second):
    """Length of the longest common subsequence; a column of the table is the bits of one number (Hyyro 2004)."""
    places = {}
    for at, one in enumerate(first):
        places[one] = places.get(one, 0) | 1 << at
    whole = (1 << len(first)) - 1
    column = whole
    for one in second:
        matched = column & places.get(one, 0)
        column = ((column + matched) | (column - matched)) & whole
    return len(first) - column.bit_count()


def parse(formula):
    """A formula's tree: numbers, names, + - * / ^, and `FUNCTIONS`. Raises `ValueError`."""
    try:
        tree = ast.parse(formula.replace("^", "**").strip(), mode="eval").body
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"it is no formula: {error}") from None
    for node in ast.walk(tree):
        known = isinstance(node, (ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.Call, ast.Name, ast.Load))
        number = isinstance(node, ast.Constant) and type(node.value) in (int, float)
        if not (known or number):
            raise ValueError(f"{type(node).__name__} has no place in it")
        if isinstance(node, ast.Call) and (
            not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS or node.keywords
        ):
            raise ValueError(f"functions are {', '.join(FUNCTIONS)}")
        if isinstance(node, ast.BinOp) and type(node.op) not in OPERATORS:
            raise ValueError("operators are + - * / ^")
        if isinstance(node, ast.UnaryOp) and not isinstance(node.op, (ast.USub, ast.UAdd)):
            raise ValueError("operators are + - * / ^")
    return tree


def names(tree):
    """Of the scores that a formula uses."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - FUNCTIONS.keys()


def evaluate(tree, scores):
    """A formula's number, over scores by their names. Raises `ArithmeticError`, `ValueError`, `KeyError`."""
    if isinstance(tree, ast.Constant):
        return float(tree.value)
    if isinstance(tree, ast.Name):
        return scores[tree.id]
    if isinstance(tree, ast.BinOp):
        value = OPERATORS[type(tree.op)](evaluate(tree.left, scores), evaluate(tree.right, scores))
    elif isinstance(tree, ast.UnaryOp):
        value = evaluate(tree.operand, scores) * (-1 if isinstance(tree.op, ast.USub) else 1)
    else:
        value = FUNCTIONS[tree.func.id](*(evaluate(one, scores) for one in tree.args))
    if isinstance(value, complex):
        raise ValueError("a root of what is below 0")
    return float(value)
