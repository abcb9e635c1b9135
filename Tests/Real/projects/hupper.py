"""hupper of PyPI: a reloader whose workers are terminated and started anew."""

from python_project import Python
from real import Explained


class Hupper(Python):
    name = package = "hupper"
    # The tests import pytest-cov's `embed`. Without watchdog: that of today does not tell them of a touched file.
    wanted = ("mock", "pytest-cov<7")
    measured = "src/hupper"
    tests = ("tests",)
    explained = [Explained("more", "in workers that are terminated")]


ROWS = [Hupper()]
