import sys
import atexit
import threading

import coverage


def first():
    x = 1  # in: *


def second():
    x = 2  # in: *


def third():
    x = 3  # in: *


def run(function):
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


run(first)
threading.settrace(lambda *event: None)
threading.settrace(None)
run(second)  # in: *
measuring = coverage.Coverage(data_file=None)
measuring.start()
own = 1  # maybe
measuring.stop()  # maybe
after = 1  # maybe
while sys.gettrace() is not None:  # maybe
    after += 1  # maybe
run(third)  # in: *
again = after  # in: *
measuring = coverage.Coverage(data_file=None)
measuring.start()
atexit.register(measuring.stop)  # maybe
