# A program with a tracer, a profiler, a debugger and a monitoring tool of its own, and with tasks. What
# runs while another has the one trace function that there is before 3.12 ends in `later`; inside a trace
# function no interpreter tells of lines.
import asyncio
import io
import pdb
import sys

seen = []


def tracer(frame, event, argument):
    if frame.f_code.co_name == 'traced':  # maybe
        seen.append((event, frame.f_lineno - frame.f_code.co_firstlineno))  # maybe
    return tracer  # maybe


def traced(number):
    number += 1  # later
    return number  # later


def profiler(frame, event, argument):
    if frame.f_code.co_name == 'profiled':  # maybe
        seen.append(event)  # maybe


def profiled(number):
    return number + 1


def debugged(number):
    number += 1  # later
    number += 1  # later
    return number  # later


def after(number):
    number += 1
    return number


def monitored(number):
    for i in range(number):
        number += i
    return number


def monitor():
    tool, monitoring = 3, sys.monitoring  # later
    monitoring.use_tool_id(tool, 'mine')  # later
    first = monitored.__code__.co_firstlineno  # later
    monitoring.register_callback(  # later
        tool, monitoring.events.LINE, lambda code, line: seen.append(line - first))  # later
    monitoring.set_local_events(tool, monitored.__code__, monitoring.events.LINE)  # later
    monitored(3)  # later
    monitoring.restart_events()  # later
    monitored(2)  # later
    monitoring.set_local_events(tool, monitored.__code__, 0)  # later
    monitoring.free_tool_id(tool)  # later


async def task(number):
    await asyncio.sleep(0)
    async with asyncio.Lock():
        number += 1
    return number


async def tasks():
    print(await asyncio.gather(*[task(n) for n in range(3)]))


sys.settrace(tracer)
traced(1)  # later
sys.settrace(None)  # later
print(seen, sys.gettrace())
after(1)
sys.setprofile(profiler)
profiled(1)
sys.setprofile(None)
print(seen, sys.getprofile())
output = io.StringIO()
debugger = pdb.Pdb(stdin=io.StringIO('next\nnext\np number\ncontinue\n'), stdout=output, nosigint=True)
debugger.runcall(debugged, 1)
sys.settrace(None)  # later
print(output.getvalue())
if hasattr(sys, 'monitoring'):
    monitor()  # later
monitored(4)
print(seen)
asyncio.run(tasks())
