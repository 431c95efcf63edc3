"""Renders chat templates as Transformers does, for comparison.

With a file as its argument, reads the table of that file, {"variables", "cases": [{"template"}, …]}, and writes what
Python makes of each template with the variables into it: its "text", or "error": true. Without one, reads a JSON list
of {"template", "variables"} from the standard input and writes a JSON list of {"text"} or {"error"} to the standard
output. The time is 2024-02-05 14:07:09.
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


def record(path):
    with open(path, encoding="utf-8") as file:
        table = json.load(file)
    lines = []
    for case in table["cases"]:
        result = render(case["template"], table["variables"])
        # Which error Python raises is its own affair: that there is one has to agree.
        kept = result if "text" in result else {"error": True}
        lines.append(json.dumps({"template": case["template"], **kept}, ensure_ascii=False))
    variables = json.dumps(table["variables"], ensure_ascii=False)
    with open(path, "w", encoding="utf-8") as file:
        file.write('{\n"variables": ' + variables + ',\n"cases": [\n' + ",\n".join(lines) + "\n]\n}\n")


def main():
    if len(sys.argv) > 1:
        record(sys.argv[1])
        return
    cases = json.load(sys.stdin)
    json.dump([render(case["template"], case["variables"]) for case in cases], sys.stdout)


if __name__ == "__main__":
    main()
