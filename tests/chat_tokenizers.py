"""Tokenizers like those of the common model families, with their chat templates."""

from collections.abc import Callable

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

CHATML = "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
LLAMA3 = (
    "<|begin_of_text|>{% for message in messages %}<|start_header_id|>{{ message.role }}<|end_header_id|>\n\n"
    "{{ message.content | trim }}<|eot_id|>{% endfor %}"
)
GEMMA = (
    "<bos>{% for message in messages %}<start_of_turn>{{ 'model' if message.role == 'assistant' else 'user' }}\n"
    "{{ message.content | trim }}<end_of_turn>\n{% endfor %}"
)


def byte_level(**named: str) -> PreTrainedTokenizerFast:
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made = Tokenizer(models.BPE({byte: index for index, byte in enumerate(sorted(alphabet))}, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=made, **named)


def chatml() -> PreTrainedTokenizerFast:
    """Qwen's: thoughts and tools are added tokens that are not special."""
    tokenizer = byte_level(eos_token="<|im_end|>", pad_token="<|endoftext|>")
    tokenizer.add_tokens(["<|im_start|>"], special_tokens=True)
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in ("<think>", "</think>", "<tool_call>")])
    tokenizer.chat_template = CHATML
    return tokenizer


def llama3() -> PreTrainedTokenizerFast:
    tokenizer = byte_level(bos_token="<|begin_of_text|>", eos_token="<|eot_id|>")
    tokenizer.add_tokens(["<|start_header_id|>", "<|end_header_id|>"], special_tokens=True)
    tokenizer.chat_template = LLAMA3
    return tokenizer


def gemma() -> PreTrainedTokenizerFast:
    """Spaces are a character of the vocabulary; runs of them and HTML are added tokens."""
    characters = [chr(code) for code in range(0x21, 0x7F)] + ["▁", "\n", "<unk>"]
    made = Tokenizer(models.BPE({one: at for at, one in enumerate(characters)}, [], unk_token="<unk>"))
    made.normalizer = normalizers.Replace(" ", "▁")
    made.decoder = decoders.Replace("▁", " ")
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<bos>", eos_token="<eos>", unk_token="<unk>")
    tokenizer.add_tokens(["<start_of_turn>", "<end_of_turn>"], special_tokens=True)
    tokenizer.add_tokens(["▁▁", "\n\n", "<h1>"])
    tokenizer.chat_template = GEMMA
    return tokenizer


def folding() -> PreTrainedTokenizerFast:
    """Its control tokens are looked for in what Unicode's folding, and a removal of soft hyphens, leave."""
    tokenizer = byte_level(eos_token="</s>")
    tokenizer.backend_tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace("\u00ad", "")]
    )
    tokenizer.add_tokens([AddedToken(token, normalized=True, special=True) for token in ("<|im_start|>", "<|im_end|>")])
    tokenizer.chat_template = CHATML
    return tokenizer


KINDS: list[Callable[[], PreTrainedTokenizerFast]] = [chatml, llama3, gemma, folding]
TOKENIZERS = {make.__name__: make() for make in KINDS}
