#!/bin/sh
# Runs the program with the module that build.sh made: run.sh [DIRECTORY]
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck disable=SC3045
ulimit -c 0 2>/dev/null || true
PYTHONPATH=$(cd "${1:-$here/build}" && pwd) PYTHONDONTWRITEBYTECODE=1 \
  exec "${PYTHON:-python3}" "$here/count.py"
