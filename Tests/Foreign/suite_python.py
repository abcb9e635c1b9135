"""CPython's own tests of signals, processes and threads, by each Python here that has its test package."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from compare import Suite
from ways import HERE, Place, Unavailable, environment, normal

SHORT = ("test_signal", "test_subprocess.POSIXProcessTestCase", "test_posix")
SLOW = "test_siginterrupt_off"  # half a minute
LONG = ("test_signal", "test_subprocess", "test_posix", "test_faulthandler", "test_os", "test_threading", "test_threadsignals", "test_fork1", "test_wait3", "test_wait4",
        "test_popen", "test_pty", "test_atexit", "test_eintr", "test_crashers",
        "test_concurrent_futures", "test_asyncio.test_subprocess", "test_asyncio.test_unix_events",
        "test_multiprocessing_fork", "test_multiprocessing_spawn", "test_multiprocessing_forkserver")
SECONDS = 900


def interpreters(short: bool) -> list[Path]:
    """One of each minor version: the system's, for some tests want no shared libpython; on the PATH; of
    pyenv. The first is enough for the short form."""
    found: dict[str, Path] = {}
    candidates = [Path(path) for path in map(shutil.which, ("/usr/bin/python3", "python3")) if path]
    candidates += sorted(Path.home().glob(".pyenv/versions/*/bin/python3"))
    for path in candidates:
        if short and found:
            break
        done = subprocess.run(
            [path, "-c", "import sys, test.test_signal; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True, text=True, env=environment())
        if done.returncode == 0:
            found.setdefault(done.stdout.strip(), path)
    return [found[name] for name in sorted(found, key=lambda name: int(name.split(".")[1]))]


class Python(Suite):
    name = "python"
    shows_environment = ("test_empty_env",)  # that a program which is given no variable has none
    jobs = 2

    def prepare(self, directory: Path, short: bool) -> None:
        self.left_out = [f"-{SLOW}"] if short else []
        pythons = interpreters(short)
        if not pythons:
            raise Unavailable("a Python with its test package (libpython3.11-testsuite)")
        if short:
            pythons = pythons[-1:]
        self.modules: dict[str, tuple[Path, str]] = {}
        for python in pythons:
            version = subprocess.run(
                [python, "-c", "import platform; print(platform.python_version())"],
                capture_output=True, text=True, env=environment()).stdout.strip()
            for module in SHORT if short else LONG:
                self.modules[f"{version} {module}"] = (python, f"test.{module}")

    def cases(self) -> list[str]:
        return list(self.modules)

    def run(self, place: Place, names: list[str]) -> dict[str, str]:
        """Names are modules, or single tests in them behind a colon."""
        wanted: dict[str, list[str]] = {}
        for name in names:
            module, _, test = name.partition(": ")
            wanted.setdefault(module, [])
            if test:
                wanted[module].append(test)
        with ThreadPoolExecutor(self.jobs) as pool:
            results = pool.map(lambda item: self.module(place, *item), wanted.items())
        return {name: text for result in results for name, text in result.items()}

    def module(self, place: Place, name: str, tests: list[str]) -> dict[str, str]:
        python, module = self.modules[name]
        directory = place.scratch(name)
        lines = directory / "results"
        tests = [test for test in tests if test != "the module"]
        outcome = place.execute(
            [python, HERE / "python_tests.py", lines, module, *tests, *self.left_out], directory, SECONDS)
        results: dict[str, list[str]] = {}
        begun = None
        for line in lines.read_text().splitlines() if lines.exists() else []:
            word, test, more = line.split("\t", 2)
            if word == "done":
                continue
            begun = test if word == "begin" else begun
            found = results.setdefault(f"{name}: {test}", [])
            if word != "begin":
                found.append(f"{word} {normal(more, directory)}".strip())
        if begun and not results[f"{name}: {begun}"]:
            results[f"{name}: {begun}"] = [f"did not come back: {outcome.end}"]
        whole = outcome.end if results else f"{outcome.end}\n{normal(outcome.output, directory)}"
        results[f"{name}: the module"] = [whole]
        return {test: "\n".join(found) for test, found in results.items()}
