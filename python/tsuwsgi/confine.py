"""Who a process is and what it may use of the machine: user, groups, root directory, capabilities, limits."""
import os

from tsuwsgi import system


def become(identity, capabilities=()):
    """Give up root for the user and groups of an Identity (src/launch/messages.ts); nothing gets it back.

    Threads of this process would stay what they are: to be called before there are any.
    """
    if os.getuid() != 0:
        return
    uid, gid = identity["uid"], identity["gid"]
    if capabilities:
        system.prctl(system.PR_SET_KEEPCAPS, 1)
    _set_groups(identity)
    if gid is not None:
        os.setresgid(gid, gid, gid)
    if uid is not None:
        os.setresuid(uid, uid, uid)
    if capabilities:
        system.keep_capabilities(capabilities)


def _set_groups(identity):
    uid, gid = identity["uid"], identity["gid"]
    if uid is None and gid is None:
        return
    if identity["addGids"]:
        os.setgroups(identity["addGids"])
    elif identity["noInitgroups"] or uid is None:
        os.setgroups([])
    else:
        _own_groups(uid, os.getgid() if gid is None else gid)


def _own_groups(uid, gid):
    """The user's supplementary groups where the system knows the user, else the one group."""
    try:
        import pwd

        name = pwd.getpwuid(uid).pw_name
    except (ImportError, KeyError):
        os.setgroups([gid])
    else:
        os.initgroups(name, gid)


def enter(confinement):
    """Make a directory the root of this process and become the user; returns what is wrong, or None.

    What is imported later has to be found in there, the standard library too.
    """
    root = confinement["chroot"]
    if root is not None:
        import site

        system.prepare()
        os.chroot(root)
        os.chdir("/")
        library = os.__file__
        if not os.path.exists(library):
            return ("`chroot`: there is no %s in %s: what the application imports, Python's standard library "
                    "too, has to be in there" % (library, root))
        become(confinement["identity"], confinement["capabilities"])
        site.main()  # Python was started without: root must not run what stands in site-packages
        try:
            os.chdir(confinement["directory"])
        except OSError as error:
            return "`chroot`: cannot go to %s in it: %s" % (confinement["directory"], error.strerror)
    else:
        become(confinement["identity"], confinement["capabilities"])
    try:
        # The change of the user has made our /proc/PID root's; the front reads files of workers there.
        system.prctl(system.PR_SET_DUMPABLE, 1)
    except OSError:
        pass  # then the bytes of files go through Python
    return None


def limit(resources):
    """Apply what concerns a Python process to this one and those that it forks; returns a warning or None."""
    number = resources["processes"]
    if number > 0:
        import resource

        hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
        if hard != resource.RLIM_INFINITY and hard < number:
            return "limit-nproc: the limit is %d already, and only root can raise it" % hard
        resource.setrlimit(resource.RLIMIT_NPROC, (number, number))
    if resources["mergePages"]:
        try:
            system.prctl(system.PR_SET_MEMORY_MERGE, 1)
        except OSError as error:
            return "ksm: this kernel does not do it for whole processes: %s" % error.strerror
    return None


def pin(worker, count):
    """Run a worker on count processors, uWSGI's choice: those after the one of the worker before; returns them."""
    processors = os.cpu_count() or 1
    first = (worker - 1) * count % processors
    chosen = sorted({(first + index) % processors for index in range(count)})
    os.sched_setaffinity(0, chosen)
    return chosen
