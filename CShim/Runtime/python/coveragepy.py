# Runs in each main interpreter that imports coverage.py, in a namespace of its own, from
# python/coveragepy.c, which has put these names into it: HOME, the directory of this user in the
# recording; INTERPRETER_IS_BACK, to be called in the child of a fork that Python made.
#
# Nothing here runs while the program does, but for what a fork of it must do in the child.
import errno
import gc
import json
import os
import sys
from _thread import get_ident
from time import sleep

# Where coverage.py is at work on its data. Code that is interrupted there must come out of it first.
AT_WORK = ("control.py", "collector.py", "sqldata.py", "sqlitedb.py", "data.py")

# So often it may fail to save for what other threads did meanwhile.
FAILURES = 20

failures = 0
published = None  # the Coverage that the file of that life describes, and the life
gathering = None  # the data file, where one file is wanted and not one for each process
whole = None  # the life that gathers the parts of that file
saving = None  # the thread that saves
session = None  # the data file of the process that this one is measured with
server = None  # pid of a multiprocessing fork server: its children save what it ran


def module():
    return sys.modules.get("coverage")


def current():
    try:
        return module().Coverage.current()
    except Exception:
        return None  # not imported yet, or half


def is_at_work():
    folder = os.path.dirname(module().__file__)
    files = {os.path.join(folder, name) for name in AT_WORK}
    for frame in sys._current_frames().values():
        while frame is not None:
            code = frame.f_code
            # coverage.py's own handler has saved when it sends the signal again.
            if code.co_filename in files and code.co_name != "_on_sigterm":
                return True
            frame = frame.f_back
    return False


def is_stood_in_for(coverage):
    """A Coverage that was begun here for the process, and then the program made one of its own."""
    return coverage is getattr(module().process_startup, "coverage", None) and not coverage._auto_save


def unsaved():
    if server == os.getpid():
        return []
    coverage = current()
    if coverage is not None:
        return [] if is_stood_in_for(coverage) else [coverage]
    # Stopped, and not saved yet.
    kind = module().Coverage
    return [
        thing
        for thing in gc.get_objects()
        if type(thing) is kind
        and not is_stood_in_for(thing)
        and thing._collector is not None
        and thing._collector._activity()
    ]


ADDS = ("add_lines", "add_arcs")


def hold_still(data):
    """Other threads go on, and coverage.py (7.6, 7.10) fails where one adds to a set that it walks
    over. A copy is made in one step, under the interpreter's lock."""
    for name in ADDS if data is not None else ():
        add = getattr(data, name)
        setattr(data, name, lambda found, add=add: add({file: list(found[file]) for file in found}))


def let_go(data):
    for name in ADDS if data is not None else ():
        vars(data).pop(name, None)


def save(waits):
    """0: all that coverage.py has is in its file; 1: ask again, it is at work; 2: it could not."""
    global saving, failures
    while saving is not None and saving != get_ident():
        if waits:
            return 1
        sleep(0.001)
    outer, saving = saving, get_ident()
    interval = sys.getswitchinterval()
    try:
        if waits and is_at_work():
            return 1
        if waits:
            sys.setswitchinterval(0.00001)  # other threads still run: get the lock back from them soon
        for coverage in unsaved():
            silent = coverage._warn_no_data, coverage._warn_unimported_source
            coverage._warn_no_data = coverage._warn_unimported_source = False
            data = coverage._data
            hold_still(data)
            try:
                coverage.save()
            finally:
                let_go(data)
                coverage._warn_no_data, coverage._warn_unimported_source = silent
    except BaseException:
        failures += 1
        return 1 if waits and failures < FAILURES else 2
    finally:
        sys.setswitchinterval(interval)
        saving = outer
    if waits:
        gather_quietly()
    return 0


def unique(start):
    return "%s.%d.%s" % (start, os.getpid(), os.urandom(3).hex())


def part():
    return unique("salvage-" + whole)


def spare(path):
    """Before a file is removed. A worker of pytest-xdist begins with Coverage.erase(), which would take
    what the worker before it had saved. To coverage.py the file is then not there."""
    if session is None or not isinstance(path, str) or not path.startswith(session + "."):
        return
    own = ".%d." % os.getpid(), ".pid%d." % os.getpid()
    if any(mark in path for mark in own):
        return
    folder = os.path.dirname(module().__file__)
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if code.co_name == "erase" and os.path.dirname(code.co_filename) == folder:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        frame = frame.f_back


def after_fork():
    global gathering, saving, session
    gathering = saving = None
    INTERPRETER_IS_BACK()
    coverage = current()
    data = getattr(coverage, "_data", None)
    if data is None:
        return
    session = os.path.abspath(coverage.config.data_file)
    coverage._warn_no_data = coverage._warn_unimported_source = False
    if server is not None:
        coverage._auto_save = True
    # Without a name of its own the child would write its parent's file.
    if whole is not None:
        data._suffix = part()
    elif isinstance(data._suffix, str):
        data._suffix = unique(data._suffix)


def absolute(path):
    return os.path.abspath(path) if os.path.exists(path) else path


def pattern(text):
    return text if text.startswith(("*", "?")) else os.path.abspath(text)


def settings(coverage):
    """The configuration, as a process with another working directory must have it."""
    data = {k: v for k, v in vars(coverage.config).items() if not k.startswith("_")}
    for name in ("source", "source_dirs"):
        if data.get(name):
            data[name] = [absolute(path) for path in data[name]]
    for name in ("run_include", "run_omit"):
        if data.get(name):
            data[name] = [pattern(text) for text in data[name]]
    if data.get("config_file"):
        data["config_file"] = absolute(data["config_file"])
    data["data_file"] = os.path.abspath(data["data_file"])
    data["parallel"] = True
    return data


def publish(life):
    """Tells the processes that this one starts how it is measured. 1: done."""
    global published, gathering, whole
    coverage = current()
    path = os.path.join(HOME, "coverage-" + life)
    if coverage is None:
        if published is not None and published[1] == life:
            os.unlink(path)
        published = None
        return 0
    if published == (coverage, life):
        return 1
    document = {
        "config": settings(coverage),
        "place": os.path.dirname(os.path.dirname(os.path.abspath(module().__file__))),
        "tag": sys.implementation.cache_tag,
    }
    if whole is None and not (coverage._data_suffix_specified or coverage.config.parallel):
        gathering, whole = document["config"]["data_file"], life
    document["whole"] = whole
    document["pid"] = os.getpid()
    with open(path + ".new", "w") as file:
        json.dump(document, file, default=list)
    os.rename(path + ".new", path)
    published = coverage, life
    return 1


def begin(path, command):
    """Measures this process as the one that started it."""
    global gathering, whole, server, session
    if not isinstance(command, str):
        command = ""
    if current() is not None or "multiprocessing.resource_tracker" in command:
        return 0
    with open(path) as file:
        document = json.load(file)
    before = list(sys.path)
    if document["tag"] == sys.implementation.cache_tag:
        sys.path.insert(0, document["place"])
    try:
        import coverage
    finally:
        sys.path[:] = before
    whole = document["whole"]
    if document["pid"] != os.getpid():
        session = document["config"]["data_file"]
    if whole is not None and document["pid"] == os.getpid():  # it became this program
        gathering = document["config"]["data_file"]
    new = coverage.Coverage(config_file=False, data_suffix=True if whole is None else part())
    new.config.__dict__.update(document["config"])
    new._warn_no_data = new._warn_unimported_source = new._warn_preimported_source = False
    # It ends when nobody waits for its data any more.
    server = os.getpid() if "multiprocessing.forkserver" in command else None
    new._auto_save = server is None
    new.start()
    coverage.process_startup.coverage = new
    return 2 if server else 1


def gather():
    """At the end, after coverage.py: one file was asked for, so that of the children goes into it."""
    if gathering is None:
        return
    folder, name = os.path.split(gathering)
    start = "%s.salvage-%s." % (name, whole)
    files = [os.path.join(folder, f) for f in os.listdir(folder) if f.startswith(start)]
    if not files:
        return
    data = module().CoverageData(basename=gathering)
    data.read()
    for file in files:
        other = module().CoverageData(basename=file)
        other.read()
        data.update(other)
        os.unlink(file)


def gather_quietly():
    try:
        gather()
    except Exception:
        pass  # the files are there, for `coverage combine`


def prepare():
    import atexit

    os.register_at_fork(after_in_child=after_fork)
    atexit.register(gather_quietly)


prepare()
