# A program with a tracer, a profiler, a debugger and a monitoring tool of its own, and with tasks.
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
    number += 1  # maybe
    return number  # maybe


def profiler(frame, event, argument):
    if frame.f_code.co_name == 'profiled':
        seen.append(event)


def profiled(number):
    return number + 1


def debugged(debugger):
    debugger.set_trace()
    number = 1  # maybe
    number += 1  # maybe
    return number  # maybe


def after(number):
    number += 1
    return number


def monitored(number):
    for i in range(number):
        number += i
    return number


def monitor():
    tool, monitoring = 3, sys.monitoring  # maybe
    monitoring.use_tool_id(tool, 'mine')  # maybe
    first = monitored.__code__.co_firstlineno  # maybe
    monitoring.register_callback(  # maybe
        tool, monitoring.events.LINE, lambda code, line: seen.append(line - first))  # maybe
    monitoring.set_local_events(tool, monitored.__code__, monitoring.events.LINE)  # maybe
    monitored(3)  # maybe
    monitoring.restart_events()  # maybe
    monitored(2)  # maybe
    monitoring.set_local_events(tool, monitored.__code__, 0)  # maybe
    monitoring.free_tool_id(tool)  # maybe


async def task(number):
    await asyncio.sleep(0)
    async with asyncio.Lock():
        number += 1
    return number


async def tasks():
    print(await asyncio.gather(*[task(n) for n in range(3)]))


sys.settrace(tracer)
traced(1)  # maybe
sys.settrace(None)  # maybe
print(seen, sys.gettrace())
after(1)
sys.setprofile(profiler)
profiled(1)
sys.setprofile(None)
print(seen, sys.getprofile())
output = io.StringIO()
debugged(pdb.Pdb(stdin=io.StringIO('next\nnext\np number\ncontinue\n'), stdout=output, nosigint=True))
sys.settrace(None)  # maybe
print(output.getvalue())
if hasattr(sys, 'monitoring'):
    monitor()  # maybe
monitored(4)
print(seen)
asyncio.run(tasks())
