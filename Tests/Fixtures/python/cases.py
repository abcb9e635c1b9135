# The cases of pytest-cov's page "Subprocess support", and worse ends. A line is executed in the cases
# that its comment names after `in:`, or always where it has none; `maybe`: nobody can say.
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor

CASE = sys.argv[1]
METHOD = sys.argv[2]
context = multiprocessing.get_context(METHOD)
names = []


def square(x):
    return x * x  # in: close context terminate executor


def hello(name):
    print('hello', name, flush=True)  # in: join


def waits(pipe):
    while pipe:  # in: stopped killed
        pipe.send('ready')  # in: stopped killed
        pipe.recv()  # in: stopped killed


def gets(pipe, queue):
    pipe.send('ready')  # in: blocked
    queue.get()  # in: blocked
    pipe.send('never')  # in: nothing


def state(pid):
    with open('/proc/%d/stat' % pid) as file:  # in: blocked
        return file.read().rpartition(')')[2].split()[0]  # in: blocked


def leaves():
    try:  # in: threads
        sys.exit(3)  # in: threads
    finally:
        names.append('left')  # in: threads


def on_hangup(number, frame):
    os.execv(sys.executable, [sys.executable, __file__, 'second', METHOD])  # in: hangup


def on_terminate(number, frame):
    sys.exit(5)  # in: handler


def case_close():
    pool = context.Pool(3)  # in: close
    print(pool.map(square, [1, 2, 3]))  # in: close
    pool.close()  # in: close
    pool.join()  # in: close


def case_context():
    with context.Pool(3) as pool:  # in: context
        print(pool.map(square, [1, 2, 3]))  # in: context


def case_terminate():
    pool = context.Pool(3)  # in: terminate
    print(pool.map(square, [1, 2, 3]))  # in: terminate
    pool.terminate()  # in: terminate
    pool.join()  # in: terminate


def case_executor():
    with ProcessPoolExecutor(2) as executor:  # in: executor
        print(sum(executor.map(square, range(4))))  # in: executor


def case_join():
    child = context.Process(target=hello, args=('bob',))  # in: join
    child.start()  # in: join
    child.join()  # in: join
    print(child.exitcode)  # in: join


def start(target, *arguments):
    mine, theirs = context.Pipe()  # in: stopped killed blocked
    child = context.Process(target=target, args=(theirs,) + arguments)  # in: stopped killed blocked
    child.start()  # in: stopped killed blocked
    print(mine.recv())  # in: stopped killed blocked
    return child, mine  # in: stopped killed blocked


def again(pipe):
    pipe.send('go on')  # in: stopped killed
    print(pipe.recv())  # in: stopped killed


def case_stopped():
    child, pipe = start(waits)  # in: stopped
    again(pipe)  # in: stopped
    child.terminate()  # in: stopped
    child.join()  # in: stopped
    print(child.exitcode)  # in: stopped


def case_killed():
    child, pipe = start(waits)  # in: killed
    again(pipe)  # in: killed
    child.kill()  # in: killed
    child.join()  # in: killed
    print(child.exitcode)  # in: killed


def case_blocked():
    child, pipe = start(gets, context.Queue())  # in: blocked
    while state(child.pid) != 'S':  # in: blocked
        os.sched_yield()  # maybe
    child.terminate()  # in: blocked
    child.join()  # in: blocked
    print(child.exitcode)  # in: blocked


def case_threads():
    threads = [threading.Thread(target=leaves) for _ in range(4)]  # in: threads
    for thread in threads:  # in: threads
        thread.start()  # in: threads
    for thread in threads:  # in: threads
        thread.join()  # in: threads
    print(names)  # in: threads


def case_hangup():
    signal.signal(signal.SIGHUP, on_hangup)  # in: hangup
    os.kill(os.getpid(), signal.SIGHUP)  # in: hangup
    time.sleep(10)  # maybe


def case_second():
    print('second')  # in: hangup


def case_handler():
    signal.signal(signal.SIGTERM, on_terminate)  # in: handler
    os.kill(os.getpid(), signal.SIGTERM)  # in: handler
    time.sleep(10)  # maybe


def forked(die):
    if os.fork() == 0:  # in: exit abort null fork kill
        names.append('child')  # in: exit abort null fork kill
        die()  # in: exit abort null fork kill
        sys.exit(4)  # in: fork
    print(os.wait()[1])  # in: exit abort null fork kill


def case_exit():
    forked(lambda: os._exit(7))  # in: exit


def case_abort():
    forked(lambda: os.abort())  # in: abort


def case_null():
    forked(lambda: ctypes.string_at(0))  # in: null


def case_fork():
    forked(lambda: None)  # in: fork


def case_kill():
    forked(lambda: os.kill(os.getpid(), signal.SIGKILL))  # in: kill


if __name__ == '__main__':
    globals()['case_' + CASE]()
