# A program of a few lines, for the ways in which an interpreter is started.
import os


def called(number):
    if number:
        return number
    return 'zero'  # in: nothing


def never():
    return 1  # in: nothing


print(called(3), flush=True)
os._exit(4)
