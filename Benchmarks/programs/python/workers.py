"""Short workers, one after the other in groups, as a test suite has them."""
import multiprocessing
import sys


def work(number):
    total = 0
    for i in range(number % 50):
        total += i * i
    return total


def main(count):
    for start in range(0, count, 4):
        workers = [multiprocessing.Process(target=work, args=(start + n,)) for n in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


if __name__ == '__main__':
    multiprocessing.set_start_method('fork')
    main(int(sys.argv[1]))
