"""Real servers on loopback: load, reload, crashes of workers, each stop signal."""

import contextlib
import os
import re
import signal
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from signal import (SIGABRT, SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGSEGV, SIGTERM, SIGUSR1, SIGUSR2,
                    SIGWINCH)

from compare import Suite
from server import Server, Silent, children, plain, until
from suite_postgres import POSTGRES
from ways import Place, Unavailable, program

NGINX = """daemon {daemon}; worker_processes 2; pid nginx.pid; {user}
error_log error.log notice;
events {{ worker_connections 64; }}
http {{
  access_log access.log;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {{
    listen 127.0.0.1:{port};
    location /generation {{ return 200 "{generation}"; }}
    location / {{ root {root}; }}
  }}
}}
"""


class Nginx(Server):
    daemon = "off"

    def configure(self, generation: int) -> None:
        user = "user nobody nogroup;" if os.geteuid() == 0 else ""
        (self.directory / "nginx.conf").write_text(NGINX.format(
            user=user, daemon=self.daemon, port=self.port, generation=generation, root=self.directory / "files"))

    def begin(self) -> None:
        (self.directory / "files").mkdir()
        (self.directory / "files/page").write_text("page " * 5000)
        self.configure(0)
        self.start([self.program, "-p", self.directory, "-c", "nginx.conf",
                    "-e", "error.log"])
        until("nginx", self.listens)
        until("its workers", lambda: len(children(self.pid)) == 2)

    def get(self, path: str) -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=120) as answer:
                return f"{answer.status} {answer.read().decode()}"
        except urllib.error.HTTPError as error:
            return str(error.code)
        except OSError:
            return "no answer"

    def load(self) -> None:
        with ThreadPoolExecutor(4) as pool:
            for path in ("page", "missing", "generation"):
                answers = sorted(set(pool.map(self.get, [path] * 60)))
                self.note(path, [answer[:20] for answer in answers])

    def reload(self) -> None:
        """Many times in one life; each is over when no worker of the one before is left."""
        for generation in range(1, 6):
            old = children(self.pid)
            self.configure(generation)
            self.send(SIGHUP)
            until("the reloaded nginx", lambda: self.get("generation") == f"200 {generation}")
            until("the end of old workers", lambda: not set(old) & set(children(self.pid)))
        self.note("reloaded")

    def crash(self, number: signal.Signals) -> None:
        worker = children(self.pid)[0]
        self.send(number, worker)
        until("another worker", lambda: worker not in children(self.pid) and len(children(self.pid)) == 2)
        until("its line", lambda: "exited on signal" in self.log("error.log"))
        self.note("after the crash", self.get("generation"))

    def seen(self) -> str:
        # How often signals of the event library come is chance.
        text = self.log() + self.log("error.log") + self.log("access.log")
        return re.sub(r"(?m)^.*\(SIGIO\) received\n", "", plain(text) + "\n")


class NginxDaemon(Nginx):
    """In the background, where alone it lets itself be replaced."""

    daemon = "on"

    def begin(self) -> None:
        super().begin()
        self.note("started:", self.ended())

    @property
    def pid(self) -> int:
        return int(until("a pid", lambda: self.log("nginx.pid").strip()))

    def upgrade(self) -> None:
        """Another master by exec, with the sockets of this one; then this one goes."""
        old = self.pid
        self.send(SIGUSR2)
        until("the new master", lambda: (self.directory / "nginx.pid.oldbin").exists()
              and (self.directory / "nginx.pid").exists())
        until("its workers", lambda: len(children(self.pid)) == 2)
        self.send(SIGWINCH, old)  # its workers
        until("their end", lambda: children(old) == [self.pid])
        self.load()
        self.send(SIGQUIT, old)
        until("the end of the old one", lambda: not Path(f"/proc/{old}").exists())
        self.note("the new one answers", self.get("generation"))
        self.send(SIGTERM)
        until("the end of the new one", lambda: not (self.directory / "nginx.pid").exists())

    def close(self) -> None:
        for master in set(re.findall(r" (\d+)#\d+: start worker processes", self.log("error.log"))):
            for pid in [*children(int(master)), int(master)]:
                self.send(SIGKILL, pid)


class Redis(Server):
    def begin(self, *options: str) -> None:
        self.start([self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                    "--dir", str(self.directory), "--enable-debug-command", "yes", "--logfile",
                    "redis.log", *options])
        until("redis", self.listens)

    def ask(self, *words: str) -> str:
        """One command, and the first line of its answer; the server may go away meanwhile."""
        text = f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
        try:
            with self.connect() as client:
                client.sendall(text.encode())
                with client.makefile("rb") as answer:
                    first = answer.readline().decode().strip()
                    if first.startswith("$") and first != "$-1":
                        return answer.read(int(first[1:])).decode()
                    return first
        except OSError:
            return "no answer"

    def load(self) -> None:
        with ThreadPoolExecutor(4) as pool:
            answers = sorted(set(pool.map(lambda n: self.ask("SET", f"key{n}", "x" * 500), range(200))))
            pool.map(lambda _: self.ask("INCR", "count"), range(100))
        self.note("SET", answers, "count", self.ask("GET", "count"), "size", self.ask("DBSIZE"))

    def idle(self, field: str) -> None:
        until(field, lambda: f"{field}:0" in self.ask("INFO", "persistence"))

    def saved(self) -> None:
        self.load()
        self.note(self.ask("BGSAVE"))
        self.idle("rdb_bgsave_in_progress")
        self.note(self.ask("BGREWRITEAOF"))
        self.idle("aof_rewrite_in_progress")
        # A child that is killed while it saves.
        self.note(self.ask("CONFIG", "SET", "rdb-key-save-delay", "100000"))
        for number in (SIGKILL, SIGUSR1, SIGSEGV):
            self.note(self.ask("BGSAVE"))
            self.send(number, until("the child", lambda: children(self.pid))[0])
            self.idle("rdb_bgsave_in_progress")
            self.note("rdb_last_bgsave_status" in self.ask("INFO", "persistence"))

    def restart(self) -> None:
        """By exec of itself, all descriptors closed."""
        def run() -> str:
            return next((line for line in self.ask("INFO", "server").splitlines() if "run_id" in line), "")
        before = run()
        self.ask("DEBUG", "RESTART")
        until("another redis", lambda: run() not in ("", before))

    def seen(self) -> str:
        log, _, report = self.log("redis.log").partition("=== REDIS BUG REPORT START")
        # What the report says of memory, stacks and registers is another's in each run.
        heads = [line for line in report.splitlines() if line.startswith(("------", "==="))]
        return plain(self.log() + log, ordered=True) + "\n" + "\n".join(heads)


class Memcached(Server):
    def begin(self) -> None:
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        self.start([self.program, "-l", "127.0.0.1", "-p", str(self.port), "-U", "0", "-t", "2", "-v",
                    *user])
        until("memcached", self.listens)

    def load(self) -> None:
        def one(number: int) -> str:
            with self.connect() as client, client.makefile("rwb") as stream:
                answers = []
                for line in (f"set k{number} 0 0 2\r\n41", f"incr k{number} 1", f"delete k{number}"):
                    stream.write(f"{line}\r\n".encode())
                    stream.flush()
                    answers.append(stream.readline().decode().strip())
                return " ".join(answers)
        with ThreadPoolExecutor(4) as pool:
            self.note(sorted(set(pool.map(one, range(200)))))

    def seen(self) -> str:
        return plain(self.log())


def stop(number: signal.Signals):
    def scenario(server) -> None:
        server.begin()
        server.load()
        server.send(number)
    return scenario


def then(*names_and_arguments, last=SIGTERM):
    def scenario(server) -> None:
        server.begin()
        for name, *arguments in names_and_arguments:
            getattr(server, name)(*arguments)
        if last is not None:
            server.send(last)
    return scenario


def twice_interrupted(server) -> None:
    """The second Ctrl-C comes while redis saves for the first."""
    server.begin("--save", "3600 1")
    server.load()
    server.ask("CONFIG", "SET", "rdb-key-save-delay", "20000")
    server.send(SIGINT)
    until("its shutdown", lambda: "User requested shutdown" in server.log("redis.log"))
    server.send(SIGINT)


def ignoring(number: signal.Signals):
    def scenario(server) -> None:
        server.begin()
        server.send(number)
        server.load()
        server.send(SIGTERM)
    return scenario


SCENARIOS = {
    "nginx reload": (Nginx, then(("load",), ("reload",), last=SIGQUIT)),
    "nginx upgrade": (NginxDaemon, then(("upgrade",), last=None)),
    **{f"nginx worker {number.name}": (Nginx, then(("crash", number), ("load",), last=SIGQUIT))
       for number in (SIGSEGV, SIGABRT, SIGKILL)},
    **{f"nginx stop {number.name}": (Nginx, stop(number))
       for number in (SIGTERM, SIGINT, SIGQUIT, SIGABRT, SIGSEGV, SIGKILL)},
    "redis saving": (Redis, then(("saved",))),
    "redis segfault": (Redis, then(("load",), ("ask", "DEBUG", "SEGFAULT"), last=None)),
    "redis panic": (Redis, then(("load",), ("ask", "DEBUG", "PANIC"), last=None)),
    "redis shutdown": (Redis, then(("load",), ("ask", "SHUTDOWN", "NOSAVE"), last=None)),
    "redis restart": (Redis, then(("load",), ("restart",), ("load",))),
    "redis interrupted twice": (Redis, twice_interrupted),
    "redis ignores SIGHUP": (Redis, ignoring(SIGHUP)),
    **{f"redis stop {number.name}": (Redis, stop(number))
       for number in (SIGTERM, SIGINT, SIGQUIT, SIGABRT, SIGSEGV, SIGUSR1, SIGKILL)},
    **{f"memcached stop {number.name}": (Memcached, stop(number))
       for number in (SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGKILL)},
    **POSTGRES,
}
SHORT = ("nginx reload", "nginx upgrade", "nginx worker SIGSEGV", "nginx stop SIGTERM", "redis saving",
         "redis segfault", "redis restart", "redis stop SIGINT", "memcached stop SIGTERM",
         "memcached stop SIGQUIT")


class Servers(Suite):
    name = "servers"
    jobs = 2

    def prepare(self, directory: Path, short: bool) -> None:
        self.material = directory
        nginx = program("nginx", "nginx", "usr/sbin/nginx")
        redis = program("redis-server", "redis-tools", "usr/bin/redis-check-rdb")
        if redis and redis.name != "redis-server":  # one program by several names
            directory.mkdir(parents=True, exist_ok=True)
            (directory / "redis-server").symlink_to(redis)
            redis = directory / "redis-server"
        programs = {Nginx: nginx, NginxDaemon: nginx, Redis: redis,
                    Memcached: program("memcached", "memcached", "usr/bin/memcached")}
        programs |= {kind: kind.available(directory) for kind in {row[0] for row in POSTGRES.values()}}
        for kind in programs:
            if not programs[kind]:
                print(f"skip  servers: no {kind.__name__.lower()} here")
        for kind in programs:
            kind.program = programs[kind]
        self.names = [name for name, (kind, _) in SCENARIOS.items()
                      if programs[kind] and (not short or name in SHORT)]
        if not self.names:
            raise Unavailable("a server")

    def cases(self) -> list[str]:
        return self.names

    def is_broken(self, text: str) -> bool:
        return "awaited in vain" in text

    def case(self, place: Place, name: str) -> str:
        kind, scenario = SCENARIOS[name]
        directory = place.scratch(name)
        directory.chmod(0o755)
        server = kind(place, directory)
        try:
            scenario(server)
            server.note("end:", server.ended())
        except Silent as missing:
            server.note("awaited in vain:", missing)
        finally:
            with contextlib.suppress(Exception):
                server.close()
        return "\n".join(server.notes) + "\n" + server.seen()
