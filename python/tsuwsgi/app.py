"""Load the WSGI callable that the configuration names, and say exactly what is wrong when that fails."""
import importlib
import importlib.util
import os
import sys
import traceback

from tsuwsgi import changes

_HERE = os.path.dirname(__file__)


class LoadError(Exception):
    """The application cannot be loaded. kind: missing, syntax, callable or exception; see messages.ts."""

    def __init__(self, kind, message, trace=""):
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.trace = trace

    def as_message(self):
        """The LoadFailure that the master understands."""
        return {"kind": self.kind, "message": self.message, "traceback": self.trace}


def load(app):
    """The WSGI callable of an AppSetting; raises LoadError. app may be None: no application is configured."""
    if app is None:
        raise LoadError("missing", "no application is configured (module or wsgi-file)")
    if app["kind"] == "file":
        module = _load_file(app["path"])
        place = app["path"]
    elif app["kind"] == "eval":
        module = _load_code(app["code"])
        place = "the code of `eval`"
    else:
        module = _load_module(app["module"])
        place = getattr(module, "__file__", None) or app["module"]
    return _find(module, app["callable"], place)


def run_file(name, path, package=None):
    """Run a file as the module of a name; package is the directory that the other modules of it are in, if any.

    Whatever the file's ending, nothing is read from or written to __pycache__, as in uWSGI.
    """
    changes.note(name, path)
    with open(path, "rb") as file:
        source = file.read()
    return _run(name, path, compile(source, path, "exec", dont_inherit=True), package)


def _run(name, path, code, package=None):
    loader = None
    spec = importlib.util.spec_from_loader(name, loader, origin=path, is_package=package is not None)
    if package is not None:
        spec.submodule_search_locations = [package]
    module = importlib.util.module_from_spec(spec)
    if path is not None:
        module.__file__ = path
    sys.modules[name] = module
    try:
        exec(code, module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _load_file(path):
    """Run a file as a module, named as uWSGI names it."""
    name = "uwsgi_file_" + path.replace("/", "_").replace(".", "_")
    changes.note(name, path)
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        raise LoadError("missing", "cannot read %s: %s" % (path, error.strerror)) from error
    try:
        code = compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise LoadError("syntax", _syntax(error, path)) from error
    try:
        return _run(name, path, code)
    except BaseException as error:
        raise _raised(path, error) from error


def _load_code(source):
    """Run the code of `eval` as a module, named as uWSGI names it."""
    name = "uwsgi_eval_config"
    try:
        code = compile(source, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise LoadError("syntax", _syntax(error, "the code of `eval`")) from error
    try:
        return _run(name, None, code)
    except BaseException as error:
        raise _raised("the code of `eval`", error) from error


def _load_module(name):
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        # The module itself, or a package on the way to it; one that it imports is the application's affair.
        if error.name is not None and (name + ".").startswith(error.name + "."):
            looked = ", ".join(repr(entry) for entry in sys.path[:4])
            raise LoadError("missing", "no module named %r (looked in %s, …; the current directory is %s)"
                            % (error.name, looked, os.getcwd())) from error
        raise _raised(name, error) from error
    except SyntaxError as error:
        spec = _spec(name)
        if spec is not None and spec.origin == error.filename:
            raise LoadError("syntax", _syntax(error, error.filename)) from error
        raise _raised(name, error) from error
    except BaseException as error:
        raise _raised(name, error) from error


def _spec(name):
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError, SyntaxError):
        return None


def _find(module, callable_name, place):
    """The callable in the module; `name()` is called for it, as in uWSGI."""
    name = callable_name[:-2] if callable_name.endswith("()") else callable_name
    if not hasattr(module, name):
        others = sorted(
            key for key, value in vars(module).items()
            if callable(value) and not key.startswith("_") and getattr(value, "__module__", "") != "builtins"
            and not isinstance(value, type)
        )[:5]
        hint = "; callables there: %s" % ", ".join(others) if others else ""
        raise LoadError("callable", "%s has no callable %r%s" % (place, name, hint))
    found = getattr(module, name)
    if name != callable_name:
        try:
            found = found()
        except BaseException as error:
            raise _raised("%s in %s" % (callable_name, place), error) from error
    if not callable(found):
        raise LoadError("callable", "%r in %s is not callable but %s" % (name, place, type(found).__name__))
    return found


def _syntax(error, path):
    if isinstance(error, SyntaxError):
        return "%s:%s:%s: %s" % (path, error.lineno, error.offset, error.msg)
    return "%s: %s" % (path, error)


def _raised(what, error):
    """The application's code raised while it was imported."""
    summary = traceback.format_exception_only(type(error), error)[-1].strip()
    return LoadError("exception", "importing %s raised %s" % (what, summary), trace_of(error))


def trace_of(error):
    """The traceback of what was raised by an import, without our own frames and importlib's."""
    trace = error.__traceback__
    while trace is not None and (
        os.path.dirname(trace.tb_frame.f_code.co_filename) == _HERE
        or "importlib" in trace.tb_frame.f_code.co_filename
    ):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace))
