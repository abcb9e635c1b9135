"""The versions of Go that scripts/install-test-tools puts beside each other."""

import os
from pathlib import Path

TOOLS = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "salvage-test-tools"
VERSIONS = ["1.21.13", "1.24.11", "1.27.3"]  # the oldest with all that is tested, one between, the newest


def home(version: str) -> Path:
    return TOOLS / f"go-{version}"


def command(version: str) -> Path:
    return home(version) / "go/bin/go"


def environment(version: str, work: Path) -> dict[str, str]:
    """All that it needs, and nothing from elsewhere; `work` is a folder of its own."""
    return {"PATH": os.environ["PATH"], "HOME": str(work), "TMPDIR": str(work), "GOROOT": str(home(version) / "go"),
            "GOCACHE": str(home(version) / "cache"), "GOPATH": str(work / "path"), "GOTOOLCHAIN": "local",
            "GOPROXY": "off", "GOFLAGS": "-buildvcs=false"}
