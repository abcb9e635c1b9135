"""Eight shards, a worker that is killed in mid-step, and one sum: check.py [FOLDER]. Needs clang, salvage, dask[distributed]."""

import os
import signal
import subprocess
import sys
import tempfile

import merge

SOURCE = "int main(int count, char **words) { int sum = 0; while (count-- > 0) sum += words[count] != 0; return sum == 0; }\n"


def call(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def shards(folder):
    source, program = f"{folder}/work.c", f"{folder}/work"
    with open(source, "w") as file:
        file.write(SOURCE)
    call("clang", "-fprofile-instr-generate", "-fcoverage-mapping", source, "-o", program)
    paths = []
    for number in range(8):
        paths.append(f"{folder}/{number}.archive")
        call(merge.SALVAGE, "run", "-o", f"{folder}/recording", "--", program, *["x"] * number)
        call(merge.SALVAGE, "archive", f"{folder}/recording", "-o", paths[-1])
    return paths


def dying(paths, output):
    """The first worker that comes here with this step dies when it has done it, and nobody hears of that."""
    result = merge.merge(paths, output)
    try:
        os.close(os.open(output + ".died", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return result
    if output.endswith("/0-2"):
        os.kill(os.getpid(), signal.SIGKILL)
    return result


def main(folder):
    from dask.distributed import Client, LocalCluster

    paths = shards(folder)
    output = f"{folder}/all.archive"
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            merge.reduce(client, paths, output, width=2, step=dying).result(timeout=120)
    if not os.path.exists(f"{output}.parts/0-2.died"):
        sys.exit("no worker died")
    call(merge.SALVAGE, "merge", "--expect", "8", *reversed(paths), "-o", f"{folder}/plain.archive")
    with open(output, "rb") as one, open(f"{folder}/plain.archive", "rb") as other:
        if one.read() != other.read():
            sys.exit("the sum of the tree is not that of one merge")
    lcov = call(merge.SALVAGE, "report", output, "-f", "lcov")
    if "FNDA:8,main\n" not in lcov:
        sys.exit(lcov)
    print("a worker was killed, and the sum is that of one merge")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(os.path.abspath(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(folder)
