"""CLI11 of Debian: one header library, and 19 test programs that share its headers (the suite is built on Catch)."""

import re
from pathlib import Path

import packages
from peers import LLVM
from real import Compiled, Explained


class CLI11(Compiled):
    explained = [Explained(
        "theirs", "blank or a comment, in the mapping of a program that does not use the function", text=r"^\s*(//.*)?$")]

    def build(self):
        source = self.debian("cli11")
        catch = packages.unpacked("catch2", self.home.parent / "sources")
        # Without Boost; the others are no tests of their own.
        left_out = {"BoostOptionTypeTest", "WindowsTest", "informational", "link_test_1", "link_test_2", "main"}
        names = sorted({path.stem for path in (source / "tests").glob("*.cpp")} - left_out)
        (self.home / "programs").write_text("\n".join(names))
        self.shell(f"""
            c() {{ {self.peer.compilers["CXX"]} -std=c++17 -w -I{source}/include -isystem {catch}/usr/include "$@"; }}
            c -c {source}/tests/main.cpp -o main.o
            for n in {" ".join(names)}; do c {self.flags} {source}/tests/$n.cpp main.o -o $n; done
            """)

    @property
    def sources(self):
        return self.home / "source/include"

    def suite(self):
        names = Path(self.home / "programs").read_text().split()
        return ["sh", "-c", 'for n in "$@"; do ./$n --order lex || echo "failed: $n"; done', "sh", *names]

    def tallies(self, output):
        return re.findall(r"^(?:All tests passed.*|test cases: .*|assertions: .*|failed: .*)$", output, re.MULTILINE)

    def summary(self, tallies):
        return f"{sum(tally.startswith('All') for tally in tallies)} programs pass"


ROWS = [CLI11("cli11", LLVM())]
