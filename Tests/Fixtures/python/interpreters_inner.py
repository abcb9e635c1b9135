# What runs in an interpreter that is not the main one.
def f(number):
    if number == 0:
        return 'zero'
    if number == 7:
        return 'seven'  # in: nothing
    for i in range(number):
        number += i
    return number


def never():
    return 3  # in: nothing
