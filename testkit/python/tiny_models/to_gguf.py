"""Converts a Hugging Face folder to an F32 GGUF file with llama.cpp's own converter."""

import json

import gguf
import torch
from conversion import ModelBase, TextModel, get_model_class

# The converter knows a pre-tokenizer by a hash of its ids; no published vocabulary has the ids of ours.
TextModel.get_vocab_base_pre = lambda self, tokenizer: "llama-bpe"


def convert(folder, path, family):
    """Does what convert_hf_to_gguf.py does, with the configuration and the vocabulary that the family asks for."""
    config_path = folder / "config.json"
    config = ModelBase.load_hparams(folder, False)
    config["architectures"] = config.get("architectures") or json.loads(config_path.read_text())["architectures"]
    if family.published_config:
        family.published_config(config)
        # Some converters read config.json again.
        config_path.write_text(json.dumps(config, default=str))
    converter = adapted(get_model_class(config["architectures"][0]), family)
    with torch.inference_mode():
        converter(
            folder, gguf.LlamaFileType.ALL_F32, path, hparams=config, model_name="tiny", **family.converter_flags
        ).write()


def adapted(converter, family):
    """A class of its own for each model: what one model needs must not stay for the next."""
    changes = {"model_arch": converter.model_arch}
    if not family.converter_reads_vocabulary:
        changes["set_vocab"] = lambda self: self._set_vocab_gpt2()
    if family.without_mtp:
        changes["no_mtp"] = True
    return type(converter.__name__, (converter,), changes)
