"""One behaviour a path, for what PEP 3333 asks of a server. `/closed` tells which results were closed."""
import os
import sys
import time

closed = []


class Result:
    def __init__(self, name, parts):
        self.name, self.parts = name, parts

    def __iter__(self):
        yield from self.parts

    def close(self):
        closed.append(self.name)


def plain(environ, start):
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"plain"]


def parts(environ, start):
    start("200 OK", [("Content-Type", "text/plain")])
    return Result("parts", [b"one", b"", b"two", b"three"])


def write(environ, start):
    put = start("200 OK", [])
    put(b"written ")
    put(b"first, ")
    return [b"returned last"]


def lazy_start(environ, start):
    start("201 Created", [])
    yield b"lazy"


def raise_before(environ, start):
    raise RuntimeError("raised before the start")


def raise_in_iteration(environ, start):
    start("200 OK", [])
    return Result("raise_in_iteration", boom())


def boom():
    yield b"begun"
    raise RuntimeError("raised in the iteration")


def raise_when_told(environ, start):
    start("200 OK", [])
    yield b"begun"
    while not os.path.exists(environ["QUERY_STRING"]):
        time.sleep(0.01)
    raise RuntimeError("raised when told")


def exc_info_before(environ, start):
    start("200 OK", [("X-First", "1")])
    try:
        raise ValueError("changed its mind")
    except ValueError:
        start("503 Sorry", [("X-Second", "2")], sys.exc_info())
    return [b"sorry"]


def exc_info_after(environ, start):
    put = start("200 OK", [])
    put(b"sent")
    try:
        raise ValueError("too late")
    except ValueError:
        start("500 No", [], sys.exc_info())
    return [b"never"]


def start_twice(environ, start):
    start("200 OK", [])
    start("200 OK", [])
    return [b""]


def never_start(environ, start):
    return [b"no head"]


def too_long(environ, start):
    start("200 OK", [("Content-Length", "4")])
    return [b"more than four"]


def too_long_in_parts(environ, start):
    start("200 OK", [("Content-Length", "4")])
    return Result("too_long_in_parts", [b"abc", b"def", b"ghi"])


def too_short(environ, start):
    start("200 OK", [("Content-Length", "100")])
    return [b"short"]


def header_injection(environ, start):
    start("200 OK", [("X-Bad", "a\r\nX-Evil: 1")])
    return [b"x"]


def header_name(environ, start):
    start("200 OK", [("X Bad", "a")])
    return [b"x"]


def header_bytes(environ, start):
    start("200 OK", [(b"X-Bytes", b"a")])
    return [b"x"]


def header_latin(environ, start):
    start("200 OK", [("X-Latin", "caf\u00e9")])
    return [b"x"]


def header_wide(environ, start):
    start("200 OK", [("X-Wide", "\u20ac")])
    return [b"x"]


def status_injection(environ, start):
    start("200 OK\r\nX-Evil: 1", [])
    return [b"x"]


def status_short(environ, start):
    start("200", [])
    return [b"x"]


def text_body(environ, start):
    start("200 OK", [])
    return ["text"]


def hop_by_hop(environ, start):
    start("200 OK", [("Connection", "close"), ("Transfer-Encoding", "chunked"), ("X-Kept", "1")])
    return [b"x"]


def no_content(environ, start):
    start("204 No Content", [])
    return [b"not to be sent"]


def not_modified(environ, start):
    start("304 Not Modified", [("ETag", '"x"')])
    return []


def file_wrapper(environ, start):
    start("200 OK", [])
    return environ["wsgi.file_wrapper"](open(__file__, "rb"))


def big(environ, start):
    size = int(environ["QUERY_STRING"])
    start("200 OK", [("Content-Length", str(size))])
    block = b"x" * 65536
    return Result("big", (block[: min(65536, size - at)] for at in range(0, size, 65536)))


def lines(environ, start):
    body = environ["wsgi.input"]
    start("200 OK", [])
    first = body.readline()
    return [repr([first, body.read(3), body.readlines(1), list(body), body.read()]).encode()]


def unread(environ, start):
    start("200 OK", [])
    return [b"not read"]


def slow_stream(environ, start):
    start("200 OK", [])
    for number in range(3):
        yield b"tick %d\n" % number
        time.sleep(0.2)


def endless(environ, start):
    start("200 OK", [])

    def ticks():
        while True:
            yield b"tick\n"
            time.sleep(0.02)

    return Result("endless", ticks())


class Text(str):
    """Formats itself as something else, as enumerations that are strings do."""

    def __format__(self, spec):
        return "wrong\r\nX-Evil: 1"


def text_subclasses(environ, start):
    start(Text("200 Fine"), [(Text("X-Sub"), Text("value")), ("X-Tab", Text("a\tb"))])
    return [b"x"]


def no_content_with_length(environ, start):
    start("204 No Content", [("Content-Length", "0")])
    return []


def emptied_environ(environ, start):
    environ.clear()
    raise RuntimeError("raised with an empty environ")


def written_and_returned(environ, start):
    start("200 OK", [])(b"1234")
    return [b"5678"]


kept = []


def keeps_input(environ, start):
    """Reads the body of the upload before this one."""
    if environ["QUERY_STRING"] == "keep":
        kept.append(environ["wsgi.input"])
        start("200 OK", [])
        return [b"kept"]
    try:
        said = repr(kept.pop().read())
    except ValueError as error:
        said = str(error)
    start("200 OK", [])
    return [said.encode()]


def system_exit(environ, start):
    raise SystemExit(3)


def own_date(environ, start):
    start("200 OK", [("Date", "Sun, 06 Nov 1994 08:49:37 GMT")])
    return [b"x"]


def own_server(environ, start):
    start("200 OK", [("Server", "mine")])
    return [b"x"]


def environ_types(environ, start):
    start("200 OK", [])
    names = ["wsgi.version", "wsgi.url_scheme", "wsgi.multithread", "wsgi.multiprocess", "wsgi.run_once"]
    return [repr([environ[name] for name in names]).encode()]


def application(environ, start_response):
    name = environ["PATH_INFO"][1:]
    if name == "closed":
        start_response("200 OK", [])
        return [" ".join(closed).encode()]
    return globals()[name or "plain"](environ, start_response)
