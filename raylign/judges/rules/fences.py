"""Fenced blocks of a text."""

import re

_FENCE = re.compile(r" {0,3}(`{3,})([^`]*)")


def code_blocks(text: str) -> list[tuple[str, str]]:
    """``(language, code)`` of every closed fenced block. One that is never closed is not a block."""
    blocks: list[tuple[str, str]] = []
    fence, language = "", ""
    lines: list[str] = []
    for line in text.split("\n"):
        match = _FENCE.fullmatch(line)
        if not fence:
            if match:
                fence, language, lines = match[1], match[2].strip(), []
        elif match and len(match[1]) >= len(fence) and not match[2].strip():
            blocks.append((language, "\n".join(lines)))
            fence = ""
        else:
            lines.append(line)
    return blocks
