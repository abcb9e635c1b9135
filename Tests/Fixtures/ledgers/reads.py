"""Runs a command, its output nowhere, and prints the bytes that it read."""

import os
import subprocess
import sys

child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
complaints = child.stderr.read()
os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
with open(f"/proc/{child.pid}/io") as counts:
    numbers = dict(line.split(": ") for line in counts)
if child.wait() != 0:
    sys.exit(f"{sys.argv[1:]} ended with {child.returncode}: {complaints}")
print(int(numbers["rchar"]))
