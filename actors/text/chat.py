"""Questions as a model was trained to be asked: in the turns of its own chat template, where it has one."""

from transformers import PreTrainedTokenizerBase

from actors.text.reader import Reader
from raylign.conversation import templated
from raylign.judges.askers import Asked, Conversation, Show
from raylign.judges.questions.templates import FAILURES

MARK = "mark of a system's turn"


class Chat:
    """Turns questions into one model's tokens. Foreign text in them stays text (`actors.text.reader`)."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer
        self._reader = Reader(tokenizer)
        self._has_template = bool(tokenizer.chat_template)
        self._takes_system = self._has_template and self._shows_system()

    def read(self, asked: Asked) -> list[int] | str:
        """The token ids, up to where the answer begins; or why it is not read."""

        def write(show: Show) -> str:
            return self.render(asked, show) if isinstance(asked, Conversation) else asked(show)

        # A chat template writes itself what texts begin with.
        plain = not (isinstance(asked, Conversation) and self._has_template)
        try:
            ids = self._reader.read(write, add_special_tokens=plain)
        except FAILURES as error:
            return f"template: {type(error).__name__}"
        return "control token" if ids is None else ids

    def render(self, conversation: Conversation, show: Show) -> str:
        """The text of it; plain where there is no template. Raises what a writer or the template raises."""
        if not self._has_template:
            return conversation.plain(show)
        system = conversation.system(show) if conversation.system else ""
        user = conversation.user(show)
        if system and self._takes_system:
            return self._turns(system=system, user=user)
        return self._turns(user=f"{system}\n\n{user}" if system else user)

    def _shows_system(self) -> bool:
        """Some templates refuse a system's turn, others leave it out without a word."""
        try:
            return MARK in self._turns(system=MARK, user="hello")
        except FAILURES:
            return False

    def _turns(self, **contents: str) -> str:
        return templated(
            self._tokenizer,
            [{"role": role, "content": content} for role, content in contents.items()],
            add_generation_prompt=True,
            # Of models that may think first, the answer is asked for at once; other templates know no such word.
            enable_thinking=False,
        )
