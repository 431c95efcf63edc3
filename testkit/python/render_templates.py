"""Renders chat templates as Transformers does, for comparison.

Reads a JSON list of {"template", "variables"} from the standard input, and writes a JSON list of {"text"} or
{"error"} to the standard output. With a file as its argument, reads the cases of that file and writes the results into
it, as "text" or "error". The time is 2024-02-05 14:07:09.
"""

import json
import sys
from datetime import datetime

from transformers.utils.chat_template_utils import _cached_compile_jinja_template

NOW = datetime(2024, 2, 5, 14, 7, 9)


def render(template, variables):
    try:
        compiled = _cached_compile_jinja_template(template)
        compiled.globals["strftime_now"] = NOW.strftime
        text = compiled.render(**variables)
        text.encode("utf-8")
        return {"text": text}
    except Exception as error:  # every failure is one result
        return {"error": f"{type(error).__name__}: {error}"[:300]}


def main():
    if len(sys.argv) < 2:
        cases = json.load(sys.stdin)
        json.dump([render(case["template"], case["variables"]) for case in cases], sys.stdout)
        return
    path = sys.argv[1]
    with open(path, encoding="utf-8") as file:
        cases = json.load(file)
    for case in cases:
        case.pop("text", None)
        case.pop("error", None)
        result = render(case["template"], case.get("variables", {}))
        # Which error Python raises is its own affair: that there is one has to agree.
        case.update(result if "text" in result else {"error": True})
    with open(path, "w", encoding="utf-8") as file:
        json.dump(cases, file, ensure_ascii=False, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
