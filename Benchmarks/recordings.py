"""Recordings for the programs under measurement, made by the salvage command as its users do."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from harness import base_environment


def command() -> str:
    """The salvage command: $SALVAGE, else the release build of this package."""
    built = Path(__file__).parent.parent / ".build/release/salvage"
    return os.environ.get("SALVAGE", str(built))


def environment(directory: Path, *options: str) -> dict[str, str]:
    """A new recording's variables, with our own base environment."""
    shutil.rmtree(directory, ignore_errors=True)
    done = subprocess.run(
        [command(), "env", "-o", str(directory), "--shell", "json", *options],
        env=base_environment(), capture_output=True, text=True, check=True)
    return {**base_environment(), **variables(json.loads(done.stdout))}


def variables(printed: dict) -> dict[str, str]:
    """`salvage env --shell json` prints an object of names and values."""
    wanted = ("LD_PRELOAD", "SALVAGE_RECORDING")
    return {name: printed[name] for name in wanted}


def allocated(directory: Path, pattern: str) -> int:
    """Bytes of disk that the files take."""
    return sum(f.stat().st_blocks * 512 for f in directory.rglob(pattern))
