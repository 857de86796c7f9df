"""Templates of a job: programs of strangers. Read without being run, and filled without swelling.

Checking only parses: Jinja would compute constants while it compiles, and ``10 ** (10 ** 7)`` is one. Filling happens
in the job's own worker, under its deadline; what would swell there is an error before it has. So a template puts out,
chooses and repeats, by what is listed here: nothing is caught in a variable that grows, and all that an operator or a
filter makes is counted.
"""

from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, Undefined, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from raylign.conversation import transcript
from raylign.errors import SpecError
from raylign.judges.askers import Show
from raylign.types import Prompt

FAILURES = (
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What a template that cannot be filled raises."""
LONGEST = 1_000_000
"""Characters or items that all operators and filters of one filling may make, and that it may put out."""
LARGEST = 2**64
STATEMENTS = (nodes.Output, nodes.If, nodes.For, nodes.Assign)
FILTERS = frozenset(
    """abs capitalize count d default dictsort e escape first float int items join last length list lower max min
    replace reverse round sort string sum title tojson trim truncate unique upper wordcount""".split()  # noqa: SIM905
)
"""Of Jinja's, those that make no more than they are given; `join` and `replace` are counted."""
METHODS = frozenset(
    """capitalize count endswith find get index isalpha isdigit items keys lower lstrip removeprefix removesuffix
    rstrip split splitlines startswith strip title upper values""".split()  # noqa: SIM905
)
GLOBALS = frozenset({"range"})


class _Spelled(NodeTransformer):
    """``a ~ b`` as a filter, which can be counted: Jinja has no other way to look at it."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:
        first, *others = (self.visit(one) for one in node.nodes)
        return nodes.Filter(first, CONCAT, others, [], None, None, lineno=node.lineno)


class _Environment(ImmutableSandboxedEnvironment):
    """Operators that make much of little look before they do."""

    intercepted_binops = frozenset(["*", "**", "%", "+"])

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" and not _small(left, right):
            raise OverflowError("a power beyond 64 bits")
        if operator == "*":
            _spend(context, _length(left) * _length(right))
        if operator == "%" and isinstance(left, str | bytes):
            raise TypeError("formatting by `%`")
        if operator == "+":
            _spend(context, _length(left) + _length(right))
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return (attr in METHODS or not callable(value)) and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """`str.format` is no method of a template's: it pads."""

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        spelled: nodes.Template = _Spelled().visit(super()._parse(source, name, filename))
        return spelled


CONCAT = "_concat"
SPENT = "_spent"


def _spend(context: Context, made: int) -> None:
    spent: list[int] = context[SPENT]
    spent[0] += made
    if spent[0] > LONGEST:
        raise OverflowError(f"more than {LONGEST} characters or items")


@pass_context
def _concat(context: Context, *values: Any) -> str:
    texts = [str(value) for value in values]
    _spend(context, sum(map(len, texts)))
    return "".join(texts)


@pass_context
def _join(context: Context, values: Any, between: str = "") -> str:
    texts = [str(value) for value in values]
    _spend(context, sum(map(len, texts)) + len(texts) * len(between))
    return between.join(texts)


@pass_context
def _replace(context: Context, text: str, old: str, new: str) -> str:
    _spend(context, len(text) + text.count(old) * len(new))
    return text.replace(old, new)


SHOW = "_show"


@pass_context
def _output(context: Context, value: Any) -> Any:
    """What a template puts out of its values goes through ``show``; what it looks at on its way stays as it is."""
    return value if isinstance(value, Undefined) else context[SHOW](str(value))


def quote(value: Any) -> str:
    """``value`` with ``"> "`` before every line: no line of a stranger's is one of the template's own."""
    return "\n".join(f"> {line}" for line in str(value).splitlines() or [""])


_ENVIRONMENT = _Environment(undefined=StrictUndefined, keep_trailing_newline=True, optimized=False, finalize=_output)
_ENVIRONMENT.filters = {name: _ENVIRONMENT.filters[name] for name in sorted(FILTERS)} | {
    "quote": quote,
    "join": _join,
    "replace": _replace,
    CONCAT: _concat,
}
_ENVIRONMENT.globals = {name: _ENVIRONMENT.globals[name] for name in sorted(GLOBALS)}
_OWN_NAMES = {"loop"}
"""What Jinja itself defines in loops."""


def check_template(template: str, *, source: str, variables: frozenset[str]) -> None:
    """Raises `SpecError` when ``template`` is not a Jinja template, or uses a variable that is none of ``variables``.

    ``source`` says whose it is.
    """
    try:
        parsed = _ENVIRONMENT.parse(template)
        foreign = _foreign(parsed)
        used = _free_names(parsed)
    except TemplateSyntaxError as error:
        raise SpecError(
            f"the template of {source} is not a Jinja template: {error.message} in its line {error.lineno}"
        ) from None
    except RecursionError:
        raise SpecError(f"the template of {source} is nested too deeply: write it flatter") from None
    if foreign:
        raise SpecError(f"the template of {source} {foreign}")
    unknown = sorted(used - variables)
    if unknown:
        known = ", ".join(f"`{name}`" for name in sorted(variables))
        raise SpecError(f"the template of {source} uses `{unknown[0]}`, which it is not given: it has {known}")


def _foreign(template: nodes.Template) -> str:
    """What it does that templates here do not."""
    for statement in template.find_all(nodes.Stmt):
        if not isinstance(statement, STATEMENTS) or (isinstance(statement, nodes.For) and statement.recursive):
            return f"has a statement in its line {statement.lineno} that is none of `if`, `for` and `set`"
    for one in template.find_all(nodes.Filter):
        if one.name not in _ENVIRONMENT.filters:
            nearest = get_close_matches(one.name, FILTERS | {"quote"}, n=1)
            hint = (
                f": did you mean `{nearest[0]}`?" if nearest else f": it has {', '.join(sorted(FILTERS | {'quote'}))}"
            )
            return f"uses the filter `{one.name}`, which it is not given{hint}"
    return ""


def _free_names(template: nodes.Template) -> set[str]:
    """Names read that nothing in the template sets. `jinja2.meta` knows scopes too, but runs filters of constants."""
    names = list(template.find_all(nodes.Name))
    bound = {name.name for name in names if name.ctx != "load"}
    return {name.name for name in names} - bound - _OWN_NAMES - GLOBALS


def fill(template: str, show: Show, **values: Any) -> str:
    """The template's own words, and its values as they are shown. Raises one of `FAILURES`."""
    put_out, length = [], 0
    for text in _compiled(template).generate({**values, SHOW: show, SPENT: [0]}):
        put_out.append(text)
        length += len(text)
        if length > LONGEST:
            raise OverflowError(f"a text of more than {LONGEST} characters")
    return "".join(put_out)


def asked(prompt: Prompt) -> dict[str, Any]:
    """What a template can speak of: ``prompt``, ``messages`` and ``metadata``.

    ``prompt`` is what the user wrote; of a conversation of several turns it is all of them, as `transcript` writes
    them. ``messages`` has the turns apart: ``{"role", "content"}``.
    """
    whole = transcript(prompt.messages) if len(prompt.messages) > 1 else prompt.question
    return {"prompt": whole, "messages": list(prompt.messages), "metadata": prompt.metadata}


def _small(base: Any, exponent: Any) -> bool:
    try:
        return abs(base) < 2 or (abs(exponent) <= 64 and abs(base) ** abs(exponent) <= LARGEST)
    except (TypeError, OverflowError):
        return False


def _length(value: Any) -> int:
    """Of a number, how often it repeats: itself."""
    if isinstance(value, int):
        return 1 if abs(value) < 2 else min(abs(value), LARGEST)
    return len(value) if isinstance(value, str | bytes | list | tuple) else 1


@lru_cache(maxsize=64)
def _compiled(template: str) -> Template:
    return _ENVIRONMENT.from_string(template)
