"""The shape of the tiny models, before anything is learned."""

import torch
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

from examples.world.tokenizer import VOCABULARY


def config() -> LlamaConfig:
    """A Llama of four layers of width 128: heads of 32, as vLLM's kernels want them on a CPU."""
    return LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=4,
        head_dim=32,
        max_position_embeddings=256,
        tie_word_embeddings=False,
        bos_token_id=None,
        pad_token_id=0,
        eos_token_id=1,
    )


def untaught_model(seed: int) -> LlamaForCausalLM:
    """0.85 million parameters, drawn by the seed."""
    torch.manual_seed(seed)
    model = LlamaForCausalLM(config())
    model.generation_config = GenerationConfig(
        do_sample=True, temperature=1.0, max_new_tokens=40, eos_token_id=1, pad_token_id=0
    )
    return model
