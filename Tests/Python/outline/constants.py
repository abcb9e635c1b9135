"""What compilers drop: tests that are constants, expressions that are, and what they make unreachable."""

import os.path as x
def f(x):
    while True:
        x()
        break
    while 1:
        x()
        break
    if True:
        x()
    if __debug__:
        x()
    if 0:
        x()
    elif x:
        x()
    else:
        x()
    if False:
        x()
    else:
        x()
    if 1:
        x()
    else:
        x()
    "text"
    ...
    12
    None
    True
    __debug__
    -1
    "a" "b"
    b"x"
    1.5
    x
    f"a"
    f"{x}"
    if not True:
        x()
    while 0:
        x()
    while not x:
        x()
    else:
        x()
    while True:
        if x: break
    else:
        x()
    if not __debug__:
        x()
    if "a":
        x()
    if 2:
        x()
    if None:
        x()
    if ...:
        x()
    if x or True:
        x()
    if True or x:
        x()
    while True: x()
    x()
class C:
    "doc"
    a = 1
    "text"
    ...
def g(): ...
def h():
    ...
def i():
    "doc"
    ...


def last_in_block(x):
    if x:
        "text"


class Last:
    a = 1
    "text"


async def waits(x):
    while True:
        await x
        if x:
            break
    x
    """text

    of more lines
    """
    x


if 1: pass
if True:
    import os
elif x:
    import sys
else:
    import re
while False:
    x
else:
    x
if not 1:
    x
elif 0:
    x
elif x:
    x
"text"
1
