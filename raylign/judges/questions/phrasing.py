"""The words that a question is put in, as templates, and the form in which a model gets them: one text, or turns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from raylign.judges.askers import Asked, Conversation, Show
from raylign.judges.questions.templates import check_template, fill


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrasing:
    """Jinja templates of what is asked, and of what the model is told first."""

    user: str
    system: str | None = None

    def check(self, *, whose: str, variables: frozenset[str]) -> None:
        """Raises `SpecError` where a template is none, or uses what is not among ``variables``."""
        for template in (self.user, self.system):
            if template is not None:
                check_template(template, source=whose, variables=variables)

    def put(self, values: Mapping[str, Any], *, chat: bool) -> Asked:
        """``chat``: in the turns of the model's own chat template, where it has one. Filling it raises one of
        `raylign.judges.questions.templates.FAILURES`, as missing metadata do."""

        def user(show: Show) -> str:
            return fill(self.user, show, **values)

        def system(show: Show) -> str:
            return fill(self.system or "", show, **values)

        if chat:
            return Conversation(user=user, system=system if self.system else None)
        return Conversation(user=user, system=system).plain if self.system else user


def remark(chat: bool | None, *, templated: bool) -> str:
    """What is hardly meant, as a sentence's predicate: a job's own template, asked of a model that has a chat template
    or has none (``templated``). Empty where nothing is to say."""
    if chat is None and templated:
        return (
            "puts its template as plain text to a model that has a chat template: set `chat: true` to ask in the "
            "model's own turns, or `chat: false` where plain text is meant"
        )
    if chat and not templated:
        return "has `chat: true`, and its model has no chat template: it will read the question as plain text"
    return ""
