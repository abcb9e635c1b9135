import os
import signal
import sys

def restart_service(frame, signum):
    os.execv(sys.executable, [sys.executable, __file__, 'again'])

def serve():
    os.kill(os.getpid(), signal.SIGHUP)
    signal.pause()  # in: none

if len(sys.argv) > 1:
    print('restarted', flush=True)
    os.kill(os.getpid(), signal.SIGTERM)

signal.signal(signal.SIGHUP, restart_service)

try:
    from pytest_cov.embed import cleanup_on_signal
except ImportError:  # in: absent
    pass  # in: absent
else:
    cleanup_on_signal(signal.SIGHUP)  # in: embed salvage
serve()
