#!/bin/sh
# Builds the module with clang's ordinary coverage flags: build.sh [DIRECTORY]
set -eu
cd "$(dirname "$0")"
out=${1:-build}
mkdir -p "$out"
include=$("${PYTHON:-python3}" -c 'import sysconfig; print(sysconfig.get_path("include"))')
clang -g -O0 -fPIC -shared -fprofile-instr-generate -fcoverage-mapping -I "$include" \
  -o "$out/words.so" "$PWD/words.c"
