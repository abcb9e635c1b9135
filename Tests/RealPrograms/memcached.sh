#!/bin/sh
# memcached.sh DIRECTORY: fetches memcached's Debian source package and builds it there by clang with
# Debian's own flags and coverage flags. Leaves DIRECTORY/memcached/memcached.
set -eu
mkdir -p "$1" && cd "$1"
[ -x memcached/memcached ] && exit 0
list=$PWD/sources.list
mkdir -p lists/partial
# shellcheck source=/dev/null
. /etc/os-release
echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $VERSION_CODENAME main" >"$list"
apt="apt-get -q -o Dir::Etc::sourcelist=$list -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists=$PWD/lists"
$apt update
$apt source --download-only memcached
rm -rf memcached && mkdir memcached
tar -xf memcached_*.orig.tar.* -C memcached --strip-components=1
cd memcached
coverage="-fprofile-instr-generate -fcoverage-mapping"
CC=clang CFLAGS="$(dpkg-buildflags --get CFLAGS) $coverage -Wno-error" \
  CPPFLAGS="$(dpkg-buildflags --get CPPFLAGS)" \
  LDFLAGS="$(dpkg-buildflags --get LDFLAGS) $coverage" ./configure --disable-docs --disable-sasl
make -s memcached
