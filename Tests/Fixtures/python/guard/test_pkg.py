import multiprocessing
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

import pytest

from pkg import work

METHODS = ["fork", "spawn", "forkserver"]


@pytest.mark.parametrize("method", METHODS)
def test_pool(method):
    with multiprocessing.get_context(method).Pool(3) as pool:
        assert pool.map(work.square, [1, 2, 3]) == [1, 4, 9]


@pytest.mark.parametrize("method", METHODS)
def test_terminate(method):
    context = multiprocessing.get_context(method)
    ready = context.Event()
    process = context.Process(target=work.forever, args=(ready,))
    process.start()
    assert ready.wait(30)
    process.terminate()
    process.join()
    assert process.exitcode == -15


def test_executor():
    with ProcessPoolExecutor(2) as executor:
        assert list(executor.map(work.square, [1, 2])) == [1, 4]


def test_greet():
    process = multiprocessing.Process(target=work.greet, args=("bob",))
    process.start()
    process.join()


def test_leave():
    process = multiprocessing.get_context("spawn").Process(target=work.leave, args=(2,))
    process.start()
    process.join()
    assert process.exitcode == 3


def test_tool(tmp_path):
    assert subprocess.run([sys.executable, "-m", "pkg.tool", "a"], check=True)


def test_hanging_tool():
    with subprocess.Popen([sys.executable, "-m", "pkg.tool", "hang"], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.kill()
