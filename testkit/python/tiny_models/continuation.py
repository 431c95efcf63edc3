"""What torch computes: greedy ids with the lead of each, or the embedding of a text."""

import random

import torch

from .families.family import VOCABULARY_SIZE

STEPS = 64
PROMPT_TOKENS = (12, 40)
# The first and last ids of a vocabulary are control tokens or unused.
MARGIN = 16


def random_prompts(seed):
    """Prompts of random ids: one shorter and one longer than the windows of 16 tokens."""
    numbers = random.Random(7 + seed)
    return [[numbers.randrange(MARGIN, VOCABULARY_SIZE - MARGIN) for _ in range(length)] for length in PROMPT_TOKENS]


@torch.no_grad()
def greedy(model, prompt):
    """Continues a prompt; each lead is the logit of the chosen id less that of the second best."""
    ids, leads = list(prompt), []
    for _ in range(STEPS):
        # Without a cache of keys and values: the whole text is computed in each step.
        logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1].float()
        best, second = logits.topk(2).values.tolist()
        ids.append(int(logits.argmax()))
        leads.append(best - second)
    return {"ids": ids[len(prompt) :], "leads": leads}


@torch.no_grad()
def embedding(model, prompt):
    """The mean of the last hidden states."""
    return model(input_ids=torch.tensor([prompt])).last_hidden_state[0].mean(0).tolist()
