"""What else lives in a process: sanitizers, crash reporters, debuggers, other preloads, auditors. A row says
what it prints, and that the program's counters were kept."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from compare import Suite
from ways import HERE, Place, Problem, Unavailable, environment, execute

COVERAGE = ["-fprofile-instr-generate", "-fcoverage-mapping", "-DCOUNTED"]
PYTHON = """import faulthandler, os, signal, sys
faulthandler.enable()
faulthandler.register(signal.SIGUSR1, chain=True)
signal.signal(signal.SIGUSR2, lambda *_: print("handled", flush=True))
def inner(how):
    os.kill(os.getpid(), signal.SIGUSR2)
    if how == "later":
        faulthandler.dump_traceback_later(0.1, exit=True)
        signal.pause()
    os.kill(os.getpid(), getattr(signal, how))
inner(sys.argv[1])
"""
GDB = ["gdb", "-nx", "-batch", "-q", "-ex", "set startup-with-shell off", "-ex", "set width 0",
       "-ex", "set confirm off", "-ex", "set debuginfod enabled off"]
PRELOADS = {"libeatmydata": ("libeatmydata.so*", {}),
            "libjemalloc2": ("libjemalloc.so.2", {"MALLOC_CONF": "stats_print:true,stats_print_opts:gmdablxe"}),
            "faketime": ("faketime/libfaketime.so.1",
                         {"FAKETIME": "@2004-05-06 07:08:09", "FAKETIME_DONT_FAKE_MONOTONIC": "1"})}


SHORT = (r"glibc (work|double-free|smash|term)|(clang|gcc) (address|undefined|thread) (after-free|work|overflow)|"
         r"gdb|strace work|valgrind (work|after-free|term)|ours, work|RTLD|AUDIT work|loader|faulthandler SIG[SU]|"
         r"backtracer$")


@dataclass
class Row:
    command: list
    extra: dict[str, str]
    before: str = ""  # preloads in front of ours
    after: str = ""
    needs: tuple[str, ...] = ()
    kept: str = "resident.c"  # the source whose line "reached" is to be in the report
    inline: bool = False  # it may end by a system call of its own, which no library sees
    drop: str = ""  # lines that have this are no concern of the row


class Residents(Suite):
    name = "residents"
    counted = False

    def prepare(self, directory: Path, short: bool) -> None:
        if not shutil.which("clang"):
            raise Unavailable("clang")
        directory.mkdir(parents=True, exist_ok=True)
        self.home = directory
        self.rows: dict[str, Row] = {}
        self.build()
        for way in ("messages", "sanitizers", "debuggers", "preloads", "loader", "languages"):
            for name, row in getattr(self, way)():
                missing = [need for need in row.needs if not shutil.which(need)]
                if missing:
                    print(f"skip  residents: {name}: no {', '.join(missing)} here")
                elif not short or re.search(SHORT, name):
                    self.rows[name] = row

    def cases(self) -> list[str]:
        return list(self.rows)

    def compile_by(self, compilers: list[str], name: str, *flags: str) -> Path | None:
        """By the first that can: TSan's runtime in a Swift toolchain is linked into what has libdispatch only."""
        for compiler in compilers[:-1]:
            if program := self.compile(name, *flags, compiler=compiler, silent=True):
                return program
        return self.compile(name, *flags, compiler=compilers[-1])

    def compile(self, name: str, *flags: str, source: str = "resident.c", compiler: str = "clang",
                silent: bool = False) -> Path | None:
        program = self.home / name
        done = subprocess.run(
            [compiler, "-g", "-O0", "-w", *flags, "-o", program, HERE / "residents" / source, "-ldl", "-pthread"],
            capture_output=True, text=True)
        if done.returncode != 0 and not silent:
            print(f"skip  residents: {name} can't be built by {compiler} here: {done.stderr.splitlines()[-1]}")
        return program if done.returncode == 0 else None

    def build(self) -> None:
        self.plain = self.compile("resident", "-gdwarf-4", *COVERAGE, "-fstack-protector-all")
        if self.plain is None:
            raise Problem("resident.c does not build")
        self.deep = self.compile("deep.so", "-shared", "-fPIC", source="deep.c")
        self.audit = self.compile("audit.so", "-shared", "-fPIC", source="audit.c")

    def messages(self):
        """glibc's own."""
        for how in ("work", "abort", "assert", "double-free", "bad-free", "smash", "fault", "divide", "term",
                    "killed"):
            yield f"glibc {how}", Row([self.plain, how], {})

    def sanitizers(self):
        quiet = "color=never:symbolize=0"
        for compiler in ("clang", "gcc"):
            coverage = COVERAGE if compiler == "clang" else []
            for kind, how in (("address", ("after-free", "leak", "fault", "work", "abort")),
                              ("undefined", ("overflow", "work", "fault")), ("thread", ("work", "fault"))):
                callback = ["-DDEATH_CALLBACK"] if compiler == "clang" or kind != "undefined" else []
                others = [c for c in ("clang-14",) if (compiler, kind) == ("clang", "thread") and shutil.which(c)]
                program = self.compile_by(
                    [compiler, *others], f"{compiler}-{kind}", f"-fsanitize={kind}", "-fno-sanitize-recover=all",
                    *coverage, *callback)
                for word in how if program else ():
                    extra = {f"{name}_OPTIONS": quiet for name in ("ASAN", "UBSAN", "TSAN", "LSAN")}
                    yield f"{compiler} {kind} {word}", Row(
                        [program, word], extra, kept="resident.c" if coverage else "", inline=True,
                        drop="    #")

    def debuggers(self):
        run = [*GDB, "-ex", "run", "-ex", "bt", "-ex", "kill", "--args", self.plain]
        for how in ("fault", "abort"):
            yield f"gdb {how}", Row([*run, how], {}, needs=("gdb",), kept="", drop="Id ")
        steps = [*GDB, "-ex", "break work", "-ex", "run", "-ex", "next", "-ex", "next", "-ex", "print old.sa_flags",
                 "-ex", "handle SIGUSR1 nostop noprint pass", "-ex", "continue", "--args", self.plain, "work"]
        yield "gdb steps", Row(steps, {}, needs=("gdb",), drop="process|thread|Thread|libthread_db")
        children = [*GDB, "-ex", "set detach-on-fork off", "-ex", "set follow-fork-mode child", "-ex",
                    "handle SIGUSR1 nostop noprint pass", "-ex", "run", "-ex", "info inferiors", "--args",
                    self.plain, "work"]
        yield "gdb follows children", Row(
            children, {}, needs=("gdb",), drop="process|thread|Thread|libthread_db", kept="")
        for how in ("work", "fault", "term", "killed"):
            trace = ["strace", "-f", "-qq", "-e", "trace=none", "-e", "signal=!chld", self.plain, how]
            yield f"strace {how}", Row(trace, {}, needs=("strace",))
        for how in ("work", "uninitialised", "after-free", "fault", "term"):
            check = ["valgrind", "-q", "--error-exitcode=9", "--child-silent-after-fork=yes", self.plain, how]
            yield f"valgrind {how}", Row(check, {}, needs=("valgrind",))

    def preloads(self):
        for name, (pattern, extra) in PRELOADS.items():
            library = next((path for folder in ("/usr/lib", "/usr/lib64") for path in
                            sorted(Path(folder).glob(f"*-linux-gnu/{pattern}"))), None)
            if library is None:
                print(f"skip  residents: no {name} here")
                continue
            for how in ("work", "fault"):
                yield f"{name} before ours, {how}", Row([self.plain, how], extra, before=str(library))
                yield f"{name} after ours, {how}", Row([self.plain, how], extra, after=str(library))

    def loader(self):
        if self.deep:
            for how in ("work", "term"):
                yield f"RTLD_DEEPBIND {how}", Row([self.plain, self.deep, how], {})
        if self.audit:
            for how in ("work", "fault"):
                yield f"LD_AUDIT {how}", Row([self.plain, how], {"LD_AUDIT": str(self.audit)})
        for name in ("LD_BIND_NOW", "LD_BIND_NOT", "LD_DYNAMIC_WEAK", "MALLOC_CHECK_"):
            yield f"{name} work", Row([self.plain, "work"], {name: "1"})
        yield "LD_LIBRARY_PATH work", Row([self.plain, "work"], {"LD_LIBRARY_PATH": "/nowhere:/usr/lib"})
        yield "the loader itself", Row(["/lib64/ld-linux-x86-64.so.2", self.plain, "work"], {})
        yield "GLIBC_TUNABLES work", Row(
            [self.plain, "work"], {"GLIBC_TUNABLES": "glibc.malloc.perturb=85:glibc.pthread.rseq=0"})

    def languages(self):
        for how in ("SIGSEGV", "SIGABRT", "SIGFPE", "SIGBUS", "SIGILL", "SIGUSR1", "later"):
            yield f"faulthandler {how}", Row(["python3", "-c", PYTHON, how], {}, needs=("python3",), kept="")
        if not shutil.which("swiftc"):
            print("skip  residents: no swiftc here")
            return
        program = self.home / "crash"
        subprocess.run(
            ["swiftc", "-Onone", "-g", "-profile-generate", "-profile-coverage-mapping", "-o", program,
             HERE / "residents/crash.swift"], check=True, capture_output=True)
        for name, more in (("", ""), (" without symbols", ",symbolicate=off"), (" all threads", ",threads=all")):
            backtrace = f"enable=yes,color=no,interactive=no,timeout=60s,images=none,registers=none{more}"
            yield f"Swift's backtracer{name}", Row(
                [program], {"SWIFT_BACKTRACE": backtrace}, kept="crash.swift", drop="took")

    def lives(self, place: Place) -> str:
        return "a recording per case"

    def case(self, place: Place, name: str) -> str:
        row = self.rows[name]
        directory = place.scratch(name)
        own = Place(place.salvage, place.way, directory / "place", None)
        variables = own.variables | {"LLVM_PROFILE_FILE": "/dev/null"} if place.way.options is None \
            else own.variables
        preload = ":".join(filter(None, (row.before, variables.get("LD_PRELOAD"), row.after)))
        extra = row.extra | ({"LD_PRELOAD": preload} if preload else {})
        outcome = execute(row.command, directory, variables | extra, 60)
        return f"{outcome.end}\n{self.text(row, outcome.output, directory)}\n{self.kept(own, row)}"

    def text(self, row: Row, output: str, directory: Path) -> str:
        output = output.replace(str(directory), "DIRECTORY")
        output = re.sub(r"0x[0-9a-fA-F]+|\b[0-9a-f]{8,16}\b", "#", output)
        output = re.sub(r"\[pid +\d+\] |pid=\d+|==\d+==|\d{4,}", "#", output)
        lines = [line for line in output.splitlines() if not row.drop or not re.search(row.drop, line)]
        # What stops or shows a program twice for one signal is told in docs/Transparency.md.
        return "\n".join(line for number, line in enumerate(lines)
                         if not line.startswith(("#---", "---")) or line not in lines[:number])

    def kept(self, place: Place, row: Row) -> str:
        """The line "reached" of the source, in the report of this very row."""
        if place.way.options is None or not row.kept:
            return "kept"
        done = subprocess.run(
            [place.salvage, "report", place.recording, "-f", "lcov"], env=environment(), capture_output=True,
            text=True)
        source = HERE / "residents" / row.kept
        line = 1 + next(number for number, text in enumerate(source.read_text().splitlines())
                        if text.endswith("// reached"))
        part = done.stdout.partition(f"SF:{source}\n")[2].partition("end_of_record")[0]
        found = re.search(rf"^DA:{line},(\d+)", part, re.M)
        if found and int(found[1]) > 0:
            return "kept"
        ledger = subprocess.run(
            [place.salvage, "ledger", place.recording], env=environment(), capture_output=True, text=True)
        if (row.inline or "killed" in row.command) and "--private" in place.way.options \
                and "private-killed" in ledger.stdout:
            return "kept"  # or rather lost, and that is on the ledger
        return f"not kept: {done.stderr.strip()}\n{ledger.stdout.strip()}"
