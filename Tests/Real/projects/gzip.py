"""gzip of Debian, and its suite of scripts: programs that are small and many, and some that a signal ends."""

import re

from peers import ClangGcov, Gcov, LLVM
from real import Compiled


class Gzip(Compiled):
    needs = ("make",)

    def build(self):
        source = self.debian("gzip")
        self.shell(f'./configure -q CC={self.peer.compilers["CC"]} CFLAGS="{self.flags}"; make -s', source)

    @property
    def directory(self):
        return self.home / "source"

    def suite(self):
        return ["make", "-s", "check"]

    def tallies(self, output):
        return re.findall(r"^# ([A-Z]+: +\d+)$", output, re.MULTILINE)

    def summary(self, tallies):
        return ", ".join(" ".join(tally.split()) for tally in tallies if not tally.endswith(" 0"))


ROWS = [Gzip("gzip-gcc", Gcov()), Gzip("gzip-clang", LLVM()), Gzip("gzip-clang-gcov", ClangGcov())]
