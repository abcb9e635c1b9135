#!/bin/sh
# Builds the programs of this example with ordinary coverage flags: build.sh [DIRECTORY]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/build}
mkdir -p "$out"
coverage='-fprofile-instr-generate -fcoverage-mapping'

# shellcheck disable=SC2086
clang -g $coverage "$here/server.c" -o "$out/server"
# shellcheck disable=SC2086
clang++ -g -std=c++17 $coverage "$here/client.cpp" -o "$out/client"
swiftc -g -parse-as-library -profile-generate -profile-coverage-mapping \
  "$here/audit.swift" -o "$out/audit"
# shellcheck disable=SC2086
clang -g -static $coverage "$here/sealed.c" -o "$out/sealed" 2>"$out/sealed.log" ||
  echo "mixed: no static program can be linked here (it needs libc.a); it is left out" >&2
if rustc --version >/dev/null 2>&1; then
  rustc -g --edition 2021 -C instrument-coverage "$here/load.rs" -o "$out/load"
else
  echo "mixed: no rustc here (https://rustup.rs); the Rust program is left out" >&2
fi
