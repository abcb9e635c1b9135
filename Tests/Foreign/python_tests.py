"""Runs inside the Python that is tested: the unit tests of its own test package, a line per result.

    python python_tests.py OUTPUT MODULE [TEST…] [-NAME…]: all, or those, without what is called NAME
"""

import os
import re
import sys
import unittest


class Lines(unittest.TestResult):
    """Each result is appended at once: a crash or a hang in the next test takes none away."""

    def __init__(self, path):
        super().__init__()
        self.path = path

    def put(self, word, test, more=""):
        name = re.sub(r"\s+", " ", str(test.id() if hasattr(test, "id") else test))
        line = "%s\t%s\t%s\n" % (word, name, " ".join(str(more).split()))
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.write(file, line.encode("utf-8", "replace"))
        os.close(file)

    def startTest(self, test):
        super().startTest(test)
        self.put("begin", test)

    def addSuccess(self, test):
        self.put("ok", test)

    def addError(self, test, err):
        self.put("error", test, "%s: %s" % (err[0].__name__, err[1]))

    def addFailure(self, test, err):
        self.put("fail", test, "%s: %s" % (err[0].__name__, err[1]))

    def addSkip(self, test, reason):
        self.put("skip", test, reason)

    def addExpectedFailure(self, test, err):
        self.put("expected failure", test)

    def addUnexpectedSuccess(self, test):
        self.put("unexpected success", test)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.put("subtest", test, "%s: %s: %s" % (subtest._subDescription(), err[0].__name__, err[1]))


def flat(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            for inner in flat(test):
                yield inner
        else:
            yield test


def main():
    output, module = sys.argv[1:3]
    wanted = set(word for word in sys.argv[3:] if word[0] != "-")
    left_out = tuple("." + word[1:] for word in sys.argv[3:] if word[0] == "-")
    tests = unittest.defaultTestLoader.loadTestsFromName(module)
    if wanted or left_out:
        tests = unittest.TestSuite(
            test for test in flat(tests)
            if (not wanted or test.id() in wanted) and not test.id().endswith(left_out or "?"))
    result = Lines(output)
    tests(result)
    result.put("done", module)


if __name__ == "__main__":
    main()
