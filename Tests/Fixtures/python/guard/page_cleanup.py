import os
import signal
import sys

try:
    from pytest_cov.embed import cleanup
except ImportError:  # in: absent
    cleanup = None  # in: absent

def restart_service(frame, signum):
    if cleanup is not None:
        cleanup()  # in: embed salvage
    os.execv(sys.executable, [sys.executable, __file__, 'again'])

if len(sys.argv) > 1:
    print('restarted')
    sys.exit(7)

signal.signal(signal.SIGHUP, restart_service)
os.kill(os.getpid(), signal.SIGHUP)
signal.pause()  # in: none
