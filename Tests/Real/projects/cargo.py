"""A cargo workspace of three crates (Tests/Fixtures/real/cargo): a proc-macro, and tests that spawn and kill."""

import re
import shutil
from pathlib import Path

from peers import LLVM
from real import Explained, Project

FIXTURE = Path(__file__).resolve().parent.parent.parent / "Fixtures/real/cargo"


class Cargo(Project):
    name = "cargo"
    needs = ("cargo", "rustc")
    peer = LLVM()
    must_run = "// ran"
    explained = [
        Explained("more", "in processes that are killed or abort", file=r"tool/src/main\.rs$"),
        Explained("more", "in a doctest, whose program rustdoc deletes: llvm-cov can't read it", file=r"words/src/lib\.rs$"),
    ]

    def build(self):
        shutil.copytree(FIXTURE, self.home / "source")

    @property
    def sources(self):
        return self.home / "source"

    @property
    def directory(self):
        return self.home / "source"

    def variables(self):
        return {"RUSTFLAGS": "-C instrument-coverage", "CARGO_TERM_COLOR": "never"}

    def before(self):
        # What the proc-macro does, it does in the compiler.
        shutil.rmtree(self.home / "source/target", ignore_errors=True)

    def suite(self):
        return ["cargo", "test", "--offline"]

    def tallies(self, output):
        return sorted(re.findall(r"^(?:test \S+ .*\.\.\. \w+|test result: .*(?=; finished))", output, re.MULTILINE))

    def summary(self, tallies):
        return f"{sum(tally.endswith('... ok') for tally in tallies)} tests ok"


ROWS = [Cargo()]
