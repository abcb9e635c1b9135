#!/bin/sh
# Compares a report with what the sources below a directory say of it: check.sh [DIRECTORY] <REPORT.lcov
#
# A line that ends in `//= 3` ran three times, one of Python that ends in `#= 1` ran; `//= 3 if rust` where there is a Rust compiler, else never.
# A source that is not in the report has no line that ran.
set -eu
directory=$(cd "${1:-.}" && pwd)
rustc --version >/dev/null 2>&1 && rust=1 || rust=0

# shellcheck disable=SC2016
compare='
  FNR == 1 { file++ }
  file == 1 && /^SF:/ { source = substr($0, 4) }
  file == 1 && /^DA:/ {
    split(substr($0, 4), field, ",")
    counts[source, field[1]] = field[2]
  }
  file > 1 && match($0, /(\/\/|#)= [0-9]+( if rust)?$/) {
    wanted = substr($0, RSTART, RLENGTH)
    sub(/^[^=]*= /, "", wanted)
    if (sub(/ if rust$/, "", wanted) && !rust) wanted = 0
    marks++
    is_there = (FILENAME, FNR) in counts
    found = is_there ? counts[FILENAME, FNR] : "nothing"
    if (is_there ? found != wanted : wanted > 0) {
      printf "%s:%d ran %d times, the report says %s\n", FILENAME, FNR, wanted, found | "cat >&2"
      wrong++
    }
  }
  END {
    close("cat >&2")
    printf "%d of %d lines have the count that is known of them\n", marks - wrong, marks
    exit wrong > 0 || !marks
  }
'
find "$directory" \( -name build -o -name .build -o -name target \) -prune -o -type f \
  \( -name '*.c' -o -name '*.cpp' -o -name '*.swift' -o -name '*.rs' -o -name '*.py' \) \
  -exec awk -v rust="$rust" "$compare" - {} +
