"""A plugin of pytest: `pytest --salvage` runs the tests under `salvage run` and shows the coverage at the end.

All processes that the tests start are in it, however they end. The configuration file .salvage.toml counts as it
does for the command.
"""

import os
import shutil
import subprocess
import sys

import pytest
import salvage


def pytest_addoption(parser):
    group = parser.getgroup("salvage", "coverage of all processes, by Salvage")
    group.addoption("--salvage", action="store_true", help="run the tests under `salvage run`, and report coverage")
    group.addoption(
        "--salvage-report", action="append", default=[], metavar="FORMAT[=PATH]",
        help="a report at the end (default: text, the table); may be repeated")
    group.addoption(
        "--salvage-fail-under", type=float, metavar="N", help="fail if less than N percent of the lines ran")
    group.addoption(
        "--salvage-option", action="append", default=[], metavar="OPTION",
        help="an option of `salvage run`, as --salvage-option=--python-source=src; may be repeated")


def _wanted(options):
    return bool(
        options.salvage or options.salvage_report or options.salvage_option
        or options.salvage_fail_under is not None)


def _command():
    command = shutil.which("salvage")
    if command is None:
        raise pytest.UsageError("--salvage: the command salvage is not on PATH")
    return command


def pytest_load_initial_conftests(early_config):
    """Starts pytest again, under Salvage, before anything of the tests is imported.

    What is recorded already, as a worker of pytest-xdist or a pytest under an outer `salvage run`, goes on as it is.
    """
    options = early_config.known_args_namespace
    if not _wanted(options) or salvage.is_recording():
        return
    words = [_command(), "run", "-q"] + options.salvage_option
    words += ["--", sys.executable, "-m", "pytest"] + [str(word) for word in early_config.invocation_params.args]
    # Its capture has put files in the place of stdout and stderr.
    capture = early_config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.stop_global_capturing()
    sys.stdout.flush()
    sys.stderr.flush()
    os.chdir(str(early_config.invocation_params.dir))
    os.execv(words[0], words)


def _recording():
    place = os.environ.get("SALVAGE_RECORDING", "").partition(";")[0]
    return ["-r", place] if place else []


def _report(options):
    """What `salvage report` prints, and how it ends."""
    words = [_command(), "report"] + _recording()
    formats = options.salvage_report or ["text"]
    for name in formats:
        words += ["-f", name]
    if options.salvage_fail_under is not None:
        words += ["--fail-under-lines", str(options.salvage_fail_under)]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout, done.returncode


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    config = session.config
    if not _wanted(config.option) or hasattr(config, "workerinput") or not salvage.is_recording():
        return
    text, code = _report(config.option)
    config._salvage_text = text
    # 1: tests failed. Where they did, or were interrupted, that stays.
    if code != 0 and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    text = getattr(config, "_salvage_text", None)
    if text is not None:
        terminalreporter.section("coverage by salvage")
        terminalreporter.write(text)
