from multiprocessing import Pool

def f(x):
    return x*x

if __name__ == '__main__':
    try:
        from pytest_cov.embed import cleanup_on_sigterm
    except ImportError:  # in: absent
        pass  # in: absent
    else:
        cleanup_on_sigterm()  # in: embed salvage

    with Pool(5) as p:
        print(p.map(f, [1, 2, 3]))
