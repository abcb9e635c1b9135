"""A server on loopback as a foreign case: started, loaded, signalled, and what of it can be seen."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

from ways import Place

SECONDS = 120


class Silent(Exception):
    """What was awaited did not come."""


def until(what: str, condition, seconds: float = SECONDS):
    """Polls, for there is nothing to wait on in another's program."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Silent(what)
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def children(pid: int) -> list[int]:
    """Those that live."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(name))
    return sorted(found)


class Server:
    """One process and its descendants. What a scenario sees is put down by `note`."""

    program: Path | None = None

    def __init__(self, place: Place, directory: Path):
        self.place, self.directory = place, directory
        self.port = free_port()
        self.notes: list[str] = []
        self.process: subprocess.Popen | None = None

    def note(self, *words) -> None:
        self.notes.append(" ".join(map(str, words)))

    def start(self, command: list, **options) -> None:
        with (self.directory / "output").open("ab") as log:
            self.process = subprocess.Popen(
                [os.fspath(word) for word in command], stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, cwd=self.directory, env=self.place.variables,
                start_new_session=True, **options)

    @property
    def pid(self) -> int:
        return self.process.pid

    def send(self, number: signal.Signals, pid: int | None = None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid or self.pid, number)

    def ended(self) -> str:
        """Waits for the end, and says how it was."""
        try:
            status = self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            return "no end"
        return f"exit {status}" if status >= 0 else f"signal {-status}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), SECONDS)

    def listens(self) -> bool:
        try:
            self.connect().close()
            return True
        except OSError:
            if self.process.poll() is not None:
                raise Silent(f"the server, which ended: {self.ended()}") from None
            return False

    def log(self, name: str = "output") -> str:
        path = self.directory / name
        text = path.read_text(errors="replace") if path.exists() else ""
        return text.replace(str(self.directory), "DIRECTORY")

    def close(self) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()


def plain(text: str, *, ordered: bool = False) -> str:
    """A log without pids, times, ports; where processes write side by side, as a set of lines."""
    text = re.sub(r"0x[0-9a-fA-F]+|\b[0-9a-f]{12,}\b", "HEX", text)
    text = re.sub(r"\d{1,2}[ /][A-Z][a-z]{2}[ /]\d{4}|\d{4}[-/]\d\d[-/]\d\d", "DATE", text)
    lines = re.sub(r"\*\d+|\d+([.:]\d+)+|\d{3,}", "#", text).splitlines()
    return "\n".join(lines if ordered else sorted(set(lines)))
