"""Workers of multiprocessing, by every method of starting them and ending them."""
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor


def square(x):
    if x > 1:  # in: joined context terminated executor
        y = x * x  # in: joined context terminated executor
    else:
        y = 1  # in: joined context terminated executor
    return y  # in: joined context terminated executor


def work(ready):
    value = 1  # in: terminate kill
    ready.set()  # in: terminate kill
    while value:  # in: terminate kill
        time.sleep(60)  # in: terminate kill


def greet(queue):
    queue.put("hello")  # in: join


def wait(ready, queue):
    ready.set()  # in: blocked
    queue.get()  # in: blocked
    print("got something")  # in: none


def pool(context, how):
    workers = context.Pool(3)  # in: joined terminated
    print(workers.map(square, [1, 2, 3], 1))  # in: joined terminated
    if how == "joined":  # in: joined terminated
        workers.close()  # in: joined
    else:
        workers.terminate()  # in: terminated
    workers.join()  # in: joined terminated


def manager(context):
    with context.Pool(3) as workers:  # in: context
        print(workers.map(square, [1, 2, 3], 1))  # in: context


def executor(context):
    with ProcessPoolExecutor(2, mp_context=context) as workers:  # in: executor
        print(list(workers.map(square, [1, 2, 3])))  # in: executor


def ended(context, how):
    ready = context.Event()  # in: terminate kill
    process = context.Process(target=work, args=(ready,))  # in: terminate kill
    process.start()  # in: terminate kill
    ready.wait()  # in: terminate kill
    getattr(process, how)()  # in: terminate kill
    process.join()  # in: terminate kill
    print(process.exitcode)  # in: terminate kill


def blocked(context):
    ready, queue = context.Event(), context.Queue()  # in: blocked
    process = context.Process(target=wait, args=(ready, queue))  # in: blocked
    process.start()  # in: blocked
    ready.wait()  # in: blocked
    process.terminate()  # in: blocked
    process.join()  # in: blocked
    print(process.exitcode)  # in: blocked


def joined(context):
    queue = context.Queue()  # in: join
    process = context.Process(target=greet, args=(queue,))  # in: join
    process.start()  # in: join
    print(queue.get())  # in: join
    process.join()  # in: join


def main(how, method):
    context = multiprocessing.get_context(method)
    if how in ("joined", "terminated"):
        pool(context, how)  # in: joined terminated
    elif how == "context":  # in: context executor join blocked terminate kill
        manager(context)  # in: context
    elif how == "executor":  # in: executor join blocked terminate kill
        executor(context)  # in: executor
    elif how == "join":  # in: join blocked terminate kill
        joined(context)  # in: join
    elif how == "blocked":  # in: blocked terminate kill
        blocked(context)  # in: blocked
    else:
        ended(context, how)  # in: terminate kill


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
