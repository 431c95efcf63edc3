"""Decoders with a mixture of experts, whose layers all are attention."""

from ..weights import quieter_branches
from .family import GRANITE_SCALES, MIXTURE, YARN, Family, rope, set_keys, windows


def mixture(config_class, options=None, **rest):
    return Family(config_class, "mixture", options or {}, **rest)


def all_key_heads(shape):
    """As many key heads as heads: where keys are made of one latent vector, or normed over their whole width."""
    return {**shape, "num_key_value_heads": shape["num_attention_heads"]}


def without_renormalizing(config):
    """The converter does not write the key, and llama.cpp never renormalizes the experts' weights of this architecture."""
    config.norm_topk_prob = False


def truncated_yarn(config):
    """The converter does not write the key, and llama.cpp rounds the bounds of YaRN to whole pairs."""
    config.rope_parameters = {**config.rope_parameters, "truncate": True}


QWEN2_MIXTURE = {**MIXTURE, "shared_expert_intermediate_size": 80}
QWEN3_MIXTURE = {**MIXTURE, "num_local_experts": 8, "head_dim": 32, "norm_topk_prob": True}
LOCAL_EXPERTS = {"num_local_experts": 8, "num_experts_per_tok": 2}
GPT_OSS = {**LOCAL_EXPERTS, "head_dim": 32, "sliding_window": 16, "intermediate_size": 64}
DEEPSEEK = {
    "kv_lora_rank": 32,
    "qk_nope_head_dim": 16,
    "qk_rope_head_dim": 8,
    "v_head_dim": 24,
    "n_routed_experts": 8,
    "n_shared_experts": 1,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 48,
    "first_k_dense_replace": 1,
}
GEMMA4 = {
    "num_hidden_layers": 6,
    "head_dim": 16,
    "sliding_window": 16,
    "final_logit_softcapping": 30.0,
    "vocab_size_per_layer_input": 1000,
    "layer_types": windows(6, 3),
    # The layers that see the whole text have larger heads.
    "per_layer_config": {"2": {"head_dim": 32}, "5": {"head_dim": 32}},
}


def gemma4(options, kind):
    return Family(
        "gemma4_text",
        kind,
        {**GEMMA4, **options},
        gelu=True,
        converter_reads_vocabulary=True,
        vocabulary="raw",
        embedding_spread=0.1,
        prepare=quieter_branches(norms_add_one=False),
    )


FAMILIES = {
    # Two models of Gemma 4 are dense; they stand beside the third.
    "gemma4-e": gemma4(
        {"hidden_size_per_layer_input": 16, "num_kv_shared_layers": 3, "use_double_wide_mlp": True}, "dense"
    ),
    "gemma4-dense": gemma4(
        {"hidden_size_per_layer_input": 0, "attention_k_eq_v": True, "num_key_value_heads": 2}, "dense"
    ),
    "gemma4-moe": gemma4(
        {
            "hidden_size_per_layer_input": 0,
            "attention_k_eq_v": True,
            "enable_moe_block": True,
            "num_experts": 8,
            "top_k_experts": 2,
            "moe_intermediate_size": 48,
        },
        "mixture",
    ),
    "mixtral": mixture("mixtral", {**LOCAL_EXPERTS, "sliding_window": None}),
    "qwen2moe": mixture("qwen2_moe", QWEN2_MIXTURE),
    "qwen2moe-normed": mixture(
        "qwen2_moe", {**QWEN2_MIXTURE, "norm_topk_prob": True}, as_llama_cpp=without_renormalizing
    ),
    "qwen3moe": mixture("qwen3_moe", QWEN3_MIXTURE),
    "qwen3moe-fused-qkv": mixture("qwen3_moe", QWEN3_MIXTURE, converter_flags={"fuse_qkv": True}),
    "gpt-oss": mixture(
        "gpt_oss", {**GPT_OSS, "rope_parameters": {**YARN, "truncate": False}}, as_llama_cpp=truncated_yarn
    ),
    "gpt-oss-truncate": mixture("gpt_oss", {**GPT_OSS, "rope_parameters": {**YARN, "truncate": True}}),
    "granitemoe": mixture("granitemoe", {**GRANITE_SCALES, **LOCAL_EXPERTS}),
    "olmoe": mixture(
        "olmoe",
        {"num_experts": 8, "num_experts_per_tok": 2, "intermediate_size": 48},
        shape=all_key_heads,
    ),
    "glm4moe": mixture(
        "glm4_moe",
        {
            **MIXTURE,
            "head_dim": 32,
            "n_routed_experts": 8,
            "n_shared_experts": 1,
            "first_k_dense_replace": 1,
            "use_qk_norm": True,
            "attention_bias": True,
            "routed_scaling_factor": 1.5,
            "rope_parameters": rope(partial_rotary_factor=0.5),
            "num_nextn_predict_layers": 0,
        },
    ),
    "minimax-m2": mixture(
        "minimax_m2",
        {
            **LOCAL_EXPERTS,
            "head_dim": 32,
            "intermediate_size": 48,
            "use_qk_norm": True,
            "rotary_dim": 16,
            "rope_parameters": rope(partial_rotary_factor=0.5),
        },
        published_config=set_keys(scoring_func="sigmoid", rotary_dim=16),
    ),
    "deepseek2-v3": mixture(
        "deepseek_v3",
        {
            **DEEPSEEK,
            "q_lora_rank": 40,
            "n_group": 4,
            "topk_group": 2,
            "num_nextn_predict_layers": 0,
            "routed_scaling_factor": 2.5,
            "rope_parameters": {**YARN, "mscale": 1.0, "mscale_all_dim": 1.0},
        },
        shape=all_key_heads,
        published_config=set_keys(scoring_func="sigmoid"),
    ),
    # llama.cpp takes a model of 27 layers for the lite one, which has no low-rank queries.
    "deepseek2-lite": mixture(
        "deepseek_v2",
        {
            **DEEPSEEK,
            "num_hidden_layers": 27,
            "q_lora_rank": None,
            "n_shared_experts": 2,
            "topk_method": "greedy",
            "norm_topk_prob": False,
            "rope_parameters": {**YARN, "mscale": 0.707, "mscale_all_dim": 0.707},
        },
        shape=all_key_heads,
    ),
    "deepseek2-glm": mixture(
        "glm4_moe_lite",
        {**DEEPSEEK, "q_lora_rank": 40, "n_group": 1, "topk_group": 1, "routed_scaling_factor": 1.8},
        shape=all_key_heads,
        published_config=set_keys(scoring_func="sigmoid"),
    ),
}
