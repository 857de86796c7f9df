"""Instructions about the language of the response."""

from raylign.judges.rules.instructions.registry import RequirementError, kind

_COMMON = """
af ar bg bn ca cs cy da de el en es et fa fi fr gu he hi hr hu id it ja kn ko lt lv mk ml mr ne nl no pa pl pt ro ru sk
sl so sq sv sw ta te th tl tr uk ur vi zh
"""
COMMON = frozenset(_COMMON.split())
"""What a response may be in beside what is asked: the languages among which IFEval's own checker chooses. Of all that
are known, a short text resembles some rare one by chance."""


@kind("language:response_language")
def response_language(text: str, *, language: str) -> bool:
    """The text as a whole is likelier in the language, by its ISO 639 code, than in any other."""
    # Slow to import, and few data ask for a language: judge processes have it before they start.
    from raylign.judges.rules.instructions.detector import known, most_likely

    code = language.strip().lower().partition("-")[0]  # zh-cn
    if code not in known():
        raise RequirementError(f"unknown language {language[:20]!r}")
    return most_likely(text, code, COMMON)
