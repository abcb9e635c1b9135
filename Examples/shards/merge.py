"""Merges archives of Salvage with the workers of a Dask cluster.

    python merge.py shards/*.archive -o all.archive [--scheduler HOST:PORT] [--width 8]

The files must have one path on all workers. A step may be done twice: it writes the same bytes, by a rename.
"""

import argparse
import os
import subprocess
import sys

SALVAGE = os.environ.get("SALVAGE", "salvage")


def merge(paths, output):
    """One step: as many archives as there are become one."""
    subprocess.run([SALVAGE, "merge", *paths, "-o", output], check=True, stderr=subprocess.PIPE)
    return output


def reduce(client, paths, output, width=8, step=merge):
    """A tree of steps, each of at most `width` archives. Returns what the last one does."""
    level, place = 0, output + ".parts"
    os.makedirs(place, exist_ok=True)
    while len(paths) > width:
        paths = [
            client.submit(step, paths[at:at + width], f"{place}/{level}-{at}", pure=False)
            for at in range(0, len(paths), width)
        ]
        level += 1
    return client.submit(step, paths, output, pure=False)


def main():
    from dask.distributed import Client, LocalCluster

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archives", nargs="+")
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--scheduler", help="of a cluster (default: two processes here)")
    parser.add_argument("--width", type=int, default=8, help="archives in a step")
    options = parser.parse_args()
    cluster = options.scheduler or LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with Client(cluster) as client:
        paths = [os.path.abspath(path) for path in options.archives]
        reduce(client, paths, os.path.abspath(options.output), options.width).result()


if __name__ == "__main__":
    sys.exit(main())
