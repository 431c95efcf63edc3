"""Decoders with recurrent layers among the attention layers, with and without experts."""

import torch

from .family import GRANITE_SCALES, MIXTURE, Family, rope, set_keys


def hybrid(config_class, options, **rest):
    return Family(config_class, "hybrid", options, **rest)


def older_layer_names(config):
    """Published Granite configurations call a layer by other names than transformers writes."""
    names = {"linear_attention": "mamba", "full_attention": "attention"}
    config["layer_types"] = [names[layer] for layer in config["layer_types"]]


def granite_shape(shape):
    """The heads of Mamba are as wide as the whole: twice the width of the model."""
    return {**shape, "mamba_n_heads": 2 * shape["hidden_size"] // GRANITE_HYBRID["mamba_d_head"]}


def without_layer_count(shape):
    """Nemotron-H counts the layers of its list."""
    return {key: value for key, value in shape.items() if key != "num_hidden_layers"}


def as_dense_nemotron(config):
    config["hybrid_override_pattern"] = "M-*-M-"
    for key in ("num_experts_per_tok", "n_routed_experts", "n_group", "topk_group"):
        del config[key]


def mtp_block(state):
    """The block that predicts a second token (MTP): an attention layer, with the matrix that joins its two inputs."""
    attention_layers = [
        int(name.split(".")[2]) for name in state if name.startswith("model.layers.") and "self_attn" in name
    ]
    prefix = f"model.layers.{max(attention_layers)}."
    layer = {
        name.replace(prefix, "mtp.layers.0."): weight.clone()
        for name, weight in state.items()
        if name.startswith(prefix)
    }
    width = state["model.norm.weight"].shape[0]
    norms = {
        f"mtp.{name}.weight": torch.zeros(width) for name in ("pre_fc_norm_embedding", "pre_fc_norm_hidden", "norm")
    }
    joining = torch.randn(width, 2 * width, generator=torch.Generator().manual_seed(5)) / 8
    return {**layer, **norms, "mtp.fc.weight": joining}


# Layers of a gated delta net with twice as many value heads as key heads.
DELTA_NET = {
    "head_dim": 32,
    "linear_key_head_dim": 32,
    "linear_value_head_dim": 32,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
}
INTERLEAVED_ROPE = {
    **rope(theta=1e6, partial_rotary_factor=0.5),
    "mrope_section": [3, 3, 2],
    "mrope_interleaved": True,
}
QWEN35 = {**DELTA_NET, "rope_parameters": INTERLEAVED_ROPE}
SHARED_EXPERT = {**MIXTURE, "shared_expert_intermediate_size": 80}
WITH_MTP_LAYER = set_keys(mtp_num_hidden_layers=1)
LFM2 = {"num_hidden_layers": 5, "layer_types": ["conv", "conv", "full_attention", "conv", "full_attention"]}
GRANITE_HYBRID = {
    **GRANITE_SCALES,
    "num_hidden_layers": 4,
    "mamba_d_head": 16,
    "mamba_n_groups": 1,
    "mamba_d_state": 16,
    "mamba_expand": 2,
    "mamba_chunk_size": 32,
}
NEMOTRON = {
    # transformers keeps the time step above this bound, llama.cpp does not: a bound that no step reaches.
    "time_step_min": 1e-30,
    "mamba_num_heads": 8,
    "mamba_head_dim": 16,
    "n_groups": 2,
    "ssm_state_size": 16,
    "head_dim": 32,
    "chunk_size": 32,
    "conv_kernel": 4,
}


def nemotron_layers(feed_forward):
    return ["linear_attention", feed_forward, "full_attention", feed_forward, "linear_attention", feed_forward]


FAMILIES = {
    "qwen3next": hybrid(
        "qwen3_next",
        {**SHARED_EXPERT, **DELTA_NET, "rope_parameters": rope(partial_rotary_factor=0.5)},
        without_mtp=True,
    ),
    "qwen35": hybrid("qwen3_5_text", {**QWEN35, "num_hidden_layers": 5}, without_mtp=True),
    "qwen35-mtp": hybrid("qwen3_5_text", QWEN35, extra=mtp_block, published_config=WITH_MTP_LAYER),
    "qwen35moe": hybrid(
        "qwen3_5_moe_text", {**SHARED_EXPERT, **QWEN35, "tie_word_embeddings": True}, without_mtp=True
    ),
    "qwen35moe-fused-mtp": hybrid(
        "qwen3_5_moe_text",
        {**SHARED_EXPERT, **QWEN35},
        extra=mtp_block,
        published_config=WITH_MTP_LAYER,
        converter_flags={"fuse_gate_up_exps": True},
    ),
    "lfm2": hybrid("lfm2", {**LFM2, "block_auto_adjust_ff_dim": False}),
    "lfm2moe": hybrid("lfm2_moe", {**MIXTURE, **LFM2, "num_dense_layers": 2, "use_expert_bias": True}),
    "granitehybrid": hybrid(
        "granitemoehybrid",
        {
            **GRANITE_HYBRID,
            "num_local_experts": 8,
            "num_experts_per_tok": 2,
            "shared_intermediate_size": 80,
            "layer_types": ["linear_attention", "linear_attention", "full_attention", "linear_attention"],
            "tie_word_embeddings": True,
        },
        shape=granite_shape,
        published_config=older_layer_names,
    ),
    "granitehybrid-dense": hybrid(
        "granitemoehybrid",
        {
            **GRANITE_HYBRID,
            "num_local_experts": 0,
            "num_experts_per_tok": 0,
            "shared_intermediate_size": 96,
            "layer_types": ["linear_attention", "full_attention", "linear_attention", "linear_attention"],
        },
        shape=granite_shape,
        published_config=older_layer_names,
    ),
    "nemotron_h": hybrid(
        "nemotron_h",
        {**NEMOTRON, "layers_block_type": nemotron_layers("mlp")},
        shape=without_layer_count,
        published_config=as_dense_nemotron,
    ),
    "nemotron_h_moe": hybrid(
        "nemotron_h",
        {
            **NEMOTRON,
            "layers_block_type": nemotron_layers("moe"),
            "n_routed_experts": 8,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 48,
            "moe_shared_expert_intermediate_size": 80,
            "n_shared_experts": 1,
            "routed_scaling_factor": 2.5,
        },
        shape=without_layer_count,
    ),
}
