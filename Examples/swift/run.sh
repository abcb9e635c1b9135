#!/bin/sh
# One account is closed (_exit), on another one the sum is too large for an Int (a trap): run.sh [DIRECTORY]
set -u
out=${1:-$(dirname "$0")/.build/debug}
export SWIFT_BACKTRACE=enable=no
# shellcheck disable=SC3045
ulimit -c 0 2>/dev/null || true

printf 'deposit 5\nwithdraw 9\ndeposit 1\nwithdraw 6\nclose\n' | "$out/accounts"
printf 'deposit 9223372036854775807\ndeposit 1\n' | "$out/accounts"
