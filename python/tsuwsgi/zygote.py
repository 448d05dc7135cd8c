"""The zygote: loads the application once, forks and reaps workers on the master's word, leaves on its end.

It stays single-threaded itself; a thread that the application starts at import is not in the workers.
"""
import gc
import json
import os
import platform
import select
import shutil
import signal
import sys
import threading
import time
import traceback

from tsuwsgi.app import LoadError, load, prepare_path
from tsuwsgi.title import set_title
from tsuwsgi.worker import work

_CONTROL = 3
_MASTERS = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


def main():
    """Run until the master says stop or vanishes; returns the exit code."""
    set_title("tsuwsgi zygote")
    # A terminal's Ctrl-C and a service manager's SIGTERM reach the whole group; only the master acts on
    # them. A handler, not SIG_IGN, because programs that the application starts would inherit that.
    for number in _MASTERS:
        signal.signal(number, _leave_to_master)
    os.set_inheritable(_CONTROL, False)
    return Zygote().run()


def _leave_to_master(_number, _frame):
    pass


class Zygote:
    """The children and the talk with the master."""

    def __init__(self):
        self._pids = {}  # worker number -> pid
        self._rest = b""
        self._config = None
        self._application = None
        self._failure = None
        self._deadline = None  # when the workers that are left are killed, after a stop
        read, write = os.pipe()
        os.set_blocking(read, False)
        os.set_blocking(write, False)
        self._wakeup = read, write
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _leave_to_master)

    def run(self):
        while True:
            if self._deadline is not None:
                if not self._pids:
                    return 0
                if time.monotonic() >= self._deadline:
                    self._kill_all()
                    return 0
            for descriptor in self._wait():
                if descriptor == _CONTROL and not self._receive():
                    self._abandoned()
                    return 1
            self._reap()

    def _wait(self):
        timeout = None
        if self._deadline is not None:
            timeout = max(0.0, self._deadline - time.monotonic())
        ready, _, _ = select.select([_CONTROL, self._wakeup[0]], [], [], timeout)
        if self._wakeup[0] in ready:
            try:
                os.read(self._wakeup[0], 4096)
            except BlockingIOError:
                pass
        return ready

    def _receive(self):
        """Act on what the master sent; False when it has gone."""
        try:
            data = os.read(_CONTROL, 65536)
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
            self._fork(message["worker"])
        elif verb == "kill":
            pid = self._pids.get(message["worker"])
            if pid is not None:  # not reaped yet, so the number is still that process's
                os.kill(pid, message["signal"])
        elif verb == "stop":
            self._deadline = time.monotonic() + message["seconds"]
        else:
            raise ValueError("the master said %r" % verb)

    def _say(self, **message):
        data = json.dumps(message).encode() + b"\n"
        try:
            while data:
                data = data[os.write(_CONTROL, data) :]
        except (BrokenPipeError, ConnectionResetError):
            pass  # the next read tells

    def _load(self, config):
        self._config = config
        began = time.monotonic()
        prepare_path(config["pythonpath"])
        python = "%s %s" % (platform.python_implementation(), platform.python_version())
        if not config["lazyApps"]:
            try:
                self._application = load(config["app"])
            except LoadError as error:
                self._failure = error.as_message()
                self._say(**{"is": "load-failed", "python": python}, **self._failure)
                return
            if threading.active_count() > 1:
                sys.stderr.write("tsuwsgi: the application started threads while it was imported; they are "
                                 "not in the workers (lazy-apps = true imports in each worker)\n")
            # What is there now is shared with the workers for as long as nobody writes to it.
            gc.collect()
            gc.freeze()
        self._say(**{"is": "loaded", "python": python, "seconds": time.monotonic() - began})

    def _fork(self, worker):
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            self._be_worker(worker)
        self._pids[worker] = pid
        self._say(**{"is": "forked", "worker": worker, "pid": pid})

    def _be_worker(self, worker):
        """In the child: never returns."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(_CONTROL)
            for descriptor in self._wakeup:
                os.close(descriptor)
            application, failure = self._application, self._failure
            if self._config["lazyApps"]:
                try:
                    application = load(self._config["app"])
                except LoadError as error:
                    failure = error.as_message()
            work(self._config, worker, application, failure)
            status = 0
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
        for worker, pid in list(self._pids.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                del self._pids[worker]
                self._say(**{"is": "exited", "worker": worker, "pid": pid, "status": _status_text(status)})

    def _kill_all(self):
        for pid in self._pids.values():
            os.kill(pid, signal.SIGKILL)
        for pid in self._pids.values():
            os.waitpid(pid, 0)
        self._pids.clear()

    def _abandoned(self):
        """The master died without a word: nothing of it may stay behind."""
        self._kill_all()
        if self._config is not None:
            shutil.rmtree(self._config["runDirectory"], ignore_errors=True)


def _status_text(status):
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            return "killed by %s" % signal.Signals(number).name
        except ValueError:
            return "killed by signal %d" % number
    return "exit code %d" % os.WEXITSTATUS(status)
