"""Answers from files. PATH_INFO says how, QUERY_STRING is the path of the file."""
import gzip
import io
import os
import tempfile


class Spoken:
    """Has a fileno(), but a read() of its own."""

    def __init__(self, path):
        self._file = open(path, "rb")
        self.fileno = self._file.fileno
        self.close = self._file.close

    def read(self, size=-1):
        return self._file.read(size).swapcase()


def opened(how, path):
    if how == "bytesio":
        return io.BytesIO(open(path, "rb").read())
    if how == "gzip":
        return gzip.open(path)
    if how == "spoken":
        return Spoken(path)
    if how == "raw":
        return open(path, "rb", buffering=0)
    if how in ("temporary", "unlinked"):
        file = tempfile.NamedTemporaryFile() if how == "temporary" else tempfile.TemporaryFile()
        file.write(open(path, "rb").read())
        file.seek(0)
        return file
    return open(path, "rb")


def application(environ, start):
    how, path = environ["PATH_INFO"][1:], environ["QUERY_STRING"]
    if how == "descriptors":
        start("200 OK", [])
        return [b"%d" % len(os.listdir("/proc/self/fd"))]
    if how in ("", "offered"):
        start("200 OK", [])
        return [b"yes" if "wsgi.file_wrapper" in environ else b"no"]
    file = opened(how, path)
    status, headers = "200 OK", []
    if how == "range":
        file.seek(1000)
        status = "206 Partial Content"
        headers = [("Content-Length", "500000"), ("Content-Range", "bytes 1000-500999/*")]
    elif how == "unmodified":
        status = "304 Not Modified"
    elif how == "promised":
        headers = [("Content-Length", str(os.path.getsize(path) + 1))]
    put = start(status, headers)
    if how == "written":
        put(b"before")
    return environ["wsgi.file_wrapper"](file, 8192)
