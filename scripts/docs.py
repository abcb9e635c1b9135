"""Parts of scripts/docs.

symbols FILE…         every symbol of these symbol graphs has a documentation comment; they become parts of one
                      module, as who imports Salvage sees them
examples DIR PAGE…    writes each Swift example of these pages into DIR/examples
"""

import json
import re
import sys
from pathlib import Path


def symbols(paths):
    bare, count = [], 0
    for path in paths:
        graph = json.loads(Path(path).read_text())
        graph["module"]["name"] = "Salvage"
        Path(path).write_text(json.dumps(graph))
        for symbol in graph["symbols"]:
            # Operators and initializers that a protocol asks for have its comment.
            name = ".".join(symbol["pathComponents"])
            asked = name.endswith(("==(_:_:)", "hash(into:)", "init(rawValue:)", "description", "allCases",
                                   "rawValue", "startIndex", "endIndex", "init(arrayLiteral:)", "subscript(_:)"))
            count += 1
            if not symbol.get("docComment") and not asked:
                bare.append(name)
    for name in sorted(bare):
        print(f"FAIL  not documented: {name}")
    if not bare:
        print(f"ok    {count} public symbols are documented")
    return not bare


def examples(directory, pages):
    place = Path(directory) / "examples"
    place.mkdir()
    for page in pages:
        text = Path(page).read_text()
        for number, match in enumerate(re.finditer(r"^```swift\n(.*?)^```", text, re.S | re.M)):
            lines = match.group(1).splitlines()
            if any("PackageDescription" in line for line in lines):
                continue
            imports = [line for line in lines if line.startswith("import ")]
            body = [line for line in lines if not line.startswith("import ")]
            first = next((line for line in body if line.strip()), "")
            if not re.match(r"(@|struct |enum |final |class |extension )", first):
                body = ["func example() async throws {"] + ["  " + line for line in body] + ["}"]
            name = re.sub(r"\W+", "-", page).strip("-")
            (place / f"{name}-{number}.swift").write_text("\n".join(imports + body) + "\n")
    return True


if __name__ == "__main__":
    done = symbols(sys.argv[2:]) if sys.argv[1] == "symbols" else examples(sys.argv[2], sys.argv[3:])
    sys.exit(0 if done else 1)
