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
    ready.set()
    while True:
        time.sleep(60)
        value += 1  # never


def greet(name):
    text = "hello " + name
    print(text)


def leave(status):
    status += 1
    os._exit(status)
