"""Makes tiny models: writes OUT/NAME.gguf for each model, and OUT/models.json with what torch computes with each of them.

usage: PYTHONPATH=LLAMA_CPP:LLAMA_CPP/gguf-py:testkit/python python3 -m tiny_models OUT --text FILE [NAME …]

`--seed` gives other weights and prompts, `--shape` other shapes: `--shape '{"num_hidden_layers": 6}'`. `--keep` keeps the
Hugging Face folder of each model.
"""

import argparse
import json
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

# The models come from nowhere but this folder.
os.environ["HF_HUB_OFFLINE"] = "1"
# A model is so small that several threads only wait for each other.
os.environ["OMP_NUM_THREADS"] = "1"

from .families import FAMILIES
from .make import Settings, make


def arguments():
    parser = argparse.ArgumentParser(prog="tiny_models")
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    parser.add_argument("--text", type=Path, required=True, help="text of some 50 kB that the tokenizers are trained on")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shape", type=json.loads, default={}, help="keys of the configuration that all families share")
    parser.add_argument("--keep", type=Path, help="folder for the Hugging Face folders")
    given = parser.parse_intermixed_args()
    if unknown := set(given.names) - set(FAMILIES):
        parser.error(f"there is no model {', '.join(sorted(unknown))}; the models are {', '.join(FAMILIES)}")
    return given


def main():
    given = arguments()
    names = given.names or [*FAMILIES]
    given.out.mkdir(parents=True, exist_ok=True)
    settings = Settings(given.out, given.text, given.seed, given.shape, given.keep)
    index = given.out / "models.json"
    models = {model["name"]: model for model in json.loads(index.read_text())} if index.exists() else {}
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("fork")) as pool:
        for name, making in [(name, pool.submit(make, name, settings)) for name in names]:
            try:
                models[name] = making.result()
            except Exception as error:
                pool.shutdown(cancel_futures=True)
                raise RuntimeError(f"the model {name} cannot be made") from error
            print("made", name, flush=True)
    index.write_text(json.dumps([models[name] for name in FAMILIES if name in models]))


if __name__ == "__main__":
    main()
