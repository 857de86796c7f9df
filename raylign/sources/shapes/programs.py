"""Programs with tests, as the code judge runs them: HumanEval (Chen et al. 2021), MBPP (Austin et al. 2021)."""

from raylign.errors import SpecError
from raylign.sources.shapes.shape import Parts, Shape, Values, text
from raylign.spec.telling import shown


def _read_humaneval(values: Values, place: str) -> Parts:
    prompt = text(values, "prompt", place)
    metadata = {"unit_tests": text(values, "test", place), "entry_point": text(values, "entry_point", place)}
    solution = values.get("canonical_solution")
    return {"prompt": prompt, "metadata": metadata} | (
        {"baseline": _block(prompt + solution)} if isinstance(solution, str) else {}
    )


HUMANEVAL = Shape(
    name="HumanEval",
    takes=frozenset({"prompt", "test", "entry_point", "canonical_solution"}),
    means="`test` and `entry_point` are metadata.unit_tests and metadata.entry_point, the solution is the baseline",
    fits=lambda values: {"prompt", "test", "entry_point"} <= values.keys(),
    read=_read_humaneval,
)


def _read_mbpp(values: Values, place: str) -> Parts:
    tests, before = values.get("test_list"), values.get("test_imports") or values.get("test_setup_code") or []
    before = [before] if isinstance(before, str) else before
    if not (isinstance(tests, list) and tests and isinstance(before, list)):
        raise SpecError(f"{place}: `test_list` must be a list of tests that is not empty, it is {shown(tests)}")
    prompt = text(values, "prompt" if "prompt" in values else "text", place)
    metadata = {"unit_tests": [*before, *tests]}
    return {"prompt": prompt, "metadata": metadata, "baseline": _block(text(values, "code", place))}


MBPP = Shape(
    name="MBPP",
    takes=frozenset({"prompt", "text", "code", "test_list", "test_imports", "test_setup_code"}),
    means="`prompt` or `text` is the prompt, `test_list` metadata.unit_tests, `code` the baseline",
    fits=lambda values: {"code", "test_list"} <= values.keys() and ("prompt" in values or "text" in values),
    read=_read_mbpp,
)


def _block(program: str) -> str:
    """As a response holds it, for the judge to find."""
    return f"```python\n{program.strip()}\n```"
