"""The moments of a Python process's life at which something is configured to be done: see src/settings/hooks."""
import contextlib
import sys

from tsuwsgi import confine, hooks, system


def settle(config):
    """First in the zygote, before anything of the application is imported; returns what is wrong, or None."""
    if config["clearAmbient"]:
        system.clear_ambient()
    confinement = config["confinement"]
    if confinement is not None and not confinement["afterImport"]:
        problem = confine.enter(confinement)
        if problem is not None:
            return problem
    warning = confine.limit(config["resources"])
    if warning is not None:
        sys.stderr.write("tsuwsgi: %s\n" % warning)
    return None


@contextlib.contextmanager
def around_import(config):
    """What is done before and after the import of the application; raises HookFailed and HookExit."""
    phases = config["phases"]
    hooks.run_phase(phases["pre-app"], "pre app")
    yield
    hooks.run_phase(phases["post-app"], "post app")


def after_import(config):
    """Give up root if that had to wait until here; returns what is wrong, or None."""
    confinement = config["confinement"]
    if confinement is not None and confinement["afterImport"]:
        return confine.enter(confinement)
    return None


def begin_worker(config, worker):
    """First in a worker."""
    count = config["resources"]["cpuAffinity"]
    if count > 0:
        chosen = confine.pin(worker, count)
        sys.stderr.write("mapping worker %d to CPUs: %s\n" % (worker, " ".join(map(str, chosen))))
        sys.stderr.flush()
    hooks.run_phase(config["phases"]["post-fork"], "post-fork")


def accept(config, worker, is_first):
    """Before the first request of a worker; is_first: none of its number was before it."""
    phases = config["phases"]
    hooks.run_phase(phases["accepting"], "accepting")
    if is_first:
        hooks.run_phase(phases["accepting-once"], "accepting-once")
    if worker == 1:
        hooks.run_phase(phases["accepting1"], "accepting1")
        if is_first:
            hooks.run_phase(phases["accepting1-once"], "accepting1-once")
