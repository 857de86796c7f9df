"""The shapes of the tiny models."""

from typing import Any

from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification

from examples.world.tokenizer import VOCABULARY


def config(layers: int, **settings: Any) -> LlamaConfig:
    """A Llama of width 128: heads of 32, as vLLM's kernels want them on a CPU."""
    return LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=4,
        head_dim=32,
        max_position_embeddings=256,
        tie_word_embeddings=False,
        bos_token_id=None,
        pad_token_id=0,
        eos_token_id=1,
        **settings,
    )


def policy_model() -> LlamaForCausalLM:
    """The model that alignment jobs train: four layers, 0.8 million parameters."""
    return LlamaForCausalLM(config(4))


def judge_model(policy: LlamaForCausalLM) -> LlamaForCausalLM:
    """Two layers, 0.5 million parameters, begun from the policy's first two."""
    model = LlamaForCausalLM(config(2))
    _copy_trunk(policy, model)
    return model


def reward_model(policy: LlamaForCausalLM) -> LlamaForSequenceClassification:
    """Two layers and a head with one output, 0.4 million parameters, begun from the policy's first two."""
    model = LlamaForSequenceClassification(config(2, num_labels=1))
    _copy_trunk(policy, model)
    return model


def _copy_trunk(policy: LlamaForCausalLM, model: LlamaForCausalLM | LlamaForSequenceClassification) -> None:
    theirs = policy.model.state_dict()
    model.model.load_state_dict({name: theirs[name] for name in model.model.state_dict()})
