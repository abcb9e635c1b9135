"""The numbers of CShim/ABI/include for harnesses in Python, as the compiler has them: `number("SLV_ABI_VERSION")`,
`size("slv_cell")`, `offset("slv_ledger_header", "next")`, `pack("slv_run", low=0x5000)`. Nothing of the contract is
written down a second time."""

import os
import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path

INCLUDE = Path(__file__).resolve().parents[2] / "CShim/ABI/include"


def _without_comments(text: str) -> str:
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)


def _expressions(text: str) -> list[tuple[str, str]]:
    """Name and C expression of each macro that is a number, enumerator, size and field."""
    found = [(name, name) for name in re.findall(r"^#define (SLV_\w+) +[^\"\s].*$", text, re.M)
             if not re.search(rf"#define {name} (static_assert|_Static_assert)", text)]
    for body in re.findall(r"\benum \w+ *\{(.*?)\}", text, re.S):
        found += [(name, name) for name in re.findall(r"\b(SLV_\w+)(?= *[=,\n}]| *$)", body)]
    for name, body in re.findall(r"\bstruct (slv_\w+) *\{(.*?)\n\}", text, re.S):
        found.append((name, f"sizeof(struct {name})"))
        for field in re.findall(r"(\w+) *(?:\[[^\]]*\] *)*(?=[;,])", body):
            found.append((f"{name}.{field}", f"offsetof(struct {name}, {field})"))
            found.append((f"{name}.{field}#", f"sizeof(((struct {name} *)0)->{field})"))
    return found


@cache
def _numbers() -> dict[str, int]:
    headers = sorted(INCLUDE.glob("*.h"))
    found = [one for header in headers for one in _expressions(_without_comments(header.read_text()))]
    program = ["#include <stddef.h>", "#include <stdint.h>", "#include <stdio.h>"]
    program += [f'#include "{header.name}"' for header in headers]
    program += ["int main(void) {"]
    program += [f'  printf("%s %llu\\n", "{name}", (unsigned long long)({text}));' for name, text in found]
    program += ["  return 0;", "}"]
    with tempfile.TemporaryDirectory() as directory:
        source, tool = Path(directory, "numbers.c"), Path(directory, "numbers")
        source.write_text("\n".join(program))
        subprocess.run(["cc", "-w", "-I", INCLUDE, "-o", tool, source], check=True)
        done = subprocess.run([tool], capture_output=True, text=True, check=True)
    return {name: int(value) for name, value in map(str.split, done.stdout.splitlines())}


def number(name: str) -> int:
    """A macro or an enumerator."""
    return _numbers()[name]


def size(struct: str) -> int:
    return _numbers()[struct]


def offset(struct: str, field: str) -> int:
    return _numbers()[f"{struct}.{field}"]


def pack(struct: str, **fields: int | bytes) -> bytes:
    """A struct of these fields; the others are 0."""
    data = bytearray(size(struct))
    for field, value in fields.items():
        at, width = offset(struct, field), _numbers()[f"{struct}.{field}#"]
        content = value if isinstance(value, bytes) else value.to_bytes(width, "little")
        if len(content) > width:
            raise ValueError(f"{struct}.{field}: {len(content)} bytes in {width}")
        data[at : at + len(content)] = content
    return bytes(data)


def settings(recording: os.PathLike, library: os.PathLike, flags: int = 0, save_before: int = 0) -> bytes:
    """The file `settings` of a recording."""
    return pack("slv_settings", magic=number("SLV_SETTINGS_MAGIC"), version=number("SLV_ABI_VERSION"),
                size=size("slv_settings"), flags=flags, save_before=save_before, command_version=b"test",
                users=os.fsencode(recording), library=os.fsencode(library))
