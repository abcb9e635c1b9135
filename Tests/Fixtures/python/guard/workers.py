"""Workers of multiprocessing: every way of ending them, each with lines of its own."""
import multiprocessing
import sys
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


def greet(queue):
    queue.put("hello")


# Who is ready may be ended at once: no line must be left to run.
def work(ready):
    value = 1
    while value:
        ready.set() or time.sleep(60)
    print("not reached")  # never


def work_until_killed(ready):
    value = 1  # or killed
    while value:  # or killed
        ready.set() or time.sleep(60)  # or killed
    print("not reached")  # never


def compute(ready):
    value = 1
    while value:
        value += 1
        if value == 1000:
            ready.set()
    print("not reached")  # never


def wait(ready, queue):
    print(ready.set() or queue.get())
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
    queue = context.Queue()
    process = context.Process(target=greet, args=(queue,))
    process.start()
    print(queue.get())
    process.join()
    for target, how in (work, "terminate"), (work_until_killed, "kill"), (compute, "terminate"):
        ready = context.Event()
        process = context.Process(target=target, args=(ready,))
        process.start()
        ready.wait()
        getattr(process, how)()
        process.join()
        print(process.exitcode)
    ready = context.Event()
    process = context.Process(target=wait, args=(ready, queue))
    process.start()
    ready.wait()
    process.terminate()
    process.join()
    print(process.exitcode)


if __name__ == "__main__":
    method = multiprocessing.get_context(sys.argv[1])
    pools(method)
    processes(method)
