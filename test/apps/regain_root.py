"""Answers with who it is, and with what it got when it tried to become root again."""
import json
import os

try:
    import ctypes
except ImportError:  # in a chroot without its library
    ctypes = None


def application(environ, start_response):
    got = []
    for name, attempt in ATTEMPTS.items():
        try:
            attempt()
            got.append(name)
        except OSError:
            pass
    start_response("200 OK", [("Content-Type", "application/json")])
    answer = {
        "import": IMPORTED_AS, "uids": os.getresuid(), "gids": os.getresgid(), "groups": GROUPS,
        "directory": os.getcwd(), "root": sorted(os.listdir("/")), "got": got,
    }
    return [json.dumps(answer).encode()]


def capset():
    """Ask for all capabilities."""
    if ctypes is None:
        raise OSError
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    everything = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
    if ctypes.CDLL(None, use_errno=True).capset(header, everything) != 0:
        raise OSError(ctypes.get_errno(), "capset")


IMPORTED_AS = os.geteuid()
GROUPS = sorted(os.getgroups())
ATTEMPTS = {
    "setuid": lambda: os.setuid(0),
    "seteuid": lambda: os.seteuid(0),
    "setresuid": lambda: os.setresuid(-1, 0, 0),
    "setgid": lambda: os.setgid(0),
    "setgroups": lambda: os.setgroups([0]),
    "capset": capset,
    "chroot": lambda: os.chroot("/"),
    "shadow": lambda: open("/etc/shadow").close(),
}
