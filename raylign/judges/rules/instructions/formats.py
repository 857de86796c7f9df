"""Instructions about the shape of the response: markdown, JSON, titles, sections, beginnings and endings.

Where IFEval's own expressions take quadratic time on hostile text, these say the same in linear time.
"""

import json
import re

from raylign.judges.rules.instructions.registry import kind

_ANSWERS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")


@kind("detectable_format:number_bullet_lists")
def number_bullet_lists(text: str, *, num_bullets: int) -> bool:
    stars = re.findall(r"^[^\S\n]*\*[^\*].*$", text, re.MULTILINE)
    dashes = re.findall(r"^[^\S\n]*-.*$", text, re.MULTILINE)
    return len(stars) + len(dashes) == num_bullets


@kind("detectable_format:number_highlighted_sections")
def number_highlighted_sections(text: str, *, num_highlights: int) -> bool:
    single = [part for part in re.findall(r"\*[^\n\*]*\*", text) if part.strip("*").strip()]
    double = [part for part in re.findall(r"\*\*[^\n\*]*\*\*", text) if part[2:-2].strip()]
    return len(single) + len(double) >= num_highlights


@kind("detectable_format:multiple_sections")
def multiple_sections(text: str, *, section_spliter: str, num_sections: int) -> bool:
    """Sections open with the word and a number, ``SECTION 1``."""
    return len(re.findall(rf"{re.escape(section_spliter.strip())}\s?\d+", text)) >= num_sections


@kind("detectable_format:title")
def title(text: str) -> bool:
    """``<<a title>>`` on one line."""
    # Not <<[^\n]+>>: on a long line of "<<" that takes quadratic time.
    return any(
        inside.strip("<> \t") for line in text.split("\n") if "<<" in line for inside in _between(line, "<<", ">>")
    )


@kind("detectable_format:json_format")
def json_format(text: str) -> bool:
    """All of it is one JSON value; a markdown fence around it is allowed."""
    inside = re.sub(r"\A```(?:json)?", "", text.strip(), flags=re.IGNORECASE).removesuffix("```").strip()
    try:
        json.loads(inside)
    except (ValueError, RecursionError):
        return False
    return True


@kind("detectable_format:constrained_response")
def constrained_response(text: str) -> bool:
    return any(answer in text for answer in _ANSWERS)


@kind("multi-turn:constrained_start")
def constrained_start(text: str, *, starter: str) -> bool:
    return re.search(rf"^[^\S\n]*{re.escape(starter.strip())}", text, re.MULTILINE) is not None


@kind("startend:end_checker")
def end_checker(text: str, *, end_phrase: str) -> bool:
    return text.strip().strip('"').lower().endswith(end_phrase.strip().lower())


@kind("startend:quotation")
def quotation(text: str) -> bool:
    stripped = text.strip()
    return len(stripped) > 1 and stripped[0] == '"' and stripped[-1] == '"'


@kind("punctuation:no_comma")
def no_comma(text: str) -> bool:
    return "," not in text


def _between(line: str, opening: str, closing: str) -> list[str]:
    """What stands between the first opening and the last closing mark."""
    _, found, rest = line.partition(opening)
    inside, closed, _ = rest.rpartition(closing)
    return [inside] if found and closed and inside else []
