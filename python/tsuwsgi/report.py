"""What of requests and of failures goes to the log."""
import sys
import time


def report_exception(environ):
    """Write the current exception to the log, with the request it belongs to."""
    import traceback

    kind, value, trace = sys.exc_info()
    # The frame of run() itself tells nobody anything.
    if trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    lines = traceback.format_exception(kind, value, trace)
    log("[%s] %s raised:\n%s" % (time.strftime("%Y-%m-%d %H:%M:%S"), request_words(environ), "".join(lines)))


def report_failure():
    """Write the current exception to the log: it came from this program, outside of any request."""
    try:
        import traceback

        log("tsuwsgi: a core has failed:\n" + traceback.format_exc())
    except Exception:
        pass  # there is no memory for that either


def request_words(environ):
    """The request in a few words; the application may have taken anything out of its environ."""
    return "%s %s" % (environ.get("REQUEST_METHOD", ""), environ.get("REQUEST_URI", ""))


def log(text):
    """Write to the log. A log that cannot be written (full disk, closed by the application) harms no request."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except Exception:
        pass
