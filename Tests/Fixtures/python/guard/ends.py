"""One process for each way to end; what stands behind an end must not run."""
import ctypes
import os
import signal
import sys
import threading
import time

behind = "behind the end"


def exits_at_once():
    os._exit(3)
    print(behind)  # never


def aborts():
    os.abort()
    print(behind)  # never


def reads_null():
    ctypes.string_at(0)
    print(behind)  # never


def terminates_itself():
    os.kill(os.getpid(), signal.SIGTERM)
    print(behind)  # never


def raises():
    signal.raise_signal(signal.SIGHUP)
    print(behind)  # never


def kills_itself():
    os.kill(os.getpid(), signal.SIGKILL)
    print(behind)  # never


def has_a_handler():
    def stop(number, frame):
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, stop)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)  # never


def leaves_its_handler():
    def stop(number, frame):
        sys.exit(4)

    signal.signal(signal.SIGTERM, stop)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)  # never


def restarts():
    def restart(number, frame):
        os.execl(sys.executable, sys.executable, __file__, "restarted")

    signal.signal(signal.SIGHUP, restart)
    os.kill(os.getpid(), signal.SIGHUP)
    time.sleep(60)  # never


def becomes_another():
    os.execve("/bin/true", ["true"], {})
    print(behind)  # never


def dies_in_a_thread():
    ready = threading.Event()

    def run():
        ready.wait()
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        print(behind)  # never

    threading.Thread(target=run).start()
    print(ready.set() or time.sleep(60))


def dies_with_the_lock():
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    ctypes.PyDLL(None).usleep(60000000)  # nobody else can run
    print(behind)  # never


def is_interrupted():
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)
    print(behind)  # never


def leaves_a_thread():
    def run():
        sys.exit(5)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def forks_again():
    pid = os.fork()
    if pid == 0:
        nested = 1
        os.abort()
    os.waitpid(pid, 0)
    os._exit(6)


ENDS = [
    exits_at_once, aborts, reads_null, terminates_itself, raises, kills_itself, has_a_handler,
    leaves_its_handler, restarts, becomes_another, dies_in_a_thread, dies_with_the_lock,
    is_interrupted, leaves_a_thread, forks_again,
]

if len(sys.argv) > 1:
    os.kill(os.getpid(), signal.SIGTERM)

for end in ENDS:
    child = os.fork()
    if child == 0:
        try:
            end()
        except SystemExit as exit:
            os._exit(exit.code)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    print(end.__name__, status >> 8, status & 127)
