# Decisions; a line's comment says how many of its outcomes were seen, of how many.
import os
import signal
import sys


def decide(a, b):
    if a:  # 2/2
        b += 1
    for i in range(b):  # 2/2
        if i > 7:  # 1/2
            return i
    else:
        b = 9
    while b < 12:  # 2/2
        b += 1
    with open('/dev/null') as file:
        file.read()
    try:
        int('x')
    except KeyError:  # 1/2
        b = 1
    except ValueError:
        b = 2
    assert b  # 1/2
    if a and b:  # 3/4
        return [q for q in range(b) if q]
    return 1 if a else 2


def in_a_child():
    if os.fork() == 0:  # 2/2
        decide(1, 2)
        os.kill(os.getpid(), signal.SIGKILL)
    return os.wait()[1]


def never(a):
    if a:  # 0/2
        return 1
    return 2


def generate(n):
    while True:
        if n == 0:  # 2/2
            return
        yield n
        n -= 1


decide(0, 1)
print(in_a_child(), list(generate(3)), flush=True)
if len(sys.argv) > 5:  # 1/2
    print('many')
