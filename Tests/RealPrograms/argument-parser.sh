#!/bin/sh
# argument-parser.sh DIRECTORY: fetches swift-argument-parser and builds its tests and example
# programs there with coverage. Leaves DIRECTORY/source/.build/debug.
set -eu
mkdir -p "$1" && cd "$1"
[ -d source ] || git clone -q --depth 1 https://github.com/apple/swift-argument-parser source
cd source
swift build --build-tests --enable-code-coverage
