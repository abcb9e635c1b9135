"""billiard of PyPI: pools whose workers time out, are terminated and killed; forks and spawned interpreters."""

from python_project import Python
from real import Explained


class Billiard(Python):
    name = package = "billiard"
    wanted = ("psutil", "pytest-timeout")
    measured = "billiard"
    tests = ("t/unit", "--timeout", "120")
    explained = [Explained("more", "in workers that end by os._exit or a signal")]


ROWS = [Billiard()]
