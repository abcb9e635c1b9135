"""Workers of multiprocessing: every way of ending them, each with lines of its own."""
import multiprocessing
import queue
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor


def joined(x):
    return x * x + 1


def managed(x):
    return x * x + 2


def terminated(x):
    return x * x + 3


def executed(x):
    return x * x + 4


def greet(words):
    words.put("hello")


# A worker that is ready may be ended at once: no line must be left to run.
def work(ready):
    value = 1
    while value:
        ready.set() or time.sleep(60)
    print("not reached")  # never


def work_until_killed(ready):
    value = 1
    while value:
        ready.set() or time.sleep(60)
    print("not reached")  # never


def compute(ready):
    value = 1
    while value:
        value += 1
        if value == 1000:
            ready.set()
    print("not reached")  # never


def wait(ready, words):
    print(ready.set() or words.get())
    print("not reached")  # never


def wait_for_event(ready):
    print(ready.set() or threading.Event().wait())
    print("not reached")  # never


def wait_for_item(ready):
    print(ready.set() or queue.Queue().get())
    print("not reached")  # never


def wait_for_thread(ready):
    thread = threading.Thread(target=time.sleep, args=(60,), daemon=True)
    thread.start()
    print(ready.set() or thread.join())
    print("not reached")  # never


def wait_for_semaphore(ready):
    lock = multiprocessing.Lock()
    lock.acquire()
    print(ready.set() or lock.acquire())
    print("not reached")  # never


def pools(context):
    pool = context.Pool(3)
    print(pool.map(joined, [1, 2, 3], 1))
    pool.close()
    pool.join()
    with context.Pool(3) as pool:
        print(pool.map(managed, [1, 2, 3], 1))
    pool = context.Pool(3)
    print(pool.map(terminated, [1, 2, 3], 1))
    pool.terminate()
    pool.join()
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        print(list(executor.map(executed, [1, 2, 3])))


def processes(context):
    words = context.Queue()
    process = context.Process(target=greet, args=(words,))
    process.start()
    print(words.get())
    process.join()
    waits = wait_for_event, wait_for_item, wait_for_thread, wait_for_semaphore
    for target, how in [
        (work, "terminate"), (work_until_killed, "kill"), (compute, "terminate"),
        *((wait, "kill") for wait in waits),
    ]:
        ready = context.Event()
        process = context.Process(target=target, args=(ready,))
        process.start()
        ready.wait()
        getattr(process, how)()
        process.join()
        print(process.exitcode)
    ready = context.Event()
    process = context.Process(target=wait, args=(ready, words))
    process.start()
    ready.wait()
    process.terminate()
    process.join()
    print(process.exitcode)


if __name__ == "__main__":
    method = multiprocessing.get_context(sys.argv[1])
    pools(method)
    processes(method)
