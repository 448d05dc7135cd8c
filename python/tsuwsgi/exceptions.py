"""What an exception of the application leads to beside a line in the log: a page for the client, another worker."""
import sys
import traceback

from tsuwsgi.ending import Harakiri


def make_policy(settings):
    """A function for wsgi.set_policy, or None where nothing is asked for; settings is a PythonSettings."""
    catches, rules = settings["catchExceptions"], settings["reloadOn"]
    reloads = rules["any"] or rules["types"] or rules["values"] or rules["reprs"]
    if not catches and not reloads:
        return None

    def judge(environ):
        """Of the exception that is being handled: the body of the answer or None, and whether the worker is to go."""
        error = sys.exc_info()[1]
        if isinstance(error, Harakiri):
            return None, False  # its client has its answer, and it ended as it was to
        page = _page(environ, error) if catches else None
        return page, bool(reloads) and _fits(error, rules)

    return judge


def _fits(error, rules):
    if isinstance(error, Harakiri):
        return False  # the server's own
    if rules["any"]:
        return True
    text = _text(error)
    return text in rules["values"] or any(
        name in rules["types"] or "%s: %s" % (name, text) in rules["reprs"]
        for name in (type(error).__name__, _class_name(type(error)))
    )


def _page(environ, error):
    """The exception in plain text: what uWSGI shows."""
    kind, text = _class_name(type(error)), _text(error)
    trace = error.__traceback__
    # The frame of our own that called the application tells nobody anything.
    if trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    lines = [
        'exception in "%s %s"' % (environ.get("REQUEST_METHOD", ""), environ.get("REQUEST_URI", "")),
        "",
        "Exception: %s: %s" % (kind, text),
        "Exception class: %s" % kind,
        "Exception message: %s" % text,
        "",
        "".join(traceback.format_exception(type(error), error, trace)),
    ]
    lines.extend("%s = %s" % (name, value) for name, value in environ.items()
                 if isinstance(name, str) and type(value) is str)
    return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")


def _class_name(kind):
    return "%s.%s" % (kind.__module__, kind.__qualname__)


def _text(error):
    try:
        return str(error)
    except Exception:
        return ""
