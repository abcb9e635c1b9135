#!/bin/sh
# cargo with rustc's ordinary coverage flag: build.sh [DIRECTORY]
set -eu
cd "$(dirname "$0")"
RUSTFLAGS='-C instrument-coverage' exec cargo build --offline --quiet --target-dir "${1:-target}"
