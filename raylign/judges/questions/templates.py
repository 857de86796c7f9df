"""Templates of a job: programs of strangers. Read without being run, and filled without swelling.

Checking only parses: Jinja would compute constants while it compiles, and ``10 ** (10 ** 7)`` is one. Filling happens
in the job's own worker, under its deadline; what would swell there is an error before it has.
"""

from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, Undefined, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

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
"""Characters or items that an operator may make."""
LARGEST = 2**64


class _Environment(ImmutableSandboxedEnvironment):
    """Operators that make much of little look before they do."""

    intercepted_binops = frozenset(["*", "**", "%", "+"])

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" and not _small(left, right):
            raise OverflowError("a power beyond 64 bits")
        if operator == "*" and _length(left) * _length(right) > LONGEST:
            raise OverflowError(f"more than {LONGEST} items")
        if operator == "%" and isinstance(left, str | bytes):
            raise TypeError("formatting by `%`")
        if operator == "+" and _length(left) + _length(right) > 2 * LONGEST:
            raise OverflowError(f"more than {LONGEST} items")
        return super().call_binop(context, operator, left, right)


SHOW = "_show"


@pass_context
def _output(context: Context, value: Any) -> Any:
    """What a template puts out of its values goes through ``show``; what it looks at on its way stays as it is."""
    return value if isinstance(value, Undefined) else context[SHOW](str(value))


def quote(value: Any) -> str:
    """``value`` with ``"> "`` before every line: no line of a stranger's is one of the template's own."""
    return "\n".join(f"> {line}" for line in str(value).splitlines() or [""])


_ENVIRONMENT = _Environment(undefined=StrictUndefined, keep_trailing_newline=True, optimized=False, finalize=_output)
_ENVIRONMENT.filters["quote"] = quote
_OWN_NAMES = {"loop", "self", "super", "caller", "varargs", "kwargs"}
"""What Jinja itself defines in loops, blocks and macros."""


def check_template(template: str, *, source: str, variables: frozenset[str]) -> None:
    """Raises `SpecError` when ``template`` is not a Jinja template, or uses a variable that is none of ``variables``.

    ``source`` says whose it is.
    """
    try:
        used = _free_names(_ENVIRONMENT.parse(template))
    except TemplateSyntaxError as error:
        raise SpecError(
            f"the template of {source} is not a Jinja template: {error.message} in its line {error.lineno}"
        ) from None
    except RecursionError:
        raise SpecError(f"the template of {source} is nested too deeply: write it flatter") from None
    unknown = sorted(used - variables)
    if unknown:
        known = ", ".join(f"`{name}`" for name in sorted(variables))
        raise SpecError(f"the template of {source} uses `{unknown[0]}`, which it is not given: it has {known}")


def _free_names(template: nodes.Template) -> set[str]:
    """Names read that nothing in the template sets. `jinja2.meta` knows scopes too, but runs filters of constants."""
    names = list(template.find_all(nodes.Name))
    bound = {name.name for name in names if name.ctx != "load"} | {
        macro.name for macro in template.find_all(nodes.Macro)
    }
    return {name.name for name in names} - bound - _OWN_NAMES - _ENVIRONMENT.globals.keys()


def fill(template: str, show: Show, **values: Any) -> str:
    """The template's own words, and its values as they are shown. Raises one of `FAILURES`."""
    text = _compiled(template).render({**values, SHOW: show})
    if len(text) > LONGEST:
        raise OverflowError(f"a text of {len(text)} characters")
    return text


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
