"""The tools that others read coverage with: what their own runtimes wrote of a bare run, as lines."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from packages import Unavailable

Lines = dict[str, dict[int, int]]  # path, line, count
Item = tuple[str, str, int]  # what of a line differs, path, line


def read_tracefile(text: str, below: Path) -> Lines:
    """Of an lcov tracefile, what lies below a folder."""
    files: Lines = {}
    lines: dict[int, int] = {}
    for record in text.splitlines():
        if record.startswith("SF:"):
            path = os.path.realpath(record[3:])
            lines = files.setdefault(path, {}) if path.startswith(f"{below}/") else {}
        elif record.startswith("DA:"):
            number, count = record[3:].split(",")[:2]
            lines[int(number)] = lines.get(int(number), 0) + int(count)
    return files


def tool(command: list, where: Path) -> str:
    done = subprocess.run([str(word) for word in command], cwd=where, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command[:6]))}: {done.stderr[-800:]}")
    return done.stdout


class Peer:
    """A compiler, or an interpreter, and the tool that reads what its programs wrote."""

    name = ""
    needs: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    report: tuple[str, ...] = ()  # options of `salvage report`

    def variables(self, work: Path) -> dict[str, str]:
        return {}

    def forget(self, home: Path) -> None:
        """Before a run: what the last one wrote."""

    def lines(self, project, work: Path) -> Lines:
        raise NotImplementedError

    def must_have_run(self, project, work: Path) -> Lines:
        """More of what the tool says when it is asked in another way."""
        return {}

    def explain(self, project, work: Path, found: list[Item]) -> dict[Item, str]:
        """Differences that are the tool's own."""
        return {}


class Gcov(Peer):
    """gcc --coverage, and lcov."""

    name = "lcov"
    needs = ("gcc", "g++", "lcov")
    compilers = {"CC": "gcc", "CXX": "g++"}
    flags = ("-g", "-O0", "--coverage")

    def forget(self, home: Path) -> None:
        for path in home.rglob("*.gcda"):
            path.unlink()

    def lines(self, project, work: Path) -> Lines:
        info = work / "theirs.info"
        tool(["lcov", "-q", "-c", "-d", project.home, "-o", info], work)
        return read_tracefile(info.read_text(), project.sources)


class ClangGcov(Gcov):
    """clang --coverage, and lcov with `llvm-cov gcov`."""

    needs = ("clang", "clang++", "lcov")
    compilers = {"CC": "clang", "CXX": "clang++"}

    def lines(self, project, work: Path) -> Lines:
        beside = Path(os.path.realpath(shutil.which("clang"))).parent
        script = work / "llvm-gcov"
        script.write_text(f'#!/bin/sh\nexec "{beside}/llvm-cov" gcov "$@"\n')
        script.chmod(0o755)
        info = work / "theirs.info"
        tool(["lcov", "-q", "-c", "--gcov-tool", script, "-d", project.home, "-o", info], work)
        return read_tracefile(info.read_text(), project.sources)


class LLVM(Peer):
    """clang's source-based coverage, and llvm-cov with all programs of the build."""

    name = "llvm-cov"
    needs = ("clang", "clang++")
    compilers = {"CC": "clang", "CXX": "clang++"}
    flags = ("-g", "-O0", "-fprofile-instr-generate", "-fcoverage-mapping")
    report = ("--all",)

    def forget(self, home: Path) -> None:
        # Of programs in which nothing is counted, whose runtime goes on as without us.
        for path in home.rglob("*.profraw"):
            path.unlink()

    def variables(self, work: Path) -> dict[str, str]:
        # Of each process a file: a pool that processes merge into is as slow as its locks.
        return {"LLVM_PROFILE_FILE": f"{work}/profiles/%p-%m.profraw"}

    def lines(self, project, work: Path) -> Lines:
        beside = Path(os.path.realpath(shutil.which("clang"))).parent
        listed = work / "profiles.txt"
        profiles = [path for path in (work / "profiles").glob("*") if path.stat().st_size > 0]
        listed.write_text("".join(f"{path}\n" for path in profiles))
        # A process that is killed while it writes leaves half a file.
        tool([beside / "llvm-profdata", "merge", "-failure-mode=all", "-f", listed, "-o", work / "merged"], work)
        return self.export(project, work, project.objects())

    def export(self, project, work: Path, objects: list[Path]) -> Lines:
        beside = Path(os.path.realpath(shutil.which("clang"))).parent
        first, *others = objects
        words = [word for path in others for word in ("-object", path)]
        return read_tracefile(tool(
            [beside / "llvm-cov", "export", "-format=lcov", "-instr-profile", work / "merged", first, *words], work),
            project.sources)

    def must_have_run(self, project, work: Path) -> Lines:
        """The same of each program for itself, joined. Of all together, llvm-cov takes the first mapping of a function that it
        meets: also that of a program which has the header, and does not use the function."""
        files: Lines = {}
        for path in project.objects():
            for name, lines in self.export(project, work, [path]).items():
                joined = files.setdefault(name, {})
                for line, count in lines.items():
                    joined[line] = max(joined.get(line, 0), count)
        return files

    def explain(self, project, work: Path, found: list[Item]) -> dict[Item, str]:
        alone = self.must_have_run(project, work) if any(item[0] == "more" for item in found) else {}
        return {item: f"{self.name} of one program by itself says so too"
                for item in found if item[0] == "more" and alone.get(item[1], {}).get(item[2])}


class CoveragePy(Peer):
    """coverage.py, in all processes of the tree: a second bare run is made under it."""

    name = "coverage.py"
    needs = ("python3",)

    def forget(self, home: Path) -> None:
        for path in (*home.rglob(".coverage"), *home.rglob(".coverage.*")):
            path.unlink()

    def configure(self, programs: Path, home: Path, *sources: Path) -> dict[str, str]:
        """Every Python of the environment starts coverage.py by its configuration."""
        listed = "".join(f"    {path}\n" for path in sources)
        rules = home / "coveragerc"
        rules.write_text(
            f"[run]\nparallel = true\nsigterm = true\ndata_file = {home}/.coverage\nsource =\n{listed}"
            "concurrency = thread,multiprocessing\n[report]\ninclude_namespace_packages = false\n")
        library = next((programs.parent / "lib").glob("python*/site-packages"))
        (library / "start_coverage.pth").write_text("import coverage; coverage.process_startup()\n")
        return {"COVERAGE_PROCESS_START": str(rules)}

    def lines(self, project, work: Path) -> Lines:
        rules, program = project.home / "coveragerc", project.programs / "coverage"
        tool([program, "combine", f"--rcfile={rules}"], work)
        tool([program, "json", "-q", f"--rcfile={rules}", "-o", work / "theirs.json"], work)
        files: Lines = {}
        for name, file in json.loads((work / "theirs.json").read_text())["files"].items():
            path = os.path.realpath(work / name)
            if path.startswith(f"{project.sources}/"):
                files[path] = {line: 0 for line in file["missing_lines"]} | {line: 1 for line in file["executed_lines"]}
        return files


    def explain(self, project, work: Path, found: list[Item]) -> dict[Item, str]:
        paths = sorted({path for what, path, _ in found if what == "ours"})
        inner = {path: set(lines) for path, lines in json.loads(
            tool([project.programs / "python", "-c", PARSER, *paths], work)).items()}
        return {item: "coverage.py counts the first line of a statement alone, and no docstrings"
                for item in found if item[0] == "ours" and item[2] in inner[item[1]]}


# Lines that coverage.py's parser gives to another line, or to none.
PARSER = """
import json, sys
from coverage.parser import PythonParser
inner = {}
for path in sys.argv[1:]:
    parser = PythonParser(filename=path)
    parser.parse_source()
    lines = parser.multiline_map if hasattr(parser, "multiline_map") else parser._multiline
    inner[path] = sorted({line for line, first in lines.items() if line != first} | parser.raw_docstrings)
print(json.dumps(inner))
"""


def require(*programs: str) -> None:
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        raise Unavailable(" and ".join(missing))
