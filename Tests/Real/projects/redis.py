"""redis of Debian, a part of its suite: servers whose children save and rewrite files, and end by _exit or a signal."""

import re

from peers import Gcov, LLVM
from real import Compiled, Explained

UNITS = ["unit/type/hash", "unit/aofrw", "unit/scripting", "unit/shutdown", "unit/other", "integration/rdb",
         "integration/aof"]


class Redis(Compiled):
    needs = ("make", "tclsh")
    explained = [Explained(
        "more", "only in children that end by _exit, or in servers that a signal ends")]

    def build(self):
        source = self.debian("redis")
        # The default of its Makefile is -O2 with -flto; tests of crashes want the symbols.
        self.shell(f"""
            make -s -j2 -C src MALLOC=libc OPTIMIZATION=-O0 CC={self.peer.compilers["CC"]} \\
              REDIS_CFLAGS="{self.flags}" REDIS_LDFLAGS="{self.flags}" redis-server redis-cli redis-benchmark \\
              redis-check-rdb redis-check-aof redis-sentinel
            """, source)

    @property
    def sources(self):
        return self.home / "source/src"

    @property
    def directory(self):
        return self.home / "source"

    def suite(self):
        return ["./runtest", "--clients", "1", *(word for unit in UNITS for word in ("--single", unit))]

    def tallies(self, output):
        output = re.sub(r"\x1b\[[\d;]*m", "", output)
        return re.findall(r"^(?:\[(?:ok|err|exception|ignore)\]: .*?(?= \(\d+ ms\)$|$)|\\o/ .*)", output, re.MULTILINE)

    def summary(self, tallies):
        return f"{sum(tally.startswith('[ok]') for tally in tallies)} tests ok"


ROWS = [Redis("redis", Gcov())]
