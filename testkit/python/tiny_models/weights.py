"""Random weights with which a model neither repeats one token nor ignores a part of its graph."""

import torch

# Attention has to be sharp: where all keys weigh the same, a random model soon repeats itself.
SHARPENED = ("q_proj", "k_proj", "c_attn", "qkv")
EMBEDDINGS = ("embed", "wte")
# Vectors whose first values are all 0: a spread of 0.1 would hardly change what the graph chooses.
CHOOSING = ("correction_bias", "expert_bias", "sinks")


@torch.no_grad()
def randomize(model, seed, embedding_spread):
    """Draws each matrix from N(0, (gain / sqrt(width))²), and adds noise to the first values of each vector."""
    generator = torch.Generator().manual_seed(seed)
    tied = set()
    for name, weight in sorted(model.state_dict().items()):
        if not weight.is_floating_point() or weight.data_ptr() in tied:
            continue
        tied.add(weight.data_ptr())
        noise = torch.randn(weight.shape, generator=generator)
        if weight.ndim < 2 or weight.shape[-1] == 1:
            first = torch.nan_to_num(weight.float(), 0, 0, 0).clamp(-8, 8)
            weight.copy_(first + (0.3 if has(name, CHOOSING) else 0.1) * noise)
        elif has(name, EMBEDDINGS):
            weight.copy_(embedding_spread * noise)
        else:
            gain = 2.4 if has(name, SHARPENED) else 1.2
            weight.copy_(gain / weight.shape[-1] ** 0.5 * noise)


def has(name, parts):
    return any(part in name for part in parts)


def quieter_branches(norms_add_one):
    """Lets models with sandwich norms and tied embeddings write different tokens.

    Each branch of such a random model would be as large as the stream, which then forgets the token, and after the last
    norm the token's own embedding would be the nearest.
    """

    def prepare(model):
        generator = torch.Generator().manual_seed(3)
        for name, weight in model.named_parameters():
            if "post_attention_layernorm" in name or "post_feedforward_layernorm." in name:
                weight.data.copy_(weight.data - 0.7 if norms_add_one else weight.data * 0.3)
            if name == "model.norm.weight":
                weight.data.copy_(torch.randn(weight.shape, generator=generator) - (1 if norms_add_one else 0))

    return prepare
