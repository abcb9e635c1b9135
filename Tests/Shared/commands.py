"""Commands of others, run with an end: shared by Tests/Foreign and Tests/Real."""

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Outcome:
    status: int  # of subprocess: negative for a signal
    output: str
    timed_out: bool
    seconds: float

    @property
    def end(self) -> str:
        if self.timed_out:
            return "no end"
        return f"exit {self.status}" if self.status >= 0 else f"signal {-self.status}"


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """One that is the same wherever the tests are started from."""
    own = {name: value for name, value in os.environ.items()
           if name in ("PATH", "HOME", "USER", "LOGNAME", "TERM")}
    return own | {"LC_ALL": "C.UTF-8", "TZ": "UTC"} | (extra or {})


def execute(command: list, directory: Path, variables: dict[str, str], seconds: float,
            **options) -> Outcome:
    """In a session of its own, all of which ends with it."""
    log = directory / "output"
    begun = time.monotonic()
    with log.open("wb") as file:
        process = subprocess.Popen(
            [os.fspath(word) for word in command], stdin=subprocess.DEVNULL, stdout=file,
            stderr=subprocess.STDOUT, cwd=directory, env=variables, start_new_session=True, **options)
        late = False
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            late = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    text = log.read_text(errors="replace")
    return Outcome(process.returncode, text, late, time.monotonic() - begun)
