"""Makes one model: random weights, a Hugging Face folder, a GGUF file, and what torch computes with the weights."""

import contextlib
import io
import json
import logging
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import gguf
import torch
import transformers

from .continuation import embedding, greedy, random_prompts
from .families import FAMILIES
from .families.family import VOCABULARY_SIZE
from .to_gguf import convert
from .vocabularies import VOCABULARIES
from .weights import randomize


@dataclass(frozen=True)
class Settings:
    out: Path
    text: Path
    seed: int
    shape: dict
    keep: Path | None


def build(family, config):
    model = family.model or (
        lambda config: transformers.AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    )
    # What `randomize` leaves of a model's own first values has to be the same in each run.
    transformers.set_seed(1)
    return model(config).float().eval()


def as_llama_cpp(family, model, shape):
    """The same weights in the graph that llama.cpp runs for them."""
    if family.as_llama_cpp is None:
        return model
    config = family.config(shape)
    family.as_llama_cpp(config)
    changed = build(family, config)
    changed.load_state_dict(model.state_dict())
    return changed


def save(family, model, settings, folder):
    state = model.state_dict()
    extra = {"state_dict": {**state, **family.extra(state)}} if family.extra else {}
    model.save_pretrained(folder, **extra)
    VOCABULARIES[family.vocabulary](settings.text, VOCABULARY_SIZE).save_pretrained(folder)
    if family.opening_and_closing_ids:
        say_mean_pooling(folder)


def say_mean_pooling(folder):
    """llama.cpp's converter reads the pooling of a model from the files of sentence-transformers."""
    module = {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"}
    (folder / "modules.json").write_text(json.dumps([module]))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode_mean_tokens": True}))


def architecture_of(path):
    return gguf.GGUFReader(path).get_field("general.architecture").contents()


def continuations(family, model, prompts):
    """What torch computes, as models.json holds it."""
    if family.opening_and_closing_ids:
        opening, closing = family.opening_and_closing_ids
        prompts = [[opening, *prompt, closing] for prompt in prompts]
        return [{"prompt": prompt, "embedding": embedding(model, prompt)} for prompt in prompts]
    return [{"prompt": prompt, **greedy(model, prompt)} for prompt in prompts]


def make(name, settings):
    """Writes the GGUF file of a model; returns the model's entry of models.json."""
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    logging.disable(logging.WARNING)
    family = FAMILIES[name]
    model = build(family, family.config(settings.shape))
    # Each model has weights of its own.
    randomize(model, sum(name.encode()) + settings.seed, family.embedding_spread)
    if family.prepare:
        family.prepare(model)
    path = settings.out / f"{name}.gguf"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "model"
        save(family, model, settings, folder)
        if settings.keep:
            shutil.copytree(folder, settings.keep / name, dirs_exist_ok=True)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            convert(folder, path, family)
    reference = as_llama_cpp(family, model, settings.shape)
    return {
        "name": name,
        "architecture": architecture_of(path),
        "kind": family.kind,
        "gelu": family.gelu,
        "runs": continuations(family, reference, random_prompts(settings.seed)),
    }
