# Interpreters in one process, one after the other and at the same time.
import sys
import threading

try:
    import _interpreters as interpreters  # maybe
except ImportError:  # maybe
    import _xxsubinterpreters as interpreters  # maybe

run = getattr(interpreters, 'exec', None) or interpreters.run_string
CODE = 'import sys; sys.path.insert(0, %r); import interpreters_inner; interpreters_inner.f(%d)'


def one(number):
    inner = interpreters.create()
    run(inner, CODE % (sys.path[0], number))
    interpreters.destroy(inner)


one(0)
one(1)
threads = [threading.Thread(target=one, args=(2,)) for _ in range(3)]
for thread in threads:
    thread.start()
    if sys.version_info < (3, 12):
        thread.join()  # maybe
for thread in threads:
    thread.join()
print('done', flush=True)
