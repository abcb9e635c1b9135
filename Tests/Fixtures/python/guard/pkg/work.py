import os
import time


def square(x):
    if x > 1:
        y = x * x
    else:
        y = 1
    return y


def forever(ready):
    value = 1
    while value:
        ready.set() or time.sleep(60)
    print("not reached")  # never


def greet(name):
    text = "hello " + name
    print(text)


def leave(status):
    status += 1
    os._exit(status)
