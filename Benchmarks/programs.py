"""Builds the programs that are measured, with the clang on PATH (or $CC)."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SOURCES = Path(__file__).parent / "programs"
FIXTURES = Path(__file__).parent.parent / "Tests/Fixtures/other"
COVERAGE = ["-fprofile-instr-generate", "-fcoverage-mapping"]
FUNCTIONS = 25_000
PER_FILE = 1_000


def compiler() -> str:
    return os.environ.get("CC", "clang")


def tool(name: str) -> str:
    """The llvm tool that belongs to the compiler: raw profiles are read by their own version only."""
    asked = [compiler(), f"-print-prog-name={name}"]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def call(*arguments) -> None:
    subprocess.run([str(a) for a in arguments], check=True)


def function(number: int) -> str:
    """Four or five branches: with its entry, 5 or 6 counters."""
    lines = [f"int f{number}(int x) {{", f"  int y = x ^ {number};"]
    for branch in range(4 if number % 4 == 0 else 5):
        lines.append(f"  if (y & {1 << branch}) y += {number % 97 + branch};")
    return "\n".join(lines + ["  return y;", "}"]) + "\n"


def write_large(directory: Path) -> list[Path]:
    files = []
    for first in range(0, FUNCTIONS, PER_FILE):
        path = directory / f"large_{first}.c"
        path.write_text("".join(function(n) for n in range(first, first + PER_FILE)))
        files.append(path)
    names = [f"f{n}" for n in range(FUNCTIONS)]
    table = directory / "large_table.c"
    table.write_text(
        "".join(f"int {n}(int);\n" for n in names)
        + "int (*const functions[])(int) = {" + ",\n".join(names) + "};\n"
        + f"const int functions_count = {FUNCTIONS};\n"
    )
    return files + [table, SOURCES / "large_main.c"]


def build_large(directory: Path) -> None:
    sources = write_large(directory)
    objects = [directory / (s.stem + ".o") for s in sources]

    def compile_one(pair):
        call(compiler(), "-O0", "-I", SOURCES, *COVERAGE, "-c", "-o", pair[1], pair[0])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(compile_one, zip(sources, objects)))
    call(compiler(), *COVERAGE, "-o", directory / "large", *objects)


def build(directory: Path) -> None:
    """Leaves spawner, small, steady, signals, forkers, large and empty.so in `directory`; what is there stays."""
    directory.mkdir(parents=True, exist_ok=True)
    source = lambda name: SOURCES / f"{name}.c"
    if not (directory / "spawner").exists():
        call(compiler(), "-O2", "-o", directory / "spawner", source("spawner"))
    for name, level in (("small", "-O0"), ("steady", "-O0"), ("signals", "-O1")):
        if not (directory / name).exists():
            call(compiler(), level, *COVERAGE, "-o", directory / name, source(name))
    if not (directory / "forkers").exists():
        call(compiler(), "-O1", *COVERAGE, "-pthread", "-o", directory / "forkers", FIXTURES / "forkers.c")
    if not (directory / "empty.so").exists():
        (directory / "empty.c").write_text("")
        call(compiler(), "-shared", "-fPIC", "-o", directory / "empty.so", directory / "empty.c")
    if not (directory / "large").exists():
        build_large(directory)
