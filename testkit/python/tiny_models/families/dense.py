"""Dense decoders."""

import transformers

from ..weights import quieter_branches
from .family import GRANITE_SCALES, LLAMA3, SHAPE, YARN, Family, rope, set_keys, windows


def dense(config_class, options=None, **rest):
    return Family(config_class, "dense", options or {}, **rest)


def gpt2_shape(shape):
    return {
        "n_embd": shape["hidden_size"],
        "n_layer": shape["num_hidden_layers"],
        "n_head": shape["num_attention_heads"],
        "n_positions": shape["max_position_embeddings"],
        **{key: shape[key] for key in ("vocab_size", "bos_token_id", "eos_token_id")},
    }


def qwen3vl_shape(shape):
    """The text part, and a vision part of the least size."""
    sections = {"mrope_section": [6, 5, 5], "mrope_interleaved": True}
    return {
        "text_config": {**shape, "head_dim": 32, "rope_parameters": {**rope(theta=1e6), **sections}},
        "vision_config": {
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_heads": 2,
            "out_hidden_size": shape["hidden_size"],
            "deepstack_visual_indexes": [0],
            "num_position_embeddings": 16,
        },
    }


def longrope(original_positions, rotated_part=1.0):
    """Phi-3's divisors of the rotary frequencies: for contexts up to `original_positions` tokens, and for longer ones.

    For `shape`: each rotated pair of a head has divisors of its own.
    """

    def with_longrope(shape):
        pairs = int(rotated_part * shape["hidden_size"] // shape["num_attention_heads"]) // 2
        parameters = rope(
            "longrope",
            short_factor=[1.0 + pair / 9 for pair in range(pairs)],
            long_factor=[1.5 + pair / 3 for pair in range(pairs)],
            original_max_position_embeddings=original_positions,
            partial_rotary_factor=rotated_part,
        )
        return {
            **shape,
            "original_max_position_embeddings": original_positions,
            "sliding_window": None,
            "rope_parameters": parameters,
        }

    return with_longrope


def without_window(config):
    """llama.cpp does not read the key of the window."""
    config.sliding_window = None


GEMMA = {"head_dim": 32, "query_pre_attn_scalar": 32, "sliding_window": 16}
GEMMA_WEIGHTS = {"gelu": True, "embedding_spread": 0.1, "prepare": quieter_branches(norms_add_one=True)}

FAMILIES = {
    "llama": dense(
        "llama", {"head_dim": 32, "attention_bias": True, "mlp_bias": True, "rope_parameters": LLAMA3}
    ),
    "llama-linear-tied": dense(
        "llama", {"rope_parameters": rope("linear", factor=2.0), "tie_word_embeddings": True}
    ),
    "llama-yarn": dense("llama", {"rope_parameters": YARN}),
    "llama-fused-qkv": dense("llama", {"attention_bias": True}, converter_flags={"fuse_qkv": True}),
    "mistral": dense("mistral", {"head_dim": 32, "sliding_window": None}),
    "mistral3": dense(
        "ministral3",
        {
            "head_dim": 32,
            "rope_parameters": {**YARN, "mscale": 1.0, "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.1},
        },
        converter_reads_vocabulary=True,
    ),
    "smollm3": dense("smollm3", {"tie_word_embeddings": True, "rope_parameters": rope(theta=50000.0)}),
    "qwen2": dense("qwen2", {"tie_word_embeddings": True}),
    "qwen2-yarn": dense("qwen2", {"rope_parameters": YARN}),
    "qwen3": dense("qwen3", {"head_dim": 32, "tie_word_embeddings": True}),
    "qwen3-untied-yarn": dense("qwen3", {"head_dim": 32, "rope_parameters": YARN}),
    "qwen3vl": dense(
        "qwen3_vl", shape=qwen3vl_shape, model=lambda config: transformers.Qwen3VLForConditionalGeneration(config)
    ),
    "gemma2": dense("gemma2", GEMMA, **GEMMA_WEIGHTS),
    "gemma3": dense(
        "gemma3_text",
        {
            **GEMMA,
            "num_hidden_layers": 7,
            "layer_types": windows(7, 6),
            "rope_parameters": {"sliding_attention": rope(), "full_attention": rope("linear", 1e6, factor=8.0)},
        },
        **GEMMA_WEIGHTS,
    ),
    "phi3-long": dense("phi3", shape=longrope(8)),
    "phi3-short-partial": dense(
        "phi3",
        {"max_position_embeddings": 2048, "tie_word_embeddings": True, "num_key_value_heads": 4},
        shape=longrope(1024, rotated_part=0.5),
    ),
    "phi3-window": dense(
        "phi3",
        {"sliding_window": 16, "original_max_position_embeddings": 512},
        as_llama_cpp=without_window,
    ),
    "granite": dense("granite", {**GRANITE_SCALES, "attention_bias": True, "mlp_bias": True}),
    "olmo2": dense("olmo2"),
    "olmo3": dense(
        "olmo3",
        {
            "num_hidden_layers": 5,
            "sliding_window": 16,
            "num_key_value_heads": 4,
            "rope_parameters": {"sliding_attention": rope(), "full_attention": YARN},
        },
    ),
    "glm4": dense(
        "glm4", {"head_dim": 32, "attention_bias": True, "rope_parameters": rope(partial_rotary_factor=0.5)}
    ),
    "seed_oss": dense("seed_oss", {"head_dim": 32, "attention_bias": True, "attention_out_bias": False}),
    # llama.cpp takes a model of 64 layers for the one that has windows.
    "exaone4": dense(
        "exaone4",
        {
            "num_hidden_layers": 64,
            "sliding_window": 16,
            "sliding_window_pattern": 4,
            "rope_parameters": LLAMA3,
        },
    ),
    "exaone4-full": dense(
        "exaone4",
        {
            "num_hidden_layers": 4,
            "tie_word_embeddings": True,
            "sliding_window": None,
            "layer_types": ["full_attention"] * 4,
            "rope_parameters": LLAMA3,
        },
    ),
    "hunyuan-dense": dense(
        "hunyuan_v1_dense",
        {
            "head_dim": 32,
            "max_position_embeddings": 32768,
            "tie_word_embeddings": True,
            "rope_parameters": rope("dynamic", alpha=1000.0, factor=1.0, beta_fast=32, beta_slow=1),
        },
    ),
    "ernie4_5": dense("ernie4_5", {"head_dim": 32, "tie_word_embeddings": True}),
    "cohere2": dense(
        "cohere2",
        {"num_hidden_layers": 5, "sliding_window": 16, "logit_scale": 0.25},
        published_config=set_keys(rotary_pct=1.0),
    ),
    "starcoder2": dense("starcoder2", {"sliding_window": None, "use_bias": True}, gelu=True),
    "gpt2": dense(
        "gpt2",
        shape=gpt2_shape,
        published_config=set_keys(n_ctx=SHAPE["max_position_embeddings"]),
        gelu=True,
    ),
}
