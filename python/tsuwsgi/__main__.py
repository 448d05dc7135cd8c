"""Entry of the zygote: run by the master as a script, so that no installation is needed."""
import os
import signal
import sys

if __name__ == "__main__":
    # A Ctrl-C in the middle of the imports below would show as a traceback; the zygote handles it later.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # Python put this script's own directory on the path; the package is one above, and the
    # application must see neither.
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    from tsuwsgi import zygote

    del sys.path[0]
    status = zygote.main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        pass
    # What the application gave to `atexit` while it was imported is for its workers to call.
    os._exit(status)
