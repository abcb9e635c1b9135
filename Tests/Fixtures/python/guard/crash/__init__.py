import os
import signal


def leave(way):
    if way == "exits":
        status = 3
        os._exit(status)
        print("not reached")  # never
    if way == "is killed":
        number = signal.SIGKILL
        os.kill(os.getpid(), number)
        print("not reached")  # never
    if way == "is terminated":
        number = signal.SIGTERM
        os.kill(os.getpid(), number)
        print("not reached")  # never
    if way == "aborts":
        before = 1
        os.abort()
        print("not reached")  # never
    return way
