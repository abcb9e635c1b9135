from multiprocessing import Process

def f(name):
    print('hello', name)

if __name__ == '__main__':
    try:
        from pytest_cov.embed import cleanup_on_sigterm
    except ImportError:  # in: absent
        pass  # in: absent
    else:
        cleanup_on_sigterm()  # in: embed salvage

    p = Process(target=f, args=('bob',))
    try:
        p.start()
    finally:
        p.join()  # necessary so that the Process exists before the test suite exits (thus coverage is collected)
