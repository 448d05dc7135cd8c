"""The name that ps and top show for this process."""
import os


def set_title(title):
    """Make `ps` show title instead of the command line; longer ones are cut to the room there is.

    The standard library has no call for it: the kernel reads a process's command line from its
    memory, between two addresses that /proc/self/stat tells, and a process may write there
    through /proc/self/mem. Where that does not work (no /proc, not Linux) nothing changes.
    """
    try:
        with open("/proc/self/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
        start, end = int(fields[45]), int(fields[46])  # arg_start, arg_end: proc(5)
        if end - start < 2:
            return
        text = title.encode("utf-8", "replace")[: end - start - 1]
        memory = os.open("/proc/self/mem", os.O_WRONLY)
        try:
            os.pwrite(memory, text.ljust(end - start, b"\0"), start)
        finally:
            os.close(memory)
        with open("/proc/self/comm", "wb") as comm:
            comm.write(text[:15])
    except (OSError, IndexError, ValueError, OverflowError):
        pass
