"""Records what published chat templates render, as digests: their text is not ours to keep.

Usage: hash_published_templates.py FOLDER_OF_TEMPLATES CONVERSATIONS.json RESULT.json

For each template and each set of variables, the SHA-256 of the renderings of all conversations, one after the other
with a NUL behind each, U+FFFF where Python raises an error.
"""

import hashlib
import json
import sys
from datetime import datetime
from pathlib import Path

from transformers.utils.chat_template_utils import _cached_compile_jinja_template

NOW = datetime(2024, 2, 5, 14, 7, 9)


def render(compiled, variables):
    try:
        return compiled.render(**variables)
    except Exception:  # every failure is one result
        return "\uffff"


def digest(compiled, conversations, variables):
    texts = (render(compiled, {**variables, "messages": messages}) + "\0" for messages in conversations)
    return hashlib.sha256("".join(texts).encode("utf-8")).hexdigest()[:16]


def main():
    folder, given, result = sys.argv[1:]
    table = json.loads(Path(given).read_text(encoding="utf-8"))
    conversations = list(table["conversations"].values())
    digests = {}
    for path in sorted(Path(folder).glob("*.jinja")):
        compiled = _cached_compile_jinja_template(path.read_bytes().decode("utf-8"))
        compiled.globals["strftime_now"] = NOW.strftime
        sets = table["variables"]
        digests[path.stem] = [digest(compiled, conversations, each) for each in sets]
    Path(result).write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
