"""One request through a WSGI application (PEP 3333): start_response, write, the result's parts, close."""
import os

from tsuwsgi import frames
from tsuwsgi.body import ClientDisconnected
from tsuwsgi.fields import CONNECTION, DATE, LENGTH, SERVER, check_status, check_value, classify, codes, kinds
from tsuwsgi.files import SMALL, FileWrapper, read_all, rest_of
from tsuwsgi.report import log, report_exception, request_words

_write_errors = {"quiet": False, "tolerance": 0, "stops": True}
_MAX_FRAME = 1 << 20  # a frame is sent whole, so this bounds the copy that is made for it
_JOIN_BELOW = 1 << 16  # up to here one copy costs less than one more system call

_pack = frames.HEADER.pack

# How exceptions and results are taken; see behave().
_policy = None
_strict = False
_any_buffer = False


class NoApplication(Exception):
    """No application is for the request: answered with 500, as uWSGI does."""


class FrontGone(BaseException):
    """The core's socket is of no use any more. Not for applications to catch, so no Exception.

    Its cause is an OSError when the front's end is closed. Any other exception came while a frame was sent
    (MemoryError, the timeout of a greenlet): nobody knows how much of the frame went out, so the core has to
    connect again.
    """


class Response:
    """The answer to one request, from start_response to the last byte."""

    # Per request only what differs is set.
    _head = None
    _status = 0
    _flags = 0
    _length = None  # what the application promised, bytes
    _sent = 0
    _lost = 0  # parts that were given after the client had gone
    begun = False
    finished = False

    def __init__(self, send, number, is_head, gone):
        """send(bytes) puts bytes on the core's socket; number is the request's; gone() as in run()."""
        self._send = send
        self._gone = gone
        self._number = number
        self._is_head = self._no_body = is_head

    def start(self, status, headers, exc_info=None):
        """The start_response callable."""
        if exc_info:
            try:
                if self.begun:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self._head is not None:
            raise AssertionError("start_response was called twice without exc_info")
        if type(status) is not str and isinstance(status, str):
            status = str.__str__(status)
        code = codes.get(status)
        if code is None:
            code = check_status(status)
        flags = 0
        length = None
        text = status + "\r\n"
        for name, value in headers:
            if type(name) is not str and isinstance(name, str):
                name = str.__str__(name)
            kind = kinds.get(name)
            if kind is None:
                kind = classify(name)
            if not (type(value) is str and value.isprintable()):
                value = check_value(name, value)
            if kind:
                if kind == LENGTH:
                    if not (value.isascii() and value.isdigit()) or length is not None:
                        raise ValueError("Content-Length must be one number, not %r" % (value,))
                    if code == 204:
                        continue  # must not have one (RFC 9110 8.6), but frameworks add it
                    length = int(value)
                    flags |= frames.LENGTH
                elif kind == DATE:
                    flags |= frames.DATE
                elif kind == SERVER:
                    flags |= frames.SERVER
                else:
                    if kind == CONNECTION and "close" in value.lower():
                        flags |= frames.CLOSE
                    continue
            text = f"{text}{name}: {value}\r\n"
        self._no_body = self._is_head or code == 204 or code == 304
        self._status = code
        self._head = text.encode("latin-1")
        self._flags = flags
        self._length = length
        return self.write

    def write(self, data):
        """The write callable, also for each part of the result."""
        if type(data) is not bytes:
            if not isinstance(data, (bytes, bytearray, memoryview)) and not (_any_buffer and _is_buffer(data)):
                raise TypeError("the body must be bytes, not %s" % type(data).__name__)
            data = bytes(memoryview(data))
        if self.finished:
            return  # what follows the promised length is not sent
        if self._no_body:
            self._sent += len(data)
            if self._head is None:
                raise AssertionError("write before start_response")
            return
        length = self._length
        final = 0
        if length is not None and self._sent + len(data) >= length:
            if self._sent + len(data) > length:
                self._complain("more than its Content-Length of %d bytes; the rest is not sent", length)
                data = data[: length - self._sent]
            final = frames.FINAL
        self._sent += len(data)
        self._put(data, final)

    def _stops(self):
        """Whether the application is stopped, because its client is gone; at each part that it gives."""
        self._lost += 1
        return _write_errors["stops"] and self._lost > _write_errors["tolerance"]

    def mark_file(self):
        """The body is a file's, though it goes through Python: for the access log."""
        self._flags |= frames.WRAPPED

    def _put(self, data, flags):
        """Send one ANSWER or DATA frame; large ones in pieces."""
        if len(data) > _MAX_FRAME:
            data = memoryview(data)  # or each piece would copy all that follows it
        while len(data) > _MAX_FRAME:
            self._frame(data[:_MAX_FRAME], flags & ~frames.FINAL & ~frames.ABORT)
            data = data[_MAX_FRAME:]
        self._frame(data, flags)

    def _frame(self, data, flags):
        if self.begun:
            if not flags & frames.ABORT and self._gone() and self._stops():
                raise ClientDisconnected("the client went away before the answer was complete")
        else:
            head = self._head
            if head is None:
                raise AssertionError("the application gave a body without calling start_response")
        try:
            if flags & (frames.FINAL | frames.ABORT):
                self.finished = True
            if self.begun:
                header = _pack(len(data), frames.DATA, flags, 0, self._number, 0)
            else:
                self.begun = True
                header = _pack(len(head) + len(data), frames.ANSWER, self._flags | flags, self._status,
                               self._number, len(head)) + head
            if len(data) < _JOIN_BELOW:
                self._send(header + data)
            else:
                self._send(header)
                self._send(data)
        except BaseException as error:
            raise FrontGone() from error

    def whole(self, body):
        """Send all of a body at once; nothing was written before."""
        size = len(body)
        if size == self._length and size < _JOIN_BELOW and not self._no_body:
            # The usual answer, without the detours below.
            head = self._head
            try:
                self.begun = self.finished = True
                self._send(b"".join((
                    _pack(len(head) + size, frames.ANSWER, self._flags | frames.FINAL, self._status,
                          self._number, len(head)), head, body)))
            except BaseException as error:
                raise FrontGone() from error
            return
        if self._head is None:
            raise AssertionError("the application returned without calling start_response")
        if self._no_body:
            if self._is_head and size and self._length is None and not self._sent:
                self._promise(size)
            body = b""
        elif self._length is None:
            self._promise(size)
        elif size != self._length:
            if size > self._length:
                self._complain("more than its Content-Length of %d bytes; the rest is not sent", self._length)
                body = body[: self._length]
            else:
                self._complain("%d of the %d bytes of its Content-Length", size, self._length)
                self._put(body, frames.FINAL | frames.ABORT)
                return
        self._put(body, frames.FINAL)

    def file(self, wrapper, lender):
        """Send what is left of a real file, or as much of it as the Content-Length says.

        lender lends descriptors to the front, None where the front cannot open them. False when nothing was done:
        then the wrapper is a result like any other.
        """
        found = rest_of(wrapper)
        if found is None or self.begun or self._sent or self._head is None:
            return False
        file, inode, position, length = found
        if self._length is not None:
            if self._length > length:
                return False
            length = self._length
        if self._no_body:
            if self._is_head and self._length is None:
                self._promise(length)
            self._put(b"", frames.FINAL)
            return True
        if length <= SMALL:
            self.whole(read_all(file, length))
            return True
        descriptor = None if lender is None else lender.lend(self._number, file)
        if descriptor is None:
            return False
        if self._length is None:
            self._promise(length)
        self._lend(frames.PLACE.pack(os.getpid(), descriptor, inode, position, length))
        return True

    def _lend(self, place):
        """Send a FILE frame, which is all of the answer."""
        head = self._head
        try:
            self.begun = self.finished = True
            self._send(_pack(len(head) + len(place), frames.FILE, self._flags | frames.FINAL, self._status,
                             self._number, len(head)) + head + place)
        except BaseException as error:
            raise FrontGone() from error

    def _promise(self, size):
        """Add the Content-Length that the application left out."""
        self._head += b"Content-Length: %d\r\n" % size
        self._flags |= frames.LENGTH

    def finish(self):
        """The result is exhausted: end the answer."""
        if self.finished:
            return
        if self._head is None:
            raise AssertionError("the application returned without calling start_response")
        if not self._no_body and self._length is not None and self._sent < self._length:
            self._complain("%d of the %d bytes of its Content-Length", self._sent, self._length)
            self._put(b"", frames.FINAL | frames.ABORT)
        elif self.begun or self._no_body:
            self._put(b"", frames.FINAL)
        else:
            self.whole(b"")

    def fail(self, page=None, worn=False):
        """The application raised: answer 500, or cut off what was begun.

        page is what to answer with, if there is something special; worn asks for another worker.
        """
        if self.finished:
            return
        extra = frames.EXCEPTION | frames.WORN if worn else frames.EXCEPTION
        if self.begun:
            self._put(b"", frames.FINAL | frames.ABORT | extra)
            return
        body = b"Internal Server Error" if page is None else page
        self._head = b"500 Internal Server Error\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n" % len(body)
        self._status = 500
        self._flags = frames.LENGTH | extra
        self._put(b"" if self._is_head else body, frames.FINAL)

    def _complain(self, text, *values):
        log("tsuwsgi: the application sent %s\n" % (text % values))


def set_write_errors(rules):
    """What becomes of an answer whose client is gone: quiet, tolerance, stops, as in src/launch/messages.ts."""
    _write_errors.update(rules)


class EagerResponse(Response):
    """Sends the head when it is given, as `start_response-nodelay` has it."""

    def start(self, status, headers, exc_info=None):
        Response.start(self, status, headers, exc_info)
        if not self._no_body:
            self._put(b"", 0)
        return self.write


_response = Response


def behave(settings, policy):
    """Take results and exceptions as a PythonSettings says; for a worker, before its first request.

    policy(environ) gives the arguments of Response.fail for the exception that is being handled; None: there are none.
    """
    global _policy, _strict, _any_buffer, _response
    _policy = policy
    _strict = settings["strict"]
    _any_buffer = settings["acceptBuffers"]
    _response = EagerResponse if settings["eagerHead"] else Response


def _is_whole(result):
    """Whether a result is a body as it is: as in uWSGI it may be, though PEP 3333 has it in an iterable."""
    return not _strict and (isinstance(result, bytes) or _any_buffer and _is_buffer(result))


def _is_buffer(thing):
    """Whether an object has bytes in it that can be sent as they are."""
    try:
        memoryview(thing)
    except TypeError:
        return False
    return True


def run(application, environ, send, number, gone, lender=None):
    """Run the application for one request and send its answer.

    environ is complete; gone() tells whether the client has left; lender is for Response.file. Whatever the application does wrong ends in
    an answer, and in a traceback in the log; only FrontGone is raised.
    """
    response = _response(send, number, environ["REQUEST_METHOD"] == "HEAD", gone)
    try:
        result = application(environ, response.start)
        if type(result) is list and not response.begun:
            response.whole(result[0] if len(result) == 1 and type(result[0]) is bytes else b"".join(result))
            return
        try:
            if type(result) is FileWrapper:
                if response.file(result, lender):
                    return
                response.mark_file()
            for part in (result,) if _is_whole(result) else result:
                if part:  # an empty part is not sent, as PEP 3333 has it
                    response.write(part)
            response.finish()
        finally:
            if hasattr(result, "close"):
                result.close()
    except FrontGone as gone:
        if not isinstance(gone.__cause__, OSError):
            report_exception(environ)
        raise
    except ClientDisconnected as error:
        if not _write_errors["quiet"]:
            log("tsuwsgi: %s: %s\n" % (request_words(environ), error))
        response.fail()
    except NoApplication:
        log("--- no python application found, check your startup logs for errors ---\n")
        response.fail()
    except BaseException as error:  # SystemExit too: one request does not end the worker
        report_exception(environ)
        if _policy is None:
            response.fail()
        else:
            response.fail(*_policy(environ))
