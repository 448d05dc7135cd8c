"""Carries out the steps of a phase (src/settings/hooks): commands and the small actions of uWSGI's hooks.

It forks and waits by `native`, because an application may have put cooperative calls in their place.
"""
import errno
import os
import signal
import socket
import stat
import sys
import time

from tsuwsgi import native, system

# uWSGI waits for ever. A migration of a large database may take most of this.
LIMIT_SECONDS = 3600
_LOOK_SECONDS = 0.05
_WAIT_SECONDS = 0.2
_CONNECT_SECONDS = 1


class HookFailed(Exception):
    """A step that may not fail has; place is where it was configured."""

    def __init__(self, step, phase, reason):
        super().__init__("%s: %s failed: %s" % (phase, step["shown"], reason))
        self.place = step["place"]


class HookExit(Exception):
    """A step asks for the end of the process, with this code."""

    def __init__(self, step, code):
        super().__init__("%s asks for the end, with exit code %d" % (step["shown"], code))
        self.code = code
        self.place = step["place"]


class _Failed(Exception):
    pass


def run_phase(steps, phase, limit=LIMIT_SECONDS):
    """Carry out the steps in their order; raises HookFailed or HookExit. limit is in seconds, for each step."""
    for step in steps:
        action = step["action"]
        _log("running %s (%s)..." % (step["shown"], phase))
        if action["do"] == "exit":
            raise HookExit(step, action["code"])
        try:
            _ACTIONS[action["do"]](action, limit)
        except (_Failed, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            if not step["mayFail"]:
                raise HookFailed(step, phase, reason) from None
            _log("%s: %s failed: %s" % (phase, step["shown"], reason))


def _log(text):
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _exec(action, limit):
    """Run a command by the shell; one that is ended or returns other than 0 has failed."""
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    pid = native.fork()
    if pid == 0:
        _be_command(action["command"], parent)
    try:
        status = _wait_for(pid, limit)
    except BaseException:
        _kill_group(pid)
        raise
    if status is None:
        raise _Failed("it took longer than %d s and was killed" % limit)
    if os.WIFSIGNALED(status):
        raise _Failed("killed by signal %d" % os.WTERMSIG(status))
    if os.WEXITSTATUS(status) != 0:
        raise _Failed("exit code %d" % os.WEXITSTATUS(status))


def _be_command(command, parent):
    """In the child: never returns. It stays with the shell, so that nothing is left when the parent is killed."""
    status = 127
    try:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        native.signal(signal.SIGTERM, signal.SIG_DFL)
        pid = native.fork()
        if pid == 0:
            for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and that would be inherited
                native.signal(number, signal.SIG_DFL)
            os.execv("/bin/sh", ["sh", "-c", command])
        ended = _wait_while(pid, lambda: os.getppid() == parent)
        if ended is None:
            os.killpg(0, signal.SIGKILL)
        if os.WIFSIGNALED(ended):
            number = os.WTERMSIG(ended)
            if number != signal.SIGKILL:
                native.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        status = os.WEXITSTATUS(ended)
    finally:
        os._exit(status)


def _wait_for(pid, limit):
    """The status of a child's end; None when it had to be killed, as it took too long."""
    end = time.monotonic() + limit
    starter = os.getppid()
    status = _wait_while(pid, lambda: time.monotonic() < end and os.getppid() == starter)
    if status is None:
        _kill_group(pid)
        native.waitpid(pid, 0)
    return status


def _wait_while(pid, may_wait):
    """The status of a child's end; None when there is to be no more waiting."""
    pause = 0.001
    while True:
        done, status = native.waitpid(pid, os.WNOHANG)
        if done:
            return status
        if not may_wait():
            return None
        native.sleep(pause)
        pause = min(2 * pause, _LOOK_SECONDS)


def _kill_group(pid):
    for kill in (os.killpg, native.kill):
        try:
            kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass


def _print(action, _limit):
    _log(action["text"])


def _write(action, _limit):
    how = os.O_APPEND if action["append"] else os.O_TRUNC
    _write_all(os.open(action["path"], os.O_WRONLY | os.O_CREAT | how, 0o666), action["text"])


def _write_fifo(action, limit):
    """Write to who reads; else do nothing, or wait for somebody (`spinningfifo`)."""
    path = action["path"]
    silent = (errno.ENXIO, errno.ENODEV) + ((errno.ENOENT,) if action["waits"] else ())
    end = time.monotonic() + limit
    starter = os.getppid()
    if action["waits"]:
        _log("waiting for %s ..." % path)
    while True:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno not in silent:
                raise
        else:
            _write_all(descriptor, action["text"])
            return
        if not action["waits"]:
            return
        if time.monotonic() >= end or os.getppid() != starter:
            raise _Failed("nobody reads from it after %d s" % limit)
        native.sleep(_WAIT_SECONDS)


def _write_all(descriptor, text):
    try:
        data = os.fsencode(text)
        while data:
            data = data[os.write(descriptor, data) :]
    finally:
        os.close(descriptor)


def _chown(action, _limit):
    import grp
    import pwd

    try:
        uid = pwd.getpwnam(action["user"]).pw_uid
    except KeyError:
        raise _Failed("there is no user %s" % action["user"]) from None
    try:
        gid = grp.getgrnam(action["group"]).gr_gid
    except KeyError:
        raise _Failed("there is no group %s" % action["group"]) from None
    os.chown(action["path"], uid, gid)


def _sticky(action, _limit):
    os.chmod(action["path"], stat.S_IMODE(os.stat(action["path"]).st_mode) | stat.S_ISVTX)


def _putenv(action, _limit):
    os.environ[action["name"]] = action["value"]


def _mount(action, _limit):
    system.mount(action["type"], action["what"], action["where"], action["flags"], action["data"])


def _wait(action, limit):
    what = action["what"]
    seconds = min(action["seconds"], limit)
    there = _CONDITIONS[action["until"]]
    _log("waiting for %s (max %d seconds) ..." % (what, seconds))
    end = time.monotonic() + seconds
    while not there(what):
        if time.monotonic() >= end:
            raise _Failed("%s unavailable after %d seconds" % (what, seconds))
        native.sleep(_WAIT_SECONDS)
    _log("%s found" % what)


def _kind(path):
    try:
        return os.stat(path).st_mode
    except (OSError, ValueError):
        return 0


def _is_mountpoint(path):
    try:
        here, above = os.stat(path), os.stat(os.path.join(path, ".."))
    except (OSError, ValueError):
        return False
    return stat.S_ISDIR(here.st_mode) and here.st_dev != above.st_dev


def _is_interface(name):
    try:
        return socket.if_nametoindex(name) > 0
    except OSError:
        return False


def _takes_connections(where):
    """`host:port`, or the path of a Unix socket; one with `@` in front is abstract."""
    host, colon, port = where.rpartition(":")
    if colon and not where.startswith(("/", "@")):
        family, address = socket.AF_INET, (host or "127.0.0.1", int(port) if port.isdigit() else 0)
        if host.startswith("["):
            family, address = socket.AF_INET6, (host.strip("[]"), address[1])
    else:
        family, address = socket.AF_UNIX, "\0" + where[1:] if where.startswith("@") else where
    with native.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(_CONNECT_SECONDS)
        try:
            probe.connect(address)
        except (OSError, OverflowError):
            return False
    return True


_CONDITIONS = {
    "fs": lambda path: _kind(path) != 0,
    "file": lambda path: stat.S_ISREG(_kind(path)),
    "dir": lambda path: stat.S_ISDIR(_kind(path)),
    "mountpoint": _is_mountpoint,
    "interface": _is_interface,
    "socket": _takes_connections,
}

_ACTIONS = {
    "exec": _exec,
    "print": _print,
    "write": _write,
    "writefifo": _write_fifo,
    "mkdir": lambda action, _limit: os.mkdir(action["path"]),
    "unlink": lambda action, _limit: os.unlink(action["path"]),
    "sticky": _sticky,
    "chdir": lambda action, _limit: os.chdir(action["path"]),
    "chmod": lambda action, _limit: os.chmod(action["path"], action["mode"]),
    "chown": _chown,
    "chown2": lambda action, _limit: os.chown(action["path"], action["uid"], action["gid"]),
    "putenv": _putenv,
    "hostname": lambda action, _limit: socket.sethostname(action["name"]),
    "mount": _mount,
    "umount": lambda action, _limit: system.umount(action["where"], action["flags"]),
    "wait": _wait,
}
