"""Runs a command, its output nowhere, and prints the largest resident set that it had, in bytes."""

import os
import subprocess
import sys

child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
complaints = child.stderr.read()
_, status, usage = os.wait4(child.pid, 0)
if status != 0:
    sys.exit(f"{sys.argv[1:]} ended with {status}: {complaints}")
print(usage.ru_maxrss * 1024)
