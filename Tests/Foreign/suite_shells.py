"""The test suites of shells, from Debian's source packages, with the shells that are installed: bash's,
zsh's and mksh's own, and busybox's suite for ash with dash."""

import re
import shutil
import subprocess
from pathlib import Path

from compare import Suite
from ways import Place, Unavailable, normal, source_package

# Of what the library stands near: traps, jobs, exec, kill, waits.
SHORT = ("bash run-trap", "bash run-exec", "bash run-lastpipe", "bash run-vredir", "zsh B11kill",
         "zsh C03traps", "zsh W02jobs", "dash ash-signals/", "dash ash-psubst/")
SECONDS = 120
# dash's `.` hands no arguments on: the script would include itself for ever.
ARGUMENTS = {"ash-vars/var_LINENO1.tests": ["norepeat"]}


class Shells(Suite):
    name = "shells"
    shows_environment = ("mksh check.t: xxx-exec-environment-2",)  # compares what two runs of env print

    def prepare(self, directory: Path, short: bool) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.sources: dict[str, Path] = {}
        self.names: list[str] = []
        missing = []
        for shell, package in (("bash", "bash"), ("zsh", "zsh"), ("mksh", "mksh"), ("dash", "busybox")):
            if not shutil.which(shell):
                missing.append(shell)
                continue
            self.sources[shell] = source_package(package)
            self.names += [f"{shell} {name}" for name in getattr(self, f"{shell}_cases")()]
        if missing:
            print(f"skip  shells: no {', '.join(missing)} here")
        if not self.names:
            raise Unavailable("a shell")
        if short:
            self.names = [name for name in self.names if name.startswith(SHORT)]
        self.tools = directory / "tools"  # that the suites of bash and busybox print arguments with
        self.tools.mkdir(exist_ok=True)
        (self.tools / "config.h").touch()
        for tool in ("recho", "zecho", "printenv", "xcase"):
            subprocess.run(["cc", "-w", "-I", self.sources["bash"] / "include", "-I", self.tools,
                            "-I", self.sources["bash"], "-include", "unistd.h", "-o", self.tools / tool,
                            self.sources["bash"] / "support" / f"{tool}.c"], check=True)

    def cases(self) -> list[str]:
        return self.names

    def bash_cases(self) -> list[str]:
        names = sorted(path.name for path in (self.sources["bash"] / "tests").glob("run-*"))
        return [name for name in names if name not in ("run-all", "run-minimal", "run-gprof")]

    def zsh_cases(self) -> list[str]:
        return sorted(path.stem for path in (self.sources["zsh"] / "Test").glob("*.ztst"))

    def mksh_cases(self) -> list[str]:
        return ["check.t"]

    def dash_cases(self) -> list[str]:
        home = self.sources["dash"] / "shell/ash_test"
        return sorted(str(path.relative_to(home)) for path in home.glob("ash-*/*.tests"))

    def run(self, place: Place, names: list[str]) -> dict[str, str]:
        """mksh's is one program with many cases."""
        wanted = [name.split(": ")[1] for name in names if name.startswith("mksh check.t: ")]
        names = [name for name in names if not name.startswith("mksh check.t: ")]
        results = super().run(place, names)
        if wanted or "mksh check.t" in results:
            text = results.pop("mksh check.t", None) or self.mksh(place)
            for result in re.split(r"\n(?=pass |FAIL |Total )", text):
                name = re.match(r"(?:pass|FAIL) \S*check\.t:(.*)", result)
                if name and (not wanted or name[1] in wanted):
                    results[f"mksh check.t: {name[1]}"] = result
        return results

    def is_broken(self, text: str) -> bool:
        """One without an end is run in vain, prints never the same, and would be run again and again."""
        return text.startswith("no end\n")

    def case(self, place: Place, name: str) -> str:
        shell, test = name.split(" ", 1)
        return getattr(self, shell)(place, test)

    def bash(self, place: Place, test: str) -> str:
        home = place.scratch(f"bash {test}")
        directory = home / "tests"
        shutil.copytree(self.sources["bash"] / "tests", directory, symlinks=True)
        extra = {"THIS_SH": shutil.which("bash"), "BASH_TSTOUT": f"{home}/tested", "TMPDIR": str(home),
                 "BUILD_DIR": str(home), "PATH": f"{self.tools}:{place.variables['PATH']}"}
        outcome = place.execute(["sh", f"./{test}"], directory, SECONDS, extra)
        tested = home / "tested"
        left = tested.read_text(errors="replace") if tested.exists() else ""
        return f"{outcome.end}\n{normal(outcome.output + left, home)}"

    def zsh(self, place: Place, test: str) -> str:
        home = place.scratch(f"zsh {test}")
        source = self.sources["zsh"] / "Test"
        extra = {"ZTST_verbose": "1", "ZTST_continue": "1", "ZTST_exe": shutil.which("zsh"),
                 "ZTST_srcdir": str(source), "TMPPREFIX": f"{home}/zsh"}
        outcome = place.execute(
            ["zsh", "+Z", "-f", source / "ztst.zsh", source / f"{test}.ztst"], home, SECONDS, extra)
        return f"{outcome.end}\n{normal(outcome.output, home)}"

    def mksh(self, place: Place, test: str = "check.t") -> str:
        home = place.scratch(f"mksh {test}")
        source = self.sources["mksh"]
        mksh = shutil.which("mksh")
        outcome = place.execute(
            ["perl", source / "check.pl", "-s", source / "check.t", "-v", "-p", mksh,
             "-e", f"MKSH={mksh}", "-T", home], home, 300)
        return normal(outcome.output, home)

    def dash(self, place: Place, test: str) -> str:
        home = place.scratch(f"dash {test}")
        directory = home / "tests"
        source = self.sources["dash"] / "shell/ash_test" / test
        shutil.copytree(source.parent, directory, symlinks=True)
        extra = {"THIS_SH": shutil.which("dash"), "PATH": f"{self.tools}:{place.variables['PATH']}"}
        outcome = place.execute(["dash", f"./{source.name}", *ARGUMENTS.get(test, [])], directory, SECONDS, extra)
        return f"{outcome.end}\n{normal(outcome.output, home)}"
