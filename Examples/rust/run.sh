#!/bin/sh
# Four processes: one reads to the end, one panics, one aborts, one is killed: run.sh [DIRECTORY]
set -u
out=${1:-$(dirname "$0")/target}/debug
export RUST_BACKTRACE=0
work=$(mktemp -d "${TMPDIR:-/tmp}/keys.XXXXXX")
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC3045
ulimit -c 0 2>/dev/null || true

printf 'set a 1\nget a\nget b\n' | "$out/keys"
printf 'set a one\n' | "$out/keys"
printf 'set a 2\nabort\n' | "$out/keys"

# It answers, waits for more, and is killed.
mkfifo "$work/commands" "$work/answers"
"$out/keys" <"$work/commands" >"$work/answers" &
keys=$!
exec 3>"$work/commands"
printf 'set a 3\nget a\n' >&3
read -r answer <"$work/answers"
echo "$answer"
kill -KILL "$keys"
wait "$keys"
