"""Packages of Debian by apt's own means, and of PyPI by pip's, into a folder: shared by Tests/Foreign and Tests/Real."""

import os
import shutil
import subprocess
from pathlib import Path


class Unavailable(Exception):
    """What a suite needs is not on this machine."""


def apt(home: Path, kind: str, *commands: list[str]) -> None:
    """apt's own means, in lists of our own: nothing of the machine is changed, and it needs no root."""
    release = dict(line.rstrip().split("=", 1) for line in open("/etc/os-release") if "=" in line)
    if release["ID"].strip('"') != "debian" or not shutil.which("apt-get"):
        raise Unavailable("a Debian release, to take a package")
    shutil.rmtree(home, ignore_errors=True)
    for folder in ("lists/partial", "cache/archives/partial"):
        (home / folder).mkdir(parents=True)
    (home / "debian.sources").write_text(
        f"Types: {kind}\nURIs: http://deb.debian.org/debian\n"
        f"Suites: {release['VERSION_CODENAME']}\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n")
    options = [word for option in (
        f"Dir::Etc::sourcelist={home}/debian.sources", "Dir::Etc::sourceparts=/dev/null",
        f"Dir::State::lists={home}/lists", f"Dir::Cache={home}/cache", "Acquire::Retries=1",
        "Dir::State::status=/dev/null", "APT::Sandbox::User=") for word in ("-o", option)]
    try:
        for words in (["update"], *commands):
            subprocess.run(["apt-get", "-qq", *options, *words], cwd=home, check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"Debian's package: {error}") from error
    shutil.rmtree(home / "lists")
    shutil.rmtree(home / "cache")


def source(name: str, cache: Path) -> Path:
    """The upstream source of a Debian package, fetched once."""
    home = cache / name
    source = home / "source"
    if not (home / "done").exists():
        apt(home, "deb-src", ["source", "--download-only", name])
        source.mkdir()
        archive = next(path for path in home.glob("*.orig.tar.*") if path.suffix != ".asc")
        subprocess.run(["tar", "xf", archive, "-C", source, "--strip-components=1"], check=True)
        (home / "done").touch()
    return source


def unpacked(package: str, cache: Path) -> Path:
    """The files of a Debian package that is not installed."""
    home = cache / f"{package}-program"
    if not (home / "done").exists():
        apt(home, "deb", ["download", package])
        subprocess.run(["dpkg", "-x", next(home.glob("*.deb")), home / "root"], check=True)
        (home / "done").touch()
    return home / "root"


def program(name: str, package: str, place: str, cache: Path) -> Path | None:
    """A program that is installed, or that is taken out of its Debian package."""
    installed = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if installed:
        return Path(installed)
    try:
        found = unpacked(package, cache) / place
    except Unavailable:
        return None
    # Its libraries may be missing: then ld.so says so.
    return found if subprocess.run([found, "-h"], capture_output=True).returncode != 127 else None


def python_environment(home: Path, *wanted: str) -> Path:
    """A virtual environment with these packages; the folder of its programs."""
    programs = home / "environment/bin"
    pip = [programs / "pip", "--disable-pip-version-check", "-q", "install", "--retries", "1", *wanted]
    try:
        subprocess.run(["python3", "-m", "venv", home / "environment"], check=True, capture_output=True)
        subprocess.run(pip, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"packages of PyPI: {(error.stderr or str(error)).strip().splitlines()[-1]}") from error
    return programs


def python_source(home: Path, name: str) -> Path:
    """The source distribution of a package of PyPI, unpacked."""
    try:
        subprocess.run(
            ["python3", "-m", "pip", "--disable-pip-version-check", "-q", "download", "--retries", "1", "--no-deps", "--no-binary",
             ":all:", "-d", home, name], check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"{name} of PyPI: {error.stderr.strip().splitlines()[-1]}") from error
    archive = next(home.glob("*.tar.gz"))
    subprocess.run(["tar", "xf", archive, "-C", home], check=True)
    return next(path for path in home.iterdir() if path.is_dir() and path.name.lower().startswith(name.replace("-", "_")))
