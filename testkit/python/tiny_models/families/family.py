"""What a family of models is, and the parts that configurations of several families share."""

from dataclasses import dataclass, field
from typing import Any, Callable, Literal

from transformers import CONFIG_MAPPING

VOCABULARY_SIZE = 1000

# The shape of all decoders.
SHAPE = {
    "vocab_size": VOCABULARY_SIZE,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 3,
}


@dataclass(frozen=True)
class Family:
    """A configuration with every special of the graph switched on, and how the model of it is made."""

    config_class: str
    """The name of the configuration in transformers."""
    kind: Literal["dense", "mixture", "hybrid", "embedding"]
    options: dict = field(default_factory=dict)
    """The keys of the configuration beside the shape."""
    shape: Callable[[dict], dict] = dict
    """What this configuration takes of the shape of all decoders."""
    model: Callable[[Any], Any] | None = None
    """Builds the model of a configuration. Default: `AutoModelForCausalLM`."""
    prepare: Callable[[Any], None] | None = None
    """Changes the random weights."""
    published_config: Callable[[dict], None] | None = None
    """Gives the configuration the keys that published files have and transformers does not write."""
    extra: Callable[[dict], dict] | None = None
    """Further tensors of published files, which torch does not run."""
    as_llama_cpp: Callable[[Any], None] | None = None
    """Changes the configuration to what llama.cpp runs, where llama.cpp leaves the configuration."""
    gelu: bool = False
    """llama.cpp looks GELU up in a table of half floats on the CPU, which moves a lead by as much as 0.006."""
    converter_flags: dict = field(default_factory=dict)
    converter_reads_vocabulary: bool = False
    """Whether the converter can read our vocabulary; otherwise it is told to read byte-level BPE."""
    without_mtp: bool = False
    vocabulary: Literal["byte-level", "raw", "word-piece"] = "byte-level"
    embedding_spread: float = 0.25
    """Where embeddings spread too much, a model with tied embeddings repeats one token."""
    opening_and_closing_ids: tuple[int, int] | None = None
    """Only for embedding models: the ids that enclose a text."""

    def config(self, shape):
        """The configuration of transformers, with `shape` in place of parts of the common shape."""
        keys = {**self.shape({**SHAPE, **shape}), **self.options}
        return CONFIG_MAPPING[self.config_class](**keys)


def rope(kind="default", theta=10000.0, **rest):
    return {"rope_type": kind, "rope_theta": theta, **rest}


YARN = rope("yarn", factor=4.0, original_max_position_embeddings=32, beta_fast=32.0, beta_slow=1.0)
LLAMA3 = rope(
    "llama3", factor=8.0, original_max_position_embeddings=64, low_freq_factor=1.0, high_freq_factor=4.0
)

# A mixture of 8 experts, of which a token uses 2.
MIXTURE = {"num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 48}

# Granite's factors.
GRANITE_SCALES = {
    "embedding_multiplier": 3.0,
    "residual_multiplier": 0.4,
    "logits_scaling": 2.0,
    "attention_multiplier": 0.2,
}


def set_keys(**keys):
    """For `published_config`."""

    def change(config):
        config.update(keys)

    return change


def windows(layers, every):
    """Layer types: every `every`-th layer sees the whole text, the others a window."""
    return ["sliding_attention" if (layer + 1) % every else "full_attention" for layer in range(layers)]
