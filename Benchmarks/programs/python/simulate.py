"""Cells that live and die, and customers in a queue."""
import heapq
import sys


def step(cells):
    counts = {}
    for x, y in cells:
        for i in (-1, 0, 1):
            for j in (-1, 0, 1):
                if i or j:
                    key = (x + i, y + j)
                    counts[key] = counts.get(key, 0) + 1
    alive = set()
    for cell, count in counts.items():
        if count == 3:
            alive.add(cell)
        elif count == 2 and cell in cells:
            alive.add(cell)
    return alive


class Random:
    def __init__(self):
        self.state = 12345

    def below(self, limit):
        self.state = (self.state * 1103515245 + 12345) % 2147483648
        return (self.state >> 8) % limit


def serve(customers):
    random = Random()
    events = []
    for number in range(customers):
        heapq.heappush(events, (random.below(1000), number, 'comes'))
    waiting = []
    busy = False
    served = 0
    while events:
        time, number, what = heapq.heappop(events)
        if what == 'comes':
            waiting.append(number)
        else:
            served += 1
            busy = False
        if not busy and waiting:
            busy = True
            heapq.heappush(events, (time + 1 + random.below(5), waiting.pop(0), 'goes'))
    return served


def main(rounds):
    cells = {(0, 1), (1, 2), (2, 0), (2, 1), (2, 2), (10, 10), (10, 11), (10, 12), (11, 10)}
    for _ in range(rounds):
        cells = step(cells)
    print(len(cells), serve(rounds * 10))


if __name__ == '__main__':
    main(int(sys.argv[1]))
