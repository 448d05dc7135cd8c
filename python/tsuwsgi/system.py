"""Calls of Linux that Python's standard library does not have, by ctypes; without ctypes they fail with OSError."""
import errno
import os

PR_SET_DUMPABLE = 4
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_SET_MEMORY_MERGE = 67
_AMBIENT_RAISE = 2
_AMBIENT_CLEAR_ALL = 4
_CAPABILITIES_VERSION = 0x20080522  # version 3: two words of 32 bits for each set

_MOUNT_FLAGS = {
    "ro": 1, "rdonly": 1, "readonly": 1, "nosuid": 2, "nodev": 4, "noexec": 8, "sync": 16, "remount": 32,
    "mandlock": 64, "dirsync": 128, "noatime": 1024, "bind": 4096, "move": 8192, "rec": 16384,
    "recursive": 16384, "private": 1 << 18, "shared": 1 << 20,
}
_UMOUNT_FLAGS = {"force": 1, "detach": 2}
_RECURSIVE = ("rec", "recursive")


def prepare():
    """Load what the calls need: in another root directory it may not be found."""
    try:
        import ctypes  # noqa: F401
    except ImportError:
        pass  # the calls say so


def prctl(option, *arguments):
    """prctl(2); raises OSError."""
    _call("prctl", option, *(list(arguments) + [0] * (4 - len(arguments))))


def keep_capabilities(numbers):
    """Have exactly these capabilities, now and in what inherits them."""
    import ctypes

    low = sum(1 << number for number in numbers if number < 32)
    high = sum(1 << (number - 32) for number in numbers if number >= 32)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    data = (ctypes.c_uint32 * 6)(low, low, low, high, high, high)
    _call("capset", header, data)


def raise_ambient(numbers):
    """Let the capabilities that we have survive the start of a program."""
    for number in numbers:
        prctl(PR_CAP_AMBIENT, _AMBIENT_RAISE, number)


def clear_ambient():
    """Programs that are started from now on have no capabilities of ours."""
    prctl(PR_CAP_AMBIENT, _AMBIENT_CLEAR_ALL)


def mount(kind, what, where, flags, data):
    """mount(2)"""
    bits = 0
    for flag in flags:
        bits |= _MOUNT_FLAGS.get(flag, 0)
    import ctypes

    encoded = [os.fsencode(text) for text in (what, where, kind)]
    _call("mount", *(encoded + [ctypes.c_ulong(bits), os.fsencode(data) if data else None]))


def umount(where, flags):
    """umount2(2); `rec` unmounts first what is mounted below."""
    bits = 0
    for flag in flags:
        bits |= _UMOUNT_FLAGS.get(flag, 0)
    if any(flag in _RECURSIVE for flag in flags):
        below = where.rstrip("/") + "/"
        with open("/proc/self/mounts", errors="surrogateescape") as mounts:
            points = [line.split(" ")[1].encode().decode("unicode_escape") for line in mounts]
        for point in sorted(points, key=len, reverse=True):
            if point.startswith(below):
                _call("umount2", os.fsencode(point), bits)
    _call("umount2", os.fsencode(where), bits)


def _call(name, *arguments):
    try:
        import ctypes

        function = getattr(ctypes.CDLL(None, use_errno=True), name)
    except (ImportError, AttributeError, OSError):
        raise OSError(errno.ENOSYS, "this Python cannot call %s: it has no ctypes" % name) from None
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
