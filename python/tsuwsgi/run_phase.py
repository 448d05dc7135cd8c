"""Runs a phase for the master, which cannot do all of it itself; see src/launch/master/programs/phase.ts.

The order is JSON on standard input: {"phase", "steps", "limit", "identity"}; identity is whom to become first, or
null. One JSON object on descriptor 3 tells what came of it: {"directory", "environment"} as changed by the steps (the
directory is null where it is the same), and {"failed", "place"} or {"exit", "message", "place"}.
"""
import json
import os
import signal
import sys

_RESULT = 3


def main():
    """Runs the phase; 0 in any case, since what is to be told is told."""
    # -I leaves the script's own directory out, and nothing else of the user's may be imported by root.
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from tsuwsgi import confine, hooks

    signal.signal(signal.SIGTERM, _leave)
    order = json.loads(sys.stdin.read())
    os.set_inheritable(_RESULT, False)
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.dup2(descriptor, 0)
    os.close(descriptor)
    before = dict(os.environ)
    start = _directory()
    result = {}
    try:
        if order["identity"] is not None:
            confine.become(order["identity"])
        hooks.run_phase(order["steps"], order["phase"], order["limit"])
    except hooks.HookFailed as failed:
        result = {"failed": str(failed), "place": failed.place}
    except hooks.HookExit as asked:
        result = {"exit": asked.code, "message": str(asked), "place": asked.place}
    changed = {name: value for name, value in os.environ.items() if before.get(name) != value}
    end = _directory()
    result.update(directory=None if end == start else end, environment=changed)
    os.write(_RESULT, json.dumps(result).encode() + b"\n")
    return 0


def _directory():
    """Where this process is; None where that directory has been removed."""
    try:
        return os.getcwd()
    except OSError:
        return None


def _leave(_number, _frame):
    raise SystemExit(1)  # the command that runs goes with us, see _exec of hooks.py


if __name__ == "__main__":
    sys.exit(main())
