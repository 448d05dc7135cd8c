"""What an application finds in its interpreter: sys.path, sys.argv, other names for modules, modules imported."""
import importlib
import os
import sys

from tsuwsgi.app import run_file, trace_of
from tsuwsgi.search_path import expand


class AliasError(Exception):
    """A module that is to have another name cannot be had; the text is for whoever started the server."""


def prepare(config):
    """Make ready what all applications share, in uWSGI's order; config is the load message. Raises AliasError.

    What cannot be imported is told in the log, and all goes on without it, as in uWSGI.
    """
    python = config["python"]
    prepare_path(config["pythonpath"], python["argv"])
    if python.get("executable") is not None:
        sys.executable = python["executable"]
    _alias(python["aliases"])
    _import(python["earlyImports"])
    _import(python["sharedImports"])


def prepare_application(config):
    """Make ready what comes right before the applications, in each process that loads them. Raises AliasError."""
    python = config["python"]
    _import(python["imports"])
    _alias(python["postAliases"])


def prepare_path(pythonpath, argv):
    """Set sys.path as uWSGI does: the current directory first, then each pythonpath before what was there."""
    sys.path.insert(0, ".")
    for directory in expand(pythonpath):
        sys.path.insert(0, directory)
    sys.argv = ["uwsgi"] + argv


def _import(names):
    for name in names:
        try:
            if _is_path(name) or name.endswith(".py"):
                _import_path(_module_name(name), name)
            else:
                importlib.import_module(name)
        except BaseException as error:  # SystemExit too: a script that is imported does not end the server
            sys.stderr.write("tsuwsgi: importing %s raised:\n%s" % (name, trace_of(error)))


def _alias(aliases):
    for alias in aliases:
        name, target = alias["name"], alias["target"]
        try:
            if _is_path(target):
                _import_path(name, target)
            else:
                sys.modules[name] = importlib.import_module(target)
        except BaseException as error:
            raise AliasError("the module %s, to be known as %s, cannot be imported:\n%s"
                             % (target, name, trace_of(error).rstrip())) from error


def _is_path(name):
    return "/" in name


def _import_path(name, path):
    """Import a file, or a directory as a package, under a name that its path does not have to fit."""
    if os.path.isdir(path):
        return run_file(name, os.path.join(path, "__init__.py"), package=path)
    return run_file(name, path)


def _module_name(path):
    """As uWSGI makes it of a path: `./jobs/nightly.py` is `__jobs_nightly`."""
    name = path.replace(".", "_").replace("/", "_")
    return name[:-3] if name.endswith("_py") else name
