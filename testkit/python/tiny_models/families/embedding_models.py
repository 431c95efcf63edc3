"""Embedding models: the embedding of a text is the mean of the last hidden states."""

import transformers

from ..weights import quieter_branches
from .family import Family, rope, set_keys, windows


def embedding_model(config_class, options, **rest):
    return Family(config_class, "embedding", options, **rest)


def bert_shape(shape):
    """BERT and its kin have as many key heads as heads, and a padding of id 0."""
    left_out = ("num_key_value_heads", "bos_token_id", "eos_token_id")
    return {**{key: value for key, value in shape.items() if key not in left_out}, "pad_token_id": 0}


# In the word-piece vocabulary, [CLS] and [SEP].
WORD_PIECE = {
    "shape": bert_shape,
    "converter_reads_vocabulary": True,
    "vocabulary": "word-piece",
    "opening_and_closing_ids": (2, 3),
}

FAMILIES = {
    "bert": embedding_model(
        "bert",
        {},
        model=lambda config: transformers.BertModel(config, add_pooling_layer=False),
        gelu=True,
        **WORD_PIECE,
    ),
    "nomic-bert": embedding_model(
        "nomic_bert",
        {"max_position_embeddings": 2048},
        model=lambda config: transformers.NomicBertModel(config, add_pooling_layer=False),
        published_config=set_keys(
            n_positions=8192,
            max_trained_positions=2048,
            activation_function="swiglu",
            causal=False,
            qkv_proj_bias=False,
            mlp_fc1_bias=False,
            mlp_fc2_bias=False,
            prenorm=False,
            rotary_emb_fraction=1.0,
            rotary_emb_interleaved=False,
            rotary_emb_scale_base=None,
        ),
        **WORD_PIECE,
    ),
    "modern-bert": embedding_model(
        "modernbert",
        {
            "num_hidden_layers": 7,
            "local_attention": 16,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "cls_token_id": 1,
            "sep_token_id": 2,
            "pad_token_id": 3,
        },
        shape=bert_shape,
        model=lambda config: transformers.ModernBertModel(config),
        published_config=set_keys(global_attn_every_n_layers=3, layer_norm_eps=1e-5),
        gelu=True,
        opening_and_closing_ids=(1, 2),
    ),
    "gemma-embedding": embedding_model(
        "gemma3_text",
        {
            "num_hidden_layers": 7,
            "head_dim": 32,
            "query_pre_attn_scalar": 32,
            "sliding_window": 16,
            "use_bidirectional_attention": True,
            "layer_types": windows(7, 6),
            "rope_parameters": {"sliding_attention": rope(), "full_attention": rope(theta=1e6)},
        },
        model=lambda config: transformers.Gemma3TextModel(config),
        prepare=quieter_branches(norms_add_one=True),
        gelu=True,
        embedding_spread=0.1,
        opening_and_closing_ids=(1, 2),
    ),
}
