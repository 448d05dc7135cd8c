"""The zygote: loads the application once, forks and reaps workers on the master's word, leaves on its end.

It stays single-threaded itself; a thread that the application starts at import is not in the workers. It
makes its system calls by `native`, because applications may put others in their place.
"""
import contextlib
import fcntl
import json
import os
import platform
import resource
import shutil
import signal
import stat
import sys
import threading
import time
import traceback

from tsuwsgi import changes, moments, native
from tsuwsgi.engine import EngineError, make_engine
from tsuwsgi.hooks import HookExit, HookFailed
from tsuwsgi.interpreter import AliasError, prepare
from tsuwsgi.mounts import load_all
from tsuwsgi.outputs import never_fail
from tsuwsgi.overdue import OVERDUE
from tsuwsgi.sharing import share
from tsuwsgi.title import set_title
from tsuwsgi.worker import work
from tsuwsgi.wsgi import set_write_errors

_CONTROL = 3
_COUNTERS = 4
_ORPHAN_SECONDS = 5  # for what workers have begun, when the master is dead
_MASTERS = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2,
            signal.SIGTSTP)


def main():
    """Run until the master says stop or vanishes; returns the exit code."""
    set_title("tsuwsgi zygote")
    for descriptor in (_CONTROL, _COUNTERS):
        os.set_inheritable(descriptor, False)
    for output in (1, 2):
        if stat.S_ISFIFO(os.fstat(output).st_mode):  # see ownDescription of src/launch/log/descriptor-sink.ts
            os.set_blocking(output, True)
    never_fail()
    return Zygote().run()


def _leave_to_master(_number, _frame):
    pass


class Zygote:
    """The children and the talk with the master."""

    def __init__(self):
        self._pids = {}  # slot -> pid
        self._rest = b""
        self._config = None
        self._application = None
        self._failure = None
        self._engine = None
        self._imports = None  # the pipe by which workers tell what they import; see changes.py
        self._rest_of_imports = b""
        self._born = set()  # numbers of the workers that there have been
        self._deadline = None  # when the workers that are left are killed, after a stop
        self._orphaned = False  # the master is dead
        read, write = os.pipe()
        os.set_blocking(read, False)
        os.set_blocking(write, False)
        self._wakeup = read, write
        self._take_signals()

    def _take_signals(self):
        """Have the signals arrive as the zygote needs them, whatever the application did at its import."""
        # A terminal's Ctrl-C and a service manager's SIGTERM reach the whole group; only the master acts on
        # them. A handler, not SIG_IGN, because programs that the application starts would inherit that.
        for number in _MASTERS + (signal.SIGCHLD,):
            native.signal(number, _leave_to_master)
        signal.set_wakeup_fd(self._wakeup[1], warn_on_full_buffer=False)

    def run(self):
        while True:
            if self._deadline is not None:
                if self._pids and time.monotonic() >= self._deadline:
                    self._kill_all()
                if not self._pids:
                    break
            for descriptor in self._wait():
                if descriptor == _CONTROL and not self._receive():
                    self._abandoned()
            self._reap()
        if not self._orphaned:
            return 0
        self._clean_up()
        return 1

    def _wait(self):
        timeout = None
        if self._deadline is not None:
            timeout = max(0.0, self._deadline - time.monotonic())
        watched = [self._wakeup[0]]
        if not self._orphaned:
            watched.append(_CONTROL)
        if self._imports:
            watched.append(self._imports[0])
        ready, _, _ = native.select(watched, [], [], timeout)
        if self._imports and self._imports[0] in ready:
            self._pass_on_imports()
        if self._wakeup[0] in ready:
            try:
                native.read(self._wakeup[0], 4096)
            except BlockingIOError:
                pass
        return ready

    def _receive(self):
        """Act on what the master sent; False when it has gone."""
        try:
            data = native.read(_CONTROL, 65536)
        except ConnectionResetError:
            return False
        if not data:
            return False
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._act(json.loads(line))
        return True

    def _act(self, message):
        verb = message["do"]
        if verb == "load":
            self._load(message)
        elif verb == "fork":
            self._fork(message)
        elif verb == "trace":
            pid = self._pids.get(message["slot"])
            if pid is not None:
                native.kill(pid, OVERDUE)
        elif verb == "kill":
            pid = self._pids.get(message["slot"])
            if pid is not None:  # not reaped yet, so the number is still that process's
                native.kill(pid, message["signal"])
        elif verb == "stop":
            self._deadline = time.monotonic() + message["seconds"]
        else:
            raise ValueError("the master said %r" % verb)

    def _say(self, **message):
        data = json.dumps(message).encode() + b"\n"
        try:
            while data:
                data = data[native.write(_CONTROL, data) :]
        except (BrokenPipeError, ConnectionResetError):
            pass  # the next read tells

    def _load(self, config):
        self._config = config
        if config["oneOutput"]:
            os.dup2(1, 2)
        set_write_errors(config["writeErrors"])
        began = time.monotonic()
        set_title(config["names"]["zygote"])
        problem = moments.settle(config)
        if problem is not None:
            self._say(**{"is": "unusable", "message": problem})
            return
        problem = _limit_memory(config["limitAs"]) if config["limitAs"] else None
        if problem is not None:
            self._say(**{"is": "unusable", "message": problem})
            return
        python = "%s %s" % (platform.python_implementation(), platform.python_version())
        if config["python"]["autoReload"]:
            self._record(config["python"]["autoReloadIgnore"])
        try:
            self._engine = make_engine(config["engine"])
            self._engine.prepare()
            with self._bound_to_master():
                prepare(config)
                if not config["lazyApps"]:
                    with moments.around_import(config):
                        self._application, self._failure = load_all(config)
        except (EngineError, AliasError) as error:
            self._say(**{"is": "unusable", "message": str(error)})
            return
        except HookFailed as failed:
            self._say(**{"is": "unusable", "message": str(failed), "place": failed.place})
            return
        except HookExit as asked:
            self._say(**{"is": "unusable", "message": str(asked), "place": asked.place, "code": asked.code})
            return
        finally:
            self._take_signals()
            self._tell_imports()
        problem = None if config["lazyApps"] else moments.after_import(config)
        if problem is not None:
            self._say(**{"is": "unusable", "message": problem})
            return
        if self._application is None and not config["lazyApps"]:
            self._say(**{"is": "load-failed", "python": python}, **self._failure)
            return
        # Greenlets that count as threads are no frames of their own, and the workers have them.
        if threading.active_count() > 1 and len(sys._current_frames()) > 1:
            sys.stderr.write("tsuwsgi: the application started threads while it was imported; they are "
                             "not in the workers (lazy-apps = true imports in each worker)\n")
        if not config["lazyApps"]:
            self._warn()
        share()
        if self._failure is not None:  # of one of several applications: the others are served
            self._say(**{"is": "load-failed", "python": python}, **self._failure)
            return
        self._say(**{"is": "loaded", "python": python, "seconds": time.monotonic() - began})

    def _record(self, ignored):
        """Have each import noted, here and in the workers, which tell of theirs by a pipe."""
        changes.record(ignored)
        self._imports = os.pipe()
        os.set_blocking(self._imports[0], False)

    def _tell_imports(self):
        files = changes.take()
        if files:
            self._say(**{"is": "imported", "files": files})

    def _pass_on_imports(self):
        """Tell the master what the workers have imported."""
        try:
            data = native.read(self._imports[0], 65536)
        except BlockingIOError:
            return
        *lines, self._rest_of_imports = (self._rest_of_imports + data).split(b"\n")
        if lines:
            self._say(**{"is": "imported", "files": [json.loads(line) for line in lines]})

    def _warn(self):
        warning = self._engine.check()
        if warning is not None:
            sys.stderr.write("tsuwsgi: %s\n" % warning)

    @contextlib.contextmanager
    def _bound_to_master(self):
        """While the application is imported nobody reads the control channel: SIGIO ends us with the master.

        The master says nothing in that time, so all that can happen there is the channel's end. The signal
        kills inside of C code too. There are no workers yet, and the front removes the run directory.
        """
        native.signal(signal.SIGIO, signal.SIG_DFL)
        fcntl.fcntl(_CONTROL, fcntl.F_SETOWN, os.getpid())
        flags = fcntl.fcntl(_CONTROL, fcntl.F_GETFL)
        fcntl.fcntl(_CONTROL, fcntl.F_SETFL, flags | fcntl.FASYNC)
        try:
            if native.select([_CONTROL], [], [], 0)[0]:  # it died a moment before
                self._clean_up()
                os._exit(1)
            yield
        finally:
            fcntl.fcntl(_CONTROL, fcntl.F_SETFL, flags)

    def _fork(self, order):
        slot = order["slot"]
        is_first = order["worker"] not in self._born
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            pid = native.fork()
        except OSError as error:  # no room for one more process; the master tries again
            status = "it cannot be forked: %s" % (error.strerror or error)
            self._say(**{"is": "exited", "slot": slot, "pid": 0, "status": status})
            return
        if pid == 0:
            self._be_worker(order, is_first)
        self._born.add(order["worker"])
        self._pids[slot] = pid
        self._say(**{"is": "forked", "slot": slot, "pid": pid})

    def _be_worker(self, order, is_first):
        """In the child: never returns."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            native.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(_CONTROL)
            for descriptor in self._wakeup:
                os.close(descriptor)
            moments.begin_worker(self._config, order["worker"])
            if self._imports:
                os.close(self._imports[0])
                changes.tell(self._imports[1])
            engine = self._engine
            engine.enter()
            application, failure = self._application, self._failure
            if self._config["lazyApps"]:
                with moments.around_import(self._config):
                    application, failure = load_all(self._config)
                changes.tell_rest()
                if order["worker"] == 1:
                    self._warn()
            moments.accept(self._config, order["worker"], is_first)
            engine.patch()
            work(self._config, order, application, failure, engine)
            status = 0
        except HookFailed as failed:
            sys.stderr.write("tsuwsgi: %s\n" % failed)
        except HookExit as asked:
            sys.stderr.write("tsuwsgi: %s\n" % asked)
            status = asked.code
        except BaseException:
            traceback.print_exc()
        finally:
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            except OSError:
                pass
            os._exit(status)

    def _reap(self):
        for slot, pid in list(self._pids.items()):
            done, status = native.waitpid(pid, os.WNOHANG)
            if done:
                del self._pids[slot]
                self._say(**{"is": "exited", "slot": slot, "pid": pid, "status": _status_text(status)})

    def _kill_all(self):
        for pid in self._pids.values():
            native.kill(pid, signal.SIGKILL)
        for pid in self._pids.values():
            native.waitpid(pid, 0)
        self._pids.clear()

    def _abandoned(self):
        """The master died without a word: workers go when the front tells them to, or soon without that."""
        self._orphaned = True
        deadline = time.monotonic() + _ORPHAN_SECONDS
        self._deadline = deadline if self._deadline is None else min(self._deadline, deadline)

    def _clean_up(self):
        """Nothing may stay behind of a master that is dead."""
        if self._config is not None:
            shutil.rmtree(self._config["runDirectory"], ignore_errors=True)


def _limit_memory(size):
    """Bound the address space of this process and its children, bytes; returns why that is no use, or None."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        size = min(size, hard)  # what is bounded already may not get more
    present = _address_space()
    if size <= present:
        megabytes = "limit-as is %d megabytes, and Python alone takes %d: write a larger number"
        return megabytes % (size >> 20, -(-present >> 20))
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    return None


def _address_space():
    """Bytes of this process's address space; 0 where that cannot be told."""
    try:
        with open("/proc/self/statm", "rb") as sizes:
            return int(sizes.read().split()[0]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0


def _status_text(status):
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            return "killed by %s" % signal.Signals(number).name
        except ValueError:
            return "killed by signal %d" % number
    return "exit code %d" % os.WEXITSTATUS(status)
