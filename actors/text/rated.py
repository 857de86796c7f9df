"""A prompt with a response as reward models read it: one conversation, in their own template."""

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from actors.text.reader import Reader, Show
from raylign.conversation import templated, transcript
from raylign.types import Message, Prompt
from raylign.workers import Roles


class TemplateRefusal(Exception):
    """The model's chat template does not take this conversation."""


class RatedText:
    """Conversations in a reward model's tokens, when it is trained as when it is asked."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer
        self.is_plain = tokenizer.chat_template is None
        """Whether it reads plain text, for want of a chat template."""
        self._reader = Reader(tokenizer)

    def read(self, prompt: Prompt, text: str) -> list[int] | str:
        """Token ids of the conversation that ends in ``text``; or why it is not read, ``"template"`` (which refuses it)
        or ``"control token"`` (it would speak as another turn)."""
        try:
            ids = self._reader.read(
                lambda show: self._write(prompt, text, show),
                add_special_tokens=self.is_plain,  # a template writes the special tokens itself
            )
        except TemplateRefusal:
            return "template"
        return "control token" if ids is None else ids

    def refusal(self, roles: Roles) -> str:
        """What the template says against a conversation of these roles before the response; nothing if it takes it."""
        try:
            if not self.is_plain:
                self._render([{"role": role, "content": "."} for role in (*roles, "assistant")])
        except TemplateRefusal as refusal:
            return str(refusal)
        return ""

    def _write(self, prompt: Prompt, text: str, show: Show) -> str:
        if self.is_plain and prompt.text == prompt.question:
            # A plain prompt: what the policy read and what it wrote are one text.
            return show(prompt.text) + show(text)
        messages: list[Message] = [*prompt.messages, {"role": "assistant", "content": text}]
        shown = [{"role": turn["role"], "content": show(turn["content"])} for turn in messages]
        if self.is_plain:
            return transcript(shown)
        return self._render(shown)

    def _render(self, messages: list[dict[str, str]]) -> str:
        """Raises `TemplateRefusal`, whatever it is that the template, a program of the model's, does not take."""
        try:
            return templated(self._tokenizer, messages)
        except (
            TemplateError,
            ArithmeticError,
            AttributeError,
            LookupError,
            RecursionError,
            TypeError,
            ValueError,
        ) as no:
            raise TemplateRefusal(f"{type(no).__name__}: {no}") from no
