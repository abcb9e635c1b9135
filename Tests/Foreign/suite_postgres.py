"""PostgreSQL for the servers' suite: it runs as no root, and a crash of one process restarts the others."""

import os
import pwd
import re
import subprocess
from pathlib import Path
from signal import SIGABRT, SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGSEGV, SIGTERM

from server import Server, until, plain
from ways import environment


def programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


def account() -> dict:
    """For subprocess: somebody else than root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Postgres(Server):
    template: Path | None = None

    @classmethod
    def available(cls, directory: Path) -> Path | None:
        """Makes a cluster, of which each case gets a copy."""
        found = programs()
        if found is None:
            return None
        cls.template = directory / "cluster"
        if (cls.template / "PG_VERSION").exists():
            return found
        directory.mkdir(parents=True, exist_ok=True)
        cls.template.mkdir()
        who = account()
        if who:
            os.chown(cls.template, who["user"], who["group"])
        subprocess.run(
            [found / "initdb", "-D", cls.template, "-N", "-A", "trust", "-U", "tester", "--locale=C.UTF-8"],
            check=True, capture_output=True, env=environment(), cwd="/", **who)
        return found

    def begin(self) -> None:
        data = self.directory / "data"
        subprocess.run(["cp", "-a", self.template, data], check=True)
        self.start(
            [programs() / "postgres", "-D", data, "-c", "listen_addresses=127.0.0.1",
             "-c", f"port={self.port}", "-c", "unix_socket_directories=", "-c", "fsync=off",
             "-c", "log_line_prefix=", "-c", "restart_after_crash=on"], **account())
        until("postgres", lambda: self.listens() and "ready to accept" in self.log())

    def sql(self, text: str) -> str:
        done = subprocess.run(
            [programs() / "psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "tester", "-d", "postgres",
             "-AtX", "-c", text], capture_output=True, text=True, env=self.place.variables, cwd="/")
        return (done.stdout + done.stderr).strip()

    def load(self) -> None:
        self.note(self.sql("create table t as select generate_series(1, 20000) as n"))
        self.note(self.sql("set force_parallel_mode = on; select sum(n) from t"))

    def reload(self) -> None:
        for megabytes in (5, 6, 7):
            with (self.directory / "data/postgresql.auto.conf").open("w") as file:
                file.write(f"work_mem = '{megabytes}MB'\n")
            self.send(SIGHUP)
            until("the reload", lambda: self.sql("show work_mem") == f"{megabytes}MB")
        self.note("reloaded")

    def crash(self, number) -> None:
        """A client's process dies; the postmaster ends all others and recovers."""
        client = subprocess.Popen(
            [programs() / "psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "tester", "-d", "postgres",
             "-AtX", "-c", "select pg_sleep(60)"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, env=self.place.variables, cwd="/")
        backend = until("the client's process", lambda: self.sql(
            "select pid from pg_stat_activity where query = 'select pg_sleep(60)'"))
        before = self.log().count("ready to accept")
        self.send(number, int(backend))
        self.note("client:", client.communicate()[1].splitlines()[:2])
        until("the recovery", lambda: self.log().count("ready to accept") > before)
        self.note("afterwards:", self.sql("select count(*) from t"))

    def seen(self) -> str:
        # What stands there or not by chance: checkpoints, and who was ended before it could say so.
        chance = r"checkpoint|redo|PostgreSQL \d|terminating connection due to administrator command"
        log = re.sub(rf"(?m)^.*({chance}).*\n", "", self.log())
        return plain(log)


def scenario(*steps, last):
    def run(server: Postgres) -> None:
        server.begin()
        server.load()
        for name, *arguments in steps:
            getattr(server, name)(*arguments)
        server.send(last)
    return run


POSTGRES = {
    "postgres reload": (Postgres, scenario(("reload",), last=SIGTERM)),
    **{f"postgres backend {number.name}": (Postgres, scenario(("crash", number), last=SIGINT))
       for number in (SIGSEGV, SIGABRT, SIGKILL, SIGQUIT)},
    **{f"postgres stop {number.name}": (Postgres, scenario(last=number))
       for number in (SIGINT, SIGTERM, SIGQUIT)},
}
