#!/bin/sh
# One file in order, one that is missing, one with a NUL byte, and a pipe: run.sh [DIRECTORY]
set -u
out=${1:-$(dirname "$0")/build}
work=$(mktemp -d "${TMPDIR:-/tmp}/words.XXXXXX")
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC3045
ulimit -c 0 2>/dev/null || true

echo 'one two  three four' >"$work/text"
printf 'five six\0seven' >"$work/binary"
mkfifo "$work/pipe"
"$out/words" "$work/text" "$work/missing" "$work/binary" "$work/pipe"
