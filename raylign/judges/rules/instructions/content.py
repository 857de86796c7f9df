"""Instructions about what the response holds: placeholders, a postscript, two answers, the prompt itself."""

import re
from collections import Counter

from raylign.judges.rules.instructions.registry import kind


@kind("detectable_content:number_placeholders")
def number_placeholders(text: str, *, num_placeholders: int) -> bool:
    """``[name]``, on one line."""
    return len(re.findall(r"\[[^\[\]\n]*\]", text)) >= num_placeholders


@kind("detectable_content:postscript")
def postscript(text: str, *, postscript_marker: str) -> bool:
    marker = postscript_marker.strip()
    patterns = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
    return re.search(patterns.get(marker, re.escape(marker.lower())), text.lower()) is not None


@kind("combination:two_responses")
def two_responses(text: str) -> bool:
    """Two different answers parted by ``******``; only the first and the last part may be empty."""
    parts = [part.strip() for part in text.split("******")]
    full = [part for part in parts if part]
    return all(parts[1:-1]) and len(full) == 2 and full[0] != full[1]


@kind("combination:repeat_prompt")
def repeat_prompt(text: str, *, prompt_to_repeat: str) -> bool:
    return text.strip().lower().startswith(prompt_to_repeat.strip().lower())


@kind("detectable_content:rephrase_paragraph")
def rephrase_paragraph(text: str, *, original_paragraph: str, low: int, high: int) -> bool:
    """Between ``low`` and ``high`` words in common, repeats counted."""
    words, original = (Counter(re.findall(r"\w+", part.lower())) for part in (text, original_paragraph))
    return low <= (words & original).total() <= high
