"""jsoncpp of Debian: a library and two programs; its unit tests, and a run of one program for each JSON file."""

import re

from peers import Gcov, LLVM
from real import Compiled


class JSONCPP(Compiled):
    needs = ("python3",)

    def build(self):
        self.debian("libjsoncpp")
        build = self.home / "build"
        build.mkdir()
        # By absolute names, so that the compilers' tools find them from wherever they run.
        self.shell(f"""
            c() {{ {self.peer.compilers["CXX"]} {self.flags} -std=c++11 -fPIC -I{self.home}/source/include "$@"; }}
            s={self.home}/source/src
            for f in $s/lib_json/*.cpp; do c -c $f -o $(basename $f .cpp).o; done
            c -shared -o libjson.so json_*.o
            for f in main jsontest fuzz; do c -c $s/test_lib_json/$f.cpp -o test_$f.o; done
            c -o jsontest test_*.o -L. -ljson -Wl,-rpath,$PWD
            c -c $s/jsontestrunner/main.cpp -o runner_main.o
            c -o runner runner_main.o -L. -ljson -Wl,-rpath,$PWD
            """, build)

    @property
    def directory(self):
        return self.home / "source/test"

    def suite(self):
        build = self.home / "build"
        return ["sh", "-c", f"{build}/jsontest && python3 runjsontests.py {build}/runner data; "
                f"python3 runjsontests.py --with-json-checker {build}/runner data"]

    def tallies(self, output):
        return re.findall(r"^(?:All \d+ tests passed|(?:Passed|Failed): .*|All .* passed.*|Failure of .*)$", output, re.M)

    def summary(self, tallies):
        return f"{sum(int(number) for number in re.findall('All ([0-9]+) tests', ' '.join(tallies)))} tests passed"


ROWS = [JSONCPP("jsoncpp-gcc", Gcov()), JSONCPP("jsoncpp-clang", LLVM())]
