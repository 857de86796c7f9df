"""GSM8K (Cobbe et al. 2021): a question, and a worked answer whose last line is ``#### N``."""

from raylign.errors import SpecError
from raylign.sources.shapes.shape import Parts, Shape, Values, text

_MARK = "####"


def _read(values: Values, place: str) -> Parts:
    worked = text(values, "answer", place)
    _, mark, final = worked.rpartition(_MARK)
    if not mark or not final.strip():
        raise SpecError(f"{place}: `answer` must end in `{_MARK} N`, as the file's first one does")
    return {
        "prompt": text(values, "question", place),
        "baseline": worked,
        "metadata": {"answer": final.strip().replace(",", "")},
    }


GSM8K = Shape(
    name="GSM8K",
    takes=frozenset({"question", "answer"}),
    means="`question` is the prompt, the number behind #### metadata.answer, the worked `answer` the baseline",
    fits=lambda values: "question" in values and isinstance(values.get("answer"), str) and _MARK in values["answer"],
    read=_read,
)
