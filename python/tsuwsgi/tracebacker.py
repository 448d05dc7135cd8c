"""Where all threads of a worker are: told to whoever connects to a Unix socket, as uWSGI's py-tracebacker does."""
import os
import socket
import sys
import threading
import traceback

from tsuwsgi import native

_BACKLOG = 8
_CLIENT_SECONDS = 5  # for a client that does not read


class Tracebacker:
    """Listens from its making until close()."""

    def __init__(self, path, worker, mode):
        """path lacks the worker's number; one that begins with @ is abstract. mode are permission bits or None.

        Raises OSError when the socket cannot be made.
        """
        place = path + str(worker)
        self._path = None if place.startswith("@") else place
        self._listener = native.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        if self._path is None:
            self._listener.bind("\0" + place[1:])
        else:
            self._bind(place, mode)
        self._listener.listen(_BACKLOG)
        native.start_new_thread(self._serve, ())

    def close(self):
        """Remove the socket, unless another worker, this one's successor, has put its own there."""
        try:
            if self._path is not None and os.stat(self._path).st_ino == self._inode:
                os.unlink(self._path)
        except OSError:
            pass

    def _bind(self, place, mode):
        # Beside it and then in its place: a worker's successor begins before the worker ends.
        temporary = "%s.%d" % (place, os.getpid())
        self._listener.bind(temporary)
        try:
            if mode is not None:
                os.chmod(temporary, mode)
            self._inode = os.stat(temporary).st_ino
            os.rename(temporary, place)
        except OSError:
            os.unlink(temporary)
            raise

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                client.settimeout(_CLIENT_SECONDS)
                client.sendall(stacks().encode("utf-8", "backslashreplace"))
            except OSError:
                pass
            finally:
                client.close()


def stacks():
    """All threads with their frames, one line each, in uWSGI's form."""
    names = {thread.ident: thread.name for thread in list(threading._active.values())}
    text = ["*** tsuwsgi Python tracebacker output ***\n"]
    own = native.get_ident()
    for ident, frame in sys._current_frames().items():
        if ident == own:
            continue
        name = names.get(ident, "<UnnamedPythonThread>")
        for entry in traceback.extract_stack(frame):
            line = " line = %s" % entry.line if entry.line else ""
            text.append("thread_id = %s filename = %s lineno = %s function = %s%s"
                        % (name, entry.filename, entry.lineno, entry.name, line))
        text.append("")
    return "\n".join(text) + "\n"
