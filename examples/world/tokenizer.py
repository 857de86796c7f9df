"""The one vocabulary of the tiny world: BPE over ASCII, a token for every digit, four chat tokens."""

from collections.abc import Iterable

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

VOCABULARY = 768
PAD, END, UNKNOWN = "<|pad|>", "<|end|>", "<|unknown|>"
USER, ASSISTANT, SYSTEM = "<|user|>", "<|assistant|>", "<|system|>"
VERDICT_WORDS = ("True", "False", "Safe", "Unsafe")
"""What the judge answers with; one token each. Its "1" and "2" are digits, hence tokens already."""

SPACE, NEWLINE = "\u0120", "\u010a"
"""How byte-level BPE writes them."""

CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def train_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """A tokenizer of `VOCABULARY` entries, its merges learned from ``texts``. Adds no token of itself."""
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(VERDICT_WORDS),
        special_tokens=[PAD, END, UNKNOWN, USER, ASSISTANT, SYSTEM],
        initial_alphabet=[chr(code) for code in range(33, 127)] + [SPACE, NEWLINE],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens([AddedToken(word, single_word=True, normalized=False) for word in VERDICT_WORDS])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        unk_token=UNKNOWN,
        additional_special_tokens=[USER, ASSISTANT, SYSTEM],
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
        model_max_length=256,
    )


def render(question: str) -> str:
    """A one-turn chat as the policy reads it, equal to the chat template's own rendering."""
    return f"{USER}{question}{END}{ASSISTANT}"
