#!/bin/sh
# large.sh DIRECTORY: a C++ program of 20,000 functions and templates in 20 files, built with
# coverage. Leaves DIRECTORY/large; `large N kill` dies by SIGKILL instead of returning.
set -eu
mkdir -p "$1" && cd "$1"
[ -x large ] && exit 0
file=0
: >main.cpp
while [ $file -lt 20 ]; do
  awk -v file=$file 'BEGIN {
    print "template <int N> struct Step { static int run(int x) { return x % 2 ? x * 3 + N : x / 2; } };"
    for (i = 0; i < 1000; i++)
      printf "int f%d_%d(int x) {\n  if (x %% %d == 0)\n    return Step<%d>::run(x);\n" \
        "  for (int i = 0; i < x %% 3; i++)\n    x += i > 1 ? %d : 2;\n  return x && i%d ? x : 1;\n}\n", \
        file, i, i % 17 + 2, i % 50, i, 0
    printf "int call%d(int x) {\n  int sum = 0;\n", file
    for (i = 0; i < 1000; i++) printf "  if (x != %d) sum += f%d_%d(x + %d) & 7;\n", i, file, i, i
    print "  return sum;\n}"
  }' | sed 's/ && i0 ?/ > 2 ?/' >part$file.cpp
  echo "int call$file(int);" >>main.cpp
  file=$((file + 1))
done
cat >>main.cpp <<'END'
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 1, sum = 0;
  for (int i = 0; i < rounds; i++)
    for (auto call : {call0, call1, call2, call3, call4, call5, call6, call7, call8, call9, call10,
                      call11, call12, call13, call14, call15, call16, call17, call18, call19})
      sum += call(i);
  std::printf("%d\n", sum);
  std::fflush(stdout);
  if (argc > 2)
    raise(SIGKILL);
  return 0;
}
END
clang++ -std=c++17 -fprofile-instr-generate -fcoverage-mapping ./*.cpp -o large
