"""Programs whose reports are measured, generated: nothing of them is fetched.

units         C, 2,000 files with 1.38 million lines in 54,000 functions, by clang and by gcc
classes       C++, 100 files with 38,000 functions: templates and lambdas of a header, for types of each file
amalgamation  C, one file as an amalgamation is: macros everywhere, and an interpreter that is one function
sqlite        SQLite as one file of 240,000 lines and its own speed test, of Debian's source package
libraries     a program and 100 libraries of 26 functions each

reader_programs.py FOLDER COUNT writes so many files of `units`."""

import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Tests/Shared"))
import packages
from programs import COVERAGE, call, compiler

UNITS = 2000
PER_UNIT = 26
CLASS_FILES = 100
LIBRARIES = 100

HEADER = """#define AT_LEAST(x, y) ((x) > (y) ? (x) : (y))
#define CHECK(c) ((void)((c) ? 0 : failed()))
int failed(void);
static inline int clamped(int x) {
  if (x < 0) return 0;
  return x > 100 ? 100 : x;
}
"""

FUNCTION = """int f{0}(int x) {{
  int sum = {1};
  CHECK(x >= 0);
  for (int i = 0; i < x % 5; i++) {{
    if (i % 2 && x > {1}) {{
      sum += i;
    }} else {{
      sum -= 1;
    }}
  }}
  switch (x % 4) {{
    case 0:
      sum += clamped(x);
      break;
    case 1:
    case 2:
      sum = AT_LEAST(sum, x);
      break;
    default:
      while (sum > 90 || x > {2}) {{
        sum -= 7;
        if (sum < {1}) break;
      }}
  }}
  return sum;
}}
"""


def write_units(place: Path, count: int = UNITS) -> list[Path]:
    (place / "shared.h").write_text(HEADER)
    sources = []
    for number in range(count):
        first = number * PER_UNIT
        numbers = range(first, first + PER_UNIT)
        calls = "".join(f"  sum += f{n}(x + {n % 11});\n" for n in numbers if n % 3 == 0)
        path = place / f"unit{number}.c"
        path.write_text('#include "shared.h"\n' + "".join(FUNCTION.format(n, n % 89, n % 97) for n in numbers)
                        + f"int unit{number}(int x) {{\n  int sum = 0;\n{calls}  return sum;\n}}\n")
        sources.append(path)
    main = place / "main.c"
    main.write_text("#include <stdlib.h>\nint failed(void) { abort(); }\n"
                    + "".join(f"int unit{n}(int);\n" for n in range(count))
                    + "int main(void) {\n  int sum = 0;\n"
                    + "".join(f"  sum += unit{n}({n % 7});\n" for n in range(0, count, 2)) + "  return sum == -1;\n}\n")
    return sources + [main]


CLASSES = """#include <cstddef>
inline int twice(int x) { return x > 50 ? x : 2 * x; }
template <class T, int N> struct Box {
  T value;
  int get(int x) const { if (x > N) return x - N; return value.weigh(x) > 3 ? x : N; }
  int sum(int x) const {
    int total = 0;
    auto add = [&](int n) { if (n % 2) total += n; else total -= 1; };
    for (int i = 0; i < x % 6; i++) add(i + N);
    return total && x ? total : get(x);
  }
  template <class F> int apply(F f, int x) const { return x > N || f(x) ? f(x) : sum(x); }
  int all(int x) const { return apply([](int n) { return n > N ? n : twice(n); }, x); }
};
"""
BOXES, TYPES = 9, 7


def write_classes(place: Path) -> list[Path]:
    """Five functions of a box, two of them lambdas; boxes of one file have types that no other file has."""
    (place / "classes.h").write_text(CLASSES)
    sources = []
    for number in range(CLASS_FILES):
        text = '#include "classes.h"\n'
        for kind in range(TYPES):
            text += (f"struct T{number}_{kind} {{ int weigh(int x) const {{\n  if (x % {kind + 2}) return x;\n"
                     f"  return {kind};\n}} }};\n")
        text += f"int file{number}(int x) {{\n  int sum = 0;\n"
        for kind in range(TYPES):
            for box in range(BOXES):
                text += f"  sum += Box<T{number}_{kind}, {box}>().all(x + {box});\n"
        path = place / f"file{number}.cpp"
        path.write_text(text + "  return sum;\n}\n")
        sources.append(path)
    main = place / "main.cpp"
    main.write_text("".join(f"int file{n}(int);\n" for n in range(CLASS_FILES)) + "int main() {\n  int sum = 0;\n"
                    + "".join(f"  sum += file{n}({n});\n" for n in range(0, CLASS_FILES, 2)) + "  return sum == -1;\n}\n")
    return sources + [main]


MACROS = """#define ALWAYS(x) ((x) ? 1 : (failed(), 0))
#define NEVER(x) ((x) ? (failed(), 1) : 0)
#define ASSERT(x) ((void)((x) || failed()))
#define GET(p, n) (ALWAYS((n) < 64) ? (p)[(n)] : 0)
#define PUT(p, n, v) do { if (NEVER((n) >= 64)) return -1; (p)[(n)] = (v); } while (0)
static int failed(void) { return 0; }
"""
CASES = 420


def write_amalgamation(place: Path) -> list[Path]:
    text = MACROS
    for number in range(4000):
        text += (f"static int g{number}(int *p, int x) {{\n  ASSERT(p != 0);\n  int n = x & 63;\n"
                 f"  if (GET(p, n) > {number % 50} && x % 3) {{\n    PUT(p, n, x + {number % 7});\n"
                 "  } else if (x < 0 || n == 5) {\n    return GET(p, 5);\n  }\n"
                 f"  for (int i = 0; i < (x & 3); i++) {{\n    p[i] += {number % 9};\n  }}\n"
                 "  return p[n];\n}\n")
    text += "static int interpret(int *p, const int *code, int count) {\n  for (int at = 0; at < count; at++) {\n"
    text += "    int x = code[at];\n    switch (x) {\n"
    for number in range(CASES):
        text += (f"      case {number}: {{\n        ASSERT(at < count);\n        int n = GET(p, {number % 64});\n"
                 f"        if (n > {number} && ALWAYS(x >= 0)) {{\n          PUT(p, {number % 64}, n - x);\n"
                 f"        }} else {{\n          p[{number % 64}] += g{9 * number}(p, n);\n        }}\n        break;\n      }}\n")
    text += "      default: return GET(p, 1);\n    }\n  }\n  return 0;\n}\n"
    text += "int main(void) {\n  int p[64] = {0}, code[1000], sum = 0;\n"
    text += f"  for (int i = 0; i < 1000; i++) code[i] = i * 7 % {CASES};\n  sum += interpret(p, code, 1000);\n"
    text += "".join(f"  sum += g{n}(p, {n});\n" for n in range(0, 4000, 3)) + "  return sum == -1;\n}\n"
    path = place / "amalgamation.c"
    path.write_text(text)
    return [path]


def compiled(sources: Iterable[Path], by: str, options: list, suffix: str = "o") -> list[Path]:
    def compile_one(source: Path) -> Path:
        target = source.with_suffix(f".{suffix}")
        call(by, *options, "-c", "-o", target, source)
        return target

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(compile_one, sources))


def link(program: Path, by: str, options: list, objects: list[Path]) -> None:
    names = program.with_suffix(".objects")
    names.write_text("\n".join(map(str, objects)))
    call(by, *options, "-o", program, f"@{names}")


def folder(work: Path, name: str) -> Path:
    place = work / name
    place.mkdir(parents=True, exist_ok=True)
    return place


def by_clang(work: Path, name: str) -> Path:
    """The program `units`, `classes` or `amalgamation`."""
    place = folder(work, name)
    program = place / "program"
    if program.exists():
        return program
    write = {"units": write_units, "classes": write_classes, "amalgamation": write_amalgamation}[name]
    by = compiler() + ("++" if name == "classes" else "")
    objects = compiled(write(place), by, ["-O0", "-w", *COVERAGE])
    link(program, by, COVERAGE, objects)
    return program


def sqlite(work: Path) -> Path:
    """:raises Unavailable: the source package cannot be had here."""
    place = folder(work, "sqlite")
    program = place / "program"
    if program.exists():
        return program
    home = packages.source("sqlite3", place)
    if not (home / "sqlite3.c").exists():
        for command in (["./configure"], ["make", "sqlite3.c"]):
            subprocess.run(command, cwd=home, check=True, capture_output=True)
    objects = compiled([home / "sqlite3.c", home / "test/speedtest1.c"], compiler(), ["-O0", "-w", f"-I{home}", *COVERAGE])
    link(program, compiler(), [*COVERAGE, "-lm", "-lpthread", "-ldl"], objects)
    return program


def units_by_gcc(work: Path) -> Path:
    """Its notes are beside it."""
    place = folder(work, "units-gcc")
    program = place / "program"
    if not program.exists():
        by = os.environ.get("GCC", "gcc")
        link(program, by, ["--coverage"], compiled(write_units(place), by, ["-O0", "-w", "--coverage"]))
    return program


def libraries(work: Path) -> Path:
    """A program that is linked to them, and calls each."""
    place = folder(work, "libraries")
    program = place / "program"
    if program.exists():
        return program
    sources = []
    for number in range(LIBRARIES):
        first = number * PER_UNIT
        names = range(first, first + PER_UNIT)
        source = place / f"library{number}.c"
        source.write_text(HEADER.replace("int failed(void);", "static int failed(void) { return 1; }")
                          + "".join("static " + FUNCTION.format(n, n % 89, n % 97) for n in names)
                          + f"int library{number}(int x) {{\n  return " + " + ".join(f"f{n}(x)" for n in names)
                          + ";\n}\n")
        sources.append(source)
    objects = compiled(sources, compiler(), ["-O0", "-w", "-fPIC", *COVERAGE])
    shared = []
    for one in objects:
        shared.append(one.with_name(f"lib{one.stem}.so"))
        call(compiler(), "-shared", *COVERAGE, "-o", shared[-1], one)
    main = place / "main.c"
    main.write_text("".join(f"int library{n}(int);\n" for n in range(LIBRARIES)) + "int main(void) {\n  int sum = 0;\n"
                    + "".join(f"  sum += library{n}({n});\n" for n in range(LIBRARIES)) + "  return sum == -1;\n}\n")
    call(compiler(), "-O0", *COVERAGE, "-o", program, main, *shared, f"-Wl,-rpath,{place}")
    return program


if __name__ == "__main__":
    write_units(Path(sys.argv[1]), int(sys.argv[2]))
