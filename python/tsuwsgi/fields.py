"""Status lines and header fields as an application gives them (PEP 3333): what they may be, and what they are."""
import re

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")  # token, RFC 9110 5.6.2
_BAD_TEXT = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_STATUS = re.compile(r"[2-9][0-9][0-9] ")
# Fields that belong to the connection, so to the front (RFC 9110 7.6.1).
_HOP_BY_HOP = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization proxy-connection "
    "te trailer transfer-encoding upgrade".split()
)
PLAIN, LENGTH, DATE, SERVER, DROPPED, CONNECTION = range(6)
kinds = {}  # header name as the application spells it -> one of the above
codes = {}  # status as the application spells it -> its number
_MAX_KNOWN = 1000  # an application that makes up names must not fill the memory


def classify(name):
    """The kind of a header name seen for the first time; raises for what is no header name."""
    if not isinstance(name, str):
        raise TypeError("header names must be str, not %s: %r" % (type(name).__name__, name))
    if not _NAME.match(name):
        raise ValueError("not a header name: %r" % (name,))
    lower = name.lower()
    if lower == "content-length":
        kind = LENGTH
    elif lower == "date":
        kind = DATE
    elif lower == "server":
        kind = SERVER
    elif lower == "connection":
        kind = CONNECTION
    elif lower in _HOP_BY_HOP:
        kind = DROPPED
    else:
        kind = PLAIN
    if len(kinds) < _MAX_KNOWN:
        kinds[name] = kind
    return kind


def check_status(status):
    """The number of a status line seen for the first time; raises for what is none."""
    if not isinstance(status, str) or not _STATUS.match(status) or _BAD_TEXT.search(status):
        raise ValueError("status must be like '200 OK', not %r" % (status,))
    code = int(status[:3])
    if len(codes) < _MAX_KNOWN:
        codes[status] = code
    return code


def check_value(name, value):
    """Refuse what would break the header section apart; tabs and all of latin-1 beyond are fine."""
    if not isinstance(value, str):
        raise TypeError("the value of header %s must be str, not %s" % (name, type(value).__name__))
    if _BAD_TEXT.search(value):
        raise ValueError("control character in the value of header %s: %r" % (name, value))
    return str.__str__(value)  # exactly str: a subclass may format itself as something else
