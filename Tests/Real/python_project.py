"""A package of PyPI with its own tests, in an environment of its own, under pytest."""

import re
from pathlib import Path

import packages
from peers import CoveragePy
from real import Project


class Python(Project):
    peer = CoveragePy()
    package = ""  # by PyPI's name
    wanted: tuple[str, ...] = ()  # beside pytest
    measured = "."  # below the source: what is compared
    tests: tuple[str, ...] = ()

    programs: Path

    def build(self):
        source = packages.python_source(self.home, self.package)
        source.rename(self.home / "source")
        packages.python_environment(self.home, "pytest", "coverage", *self.wanted, "-e", str(self.home / "source"))

    def start(self):
        self.programs = self.home / "environment/bin"
        self.measuring = self.peer.configure(self.programs, self.home, self.sources)

    @property
    def sources(self):
        return self.home / "source" / self.measured

    @property
    def directory(self):
        return self.home / "source"

    def variables(self):
        path = f"{self.programs}:/usr/local/bin:/usr/bin:/bin"
        return {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "1"}

    def options(self):
        return ["--python-source", str(self.sources)]

    def suite(self):
        # Of their own: other runs of pytest remove what lies in the usual place.
        return ["pytest", "-p", "no:cacheprovider", "--basetemp", self.home / "temporary", "-v", *self.tests]

    def suite_of_peer(self):
        return self.suite()

    def variables_of_peer(self):
        return self.measuring

    def tallies(self, output):
        cases = re.findall(r"^(\S+::.*? (?:PASSED|FAILED|SKIPPED|ERROR|XFAIL|XPASS))\b", output, re.MULTILINE)
        return sorted(cases) + re.findall(r"^=+ (.*\d+ (?:passed|failed).*) in [\d.]+s", output, re.MULTILINE)
