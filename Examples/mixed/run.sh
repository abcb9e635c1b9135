#!/bin/sh
# A small process tree in which several processes die badly: run.sh [DIRECTORY OF build.sh]
set -u
out=$(cd "${1:-$(dirname "$0")/build}" && pwd) || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/mixed.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
PATH=$out:$PATH
export SWIFT_BACKTRACE=enable=no
# shellcheck disable=SC3045
ulimit -c 0 2>/dev/null || true

# Waits until the service has told of an event; `$pid` is whom it concerns.
await() {
  while read -r line <&3; do
    echo "$line" >>log
    case $line in *"$1"*)
      pid=${line#* }
      pid=${pid%% *}
      return
      ;;
    esac
  done
  echo "mixed: the service ended before it was told to" >&2
  exit 1
}

mkfifo events
server socket 3 >events &
server=$!
exec 3<events
for _ in 1 2 3; do await ready; done

client socket 'square 7'

echo '-- a worker crashes (SIGSEGV), its client is left without a reply (SIGABRT)'
client socket crash
await ready

echo '-- a worker leaves by _exit(3)'
client socket leave
await ready

echo '-- a worker is killed in the middle of a loop (SIGKILL)'
client socket spin &
client=$!
await spins
kill -KILL "$pid"
wait "$client"
await ready

echo '-- a worker is terminated by default action (SIGTERM)'
kill -TERM "$pid"
await ready

echo '-- the Swift tool reads the log and becomes the C++ client (exec)'
grep -v spins log | audit client socket

echo '-- the Swift tool traps on a line that it does not expect'
echo nonsense | audit client socket 2>complaint
head -n 1 complaint

if [ -x "$out/load" ]; then
  echo '-- the Rust tool asks a hundred times, then is terminated (SIGTERM)'
  mkfifo answers
  load socket 100 >answers &
  load=$!
  read -r line <answers
  echo "$line"
  kill -TERM "$load"
  wait "$load"
fi

if [ -x "$out/sealed" ]; then
  echo '-- a static program, which nobody can enter'
  sealed # its own runtime leaves an empty default.profraw where it starts
fi

echo '-- the service is terminated: it kills its workers and leaves by _exit in its handler'
kill -TERM "$server"
wait "$server"
