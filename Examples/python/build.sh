#!/bin/sh
# Builds the module with the compiler's ordinary coverage flags: [CC=gcc] build.sh [DIRECTORY]
set -eu
cd "$(dirname "$0")"
out=${1:-build}
mkdir -p "$out"
include=$("${PYTHON:-python3}" -c 'import sysconfig; print(sysconfig.get_path("include"))')
case ${CC:=clang} in
*gcc*) flags=--coverage ;;
*) flags='-fprofile-instr-generate -fcoverage-mapping' ;;
esac
# shellcheck disable=SC2086
"$CC" -g -O0 -fPIC -shared $flags -I "$include" \
  -o "$out/words.so" "$PWD/words.c"
