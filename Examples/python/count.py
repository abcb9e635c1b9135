"""Workers count words and are killed; one aborts in C."""
import multiprocessing
import os
import signal
import sys

import words


def count(text, answers):
    answers.put(words.count(text))  #= 1
    os.kill(os.getpid(), signal.SIGKILL)  #= 1
    print('nobody is here')  #= 0


def fail():
    words.fail()  #= 1
    print('nor here')  #= 0


def main(texts):
    answers = multiprocessing.SimpleQueue()  #= 1
    workers = [multiprocessing.Process(target=count, args=(text, answers)) for text in texts]
    workers.append(multiprocessing.Process(target=fail))
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()  #= 1
    print(sum(answers.get() for _ in texts), [worker.exitcode for worker in workers])  #= 1
    return 0


def unused():  # pragma: no cover
    return 1


if __name__ == '__main__':
    multiprocessing.set_start_method('fork')
    sys.exit(main(['one two', 'three fo ur', 'five six s']))  #= 1
