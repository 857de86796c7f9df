"""Which language a text is most likely in, by the model that py3langid ships. Imports it, which takes half a second."""

from collections.abc import Set

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_IDENTIFIER = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def known() -> Set[str]:
    """Codes of the languages it tells apart: ISO 639-1, and 639-3 where a language has no shorter one."""
    return frozenset(_IDENTIFIER.labels)


def most_likely(text: str, wanted: str, others: Set[str]) -> bool:
    """Whether ``wanted`` is likelier than each of ``others``: in what tells nothing, all are equally likely."""
    chances = dict(_IDENTIFIER.rank(text))
    return all(chances[wanted] > chances[other] for other in others - {wanted})
