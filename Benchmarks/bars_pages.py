"""Bars of reports of many files: pages for a browser against genhtml's, Cobertura against lcov."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import recordings
from bars_reports import Cost, clean, timed
from harness import base_environment
from results import Result

FUNCTION = """def function_{0}(value):
    total = {0}
    if value > {1}:
        total += value * 2
    else:
        total -= 1
    for item in range(3):
        total += item
    return total


"""


def sources(place: Path, files: int, lines: int) -> None:
    """Python, because 1.1 million lines of it need no compiler."""
    functions = lines // 11
    for number in range(files):
        folder = place / f"src/part{number % 40}/group{number % 7}"
        folder.mkdir(parents=True, exist_ok=True)
        text = "".join(FUNCTION.format(k, k % 13) for k in range(functions))
        text += f"for k in range(0, {functions}, {2 + number % 3}):\n    globals()['function_%d' % k]({number % 20})\n"
        (folder / f"mod{number}.py").write_text(text)
    (place / "main.py").write_text(
        "import glob, runpy\nfor path in sorted(glob.glob('src/**/*.py', recursive=True)):\n    runpy.run_path(path)\n")


def report(place: Path, *formats: str) -> tuple[Cost, int]:
    """CPU, and the most memory in KiB."""
    command = [recordings.command(), "report", "rec"]
    for text in formats:
        command += ["-f", text]
    measured = place / "time"
    cost = timed(["/usr/bin/time", "-f", "%M", "-o", measured, *command], base_environment(), cwd=place,
                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return cost, int(measured.read_text().split()[-1])


def pages(work: Path, files: int, lines: int) -> Iterator[Result]:
    place = work / "pages"
    clean(place)
    place.mkdir()
    sources(place, files, lines)
    timed([recordings.command(), "run", "-q", "-o", "rec", "--python-source", ".", "--", "python3", "main.py"],
          base_environment(), cwd=place)
    lcov, _ = report(place, "lcov=lcov.info")
    cobertura, _ = report(place, "cobertura=coverage.xml")
    first, memory = report(place, "html=html")
    again, _ = report(place, "html=html")
    text, _ = report(place, "text=coverage.txt")
    of = f"{files:,} files, {files * lines:,} lines"
    yield Result(f"Cobertura of {of} / lcov, CPU", "≤ 1.20", cobertura.cpu / lcov.cpu, 1.2,
                 f"{cobertura.cpu:.2f} s against {lcov.cpu:.2f}; text {text.cpu:.2f}")
    yield Result("memory of the HTML report", "≤ 500 MiB", memory / 1024, 500,
                 f"written again, with no page changed, in {again.cpu:.2f} s CPU instead of {first.cpu:.2f}", unit="MiB")
    if not shutil.which("genhtml"):
        return
    theirs = timed(["genhtml", "-q", "lcov.info", "-o", "genhtml"], base_environment(), cwd=place)
    yield Result("HTML / genhtml, CPU", "≤ 0.20", first.cpu / theirs.cpu, 0.2,
                 f"{first.cpu:.1f} s against {theirs.cpu:.1f}; wall {first.wall:.1f} s against {theirs.wall:.1f}")
