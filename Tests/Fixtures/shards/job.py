import sys


def job(number):
    if number > 2:
        return "late"
    if number > 100:  # pragma: no cover
        return "never"
    return "early"


def unused():
    return 1


job(int(sys.argv[1]))
