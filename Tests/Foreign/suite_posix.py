"""The Open POSIX Test Suite (Debian's source package posixtestsuite): each program built by clang with
counters of its own."""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from compare import Suite
from ways import Place, normal, source_package

# What stands closest to what the library hooks.
SHORT = ("fork", "kill", "killpg", "pthread_atfork", "pthread_kill", "raise", "sigaltstack", "sigpause",
         "signal", "sigpending", "sigprocmask", "sigset", "sighold", "sigignore", "sigrelse", "sigwait",
         "sigqueue", "sigtimedwait", "sigwaitinfo", "WIFEXITED")
SLOW = ("fork/11-1.c", "sigpause/1-2.c")
FLAGS = ["-std=gnu99", "-O1", "-g", "-w", "-D_POSIX_C_SOURCE=200112L", "-D_GNU_SOURCE",
         "-D_XOPEN_SOURCE=600", "-fprofile-instr-generate", "-fcoverage-mapping"]
# In the place of LLVM's own runtime, which a bare run would show: it writes a profile, and leaves an errno.
RUNTIME = "int __llvm_profile_runtime;\n"
# They set the clock, fill the memory or start a thousand processes, or have to do with the C library and the
# processor only.
LEFT_OUT = ("clock_settime", "mlockall", "pthread_setschedprio/1-1", "shm_open/23-1", "sem_open/5-1", "stress",
            "pthread_barrier", "pthread_cond", "pthread_mutex", "pthread_rwlock", "pthread_spin", "pthread_attr",
            "interfaces/sched_", "strftime", "gmtime", "mktime", "localtime", "asctime", "ctime", "difftime")
# The suite's ways to start a thread. The comment above them forbids a detached thread on a stack of the
# test's: that may be given to the next thread while the first is still ending, and then either may crash.
# The table has one such way, and the threads of pthread_detach detach themselves in each.
TABLE = "threads_scenarii.c"


class Posix(Suite):
    name = "posix"
    counted = False
    jobs = 6  # they sleep most of the time

    def prepare(self, directory: Path, short: bool) -> None:
        source = source_package("posixtestsuite")
        conformance = source / "conformance"
        for table in conformance.rglob(TABLE):
            detached = "(Detached, )?" if table.parent.name == "pthread_detach" else "Detached, "
            table.write_text(re.sub(rf'.*"{detached}Alternative stack"\)\n', "", table.read_text()))
        found = []
        for path in sorted(conformance.rglob("*.c")):
            name = str(path.relative_to(conformance))
            if "main" not in path.read_text(errors="replace") or any(text in name for text in LEFT_OUT):
                continue
            if short and (name.endswith(SLOW) or not (
                    path.parent.name in SHORT or name.startswith("interfaces/sigaction/1-"))):
                continue
            found.append(path)
        self.programs: dict[str, Path] = {}
        directory.mkdir(parents=True, exist_ok=True)
        runtime = directory / "runtime.c"
        runtime.write_text(RUNTIME)

        def build(path: Path) -> None:
            name = str(path.relative_to(conformance)).removesuffix(".c")
            program = directory / name.replace("/", "-")
            done = subprocess.run(
                ["clang", *FLAGS, "-I", source / "include", "-o", program, path, runtime, "-lpthread", "-lrt", "-lm"],
                capture_output=True)
            if done.returncode == 0:
                self.programs[name] = program

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(build, found))

    def cases(self) -> list[str]:
        return sorted(self.programs)

    def case(self, place: Place, name: str) -> str:
        directory = place.scratch(name)
        outcome = place.execute([self.programs[name]], directory, 20)
        return f"{outcome.end}\n{normal(outcome.output, directory)}"
