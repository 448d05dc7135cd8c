"""Several applications in one process: loaded in uWSGI's order, and one chosen for each request."""
from tsuwsgi.app import LoadError, load
from tsuwsgi.interpreter import AliasError, prepare_application
from tsuwsgi.wsgi import NoApplication


def load_all(config):
    """Load what the configuration names: (callable, None), or (callable or None, failure).

    config is the load message. One application is that application. Of several each that cannot be loaded
    answers 500 for its own requests, and the failure tells of all of them.
    """
    try:
        prepare_application(config)
    except AliasError as error:
        return None, LoadError("missing", str(error)).as_message()
    mounts = config["mounts"]
    if not mounts["list"]:
        try:
            return load(config["app"]), None
        except LoadError as error:
            return None, error.as_message()
    failures = []
    applications = []  # (mountpoint, callable); "" is the one of module or wsgi-file
    if config["app"] is not None:
        applications.append(("", _load(config["app"], None, failures)))
    for index, mount in enumerate(mounts["list"]):
        applications.append((mount["mountpoint"], _load(mount["app"], (index, mount["mountpoint"]), failures)))
    failure = None
    if failures:
        failure = dict(failures[0], others=failures[1:]) if failures[1:] else failures[0]
    return Mounts(applications, mounts), failure


def _load(app, mount, failures):
    """The callable, or one that answers 500; mount is its number and mountpoint, None for the one without."""
    try:
        return load(app)
    except LoadError as error:
        failure = error.as_message()
        if mount is not None:
            failure = dict(failure, mount=mount[0], message="%s: %s" % (mount[1], failure["message"]))
        failures.append(failure)
        return no_application


def no_application(_environ, _start_response):
    """Stands in for an application that there is not."""
    raise NoApplication()


class Mounts:
    """The WSGI callable that finds the request's application and calls it."""

    def __init__(self, applications, settings):
        """applications are pairs of mountpoint and callable, in the order of loading; settings a MountSettings."""
        # An environ's text is bytes read as latin-1 (PEP 3333); the configuration is UTF-8.
        applications = [(name.encode().decode("latin-1"), found) for name, found in applications]
        self._by_name = dict(applications)
        # A mountpoint's slash at the end counts for nothing when a path is compared with it.
        self._prefixes = [
            (name, name[:-1] if name.endswith("/") else name) for name, _ in applications if name not in ("", "/")
        ]
        self._prefixes.sort(key=lambda pair: -len(pair[1]))  # stable: of equals the first
        self._manage = settings["manageScriptName"]
        self._ignore = settings["ignoreScriptName"]
        self._default = no_application
        if not settings["noDefaultApp"]:
            chosen = [name for name in ("", "/") if name in self._by_name]
            self._default = self._by_name[chosen[0]] if chosen else applications[0][1]

    def __call__(self, environ, start_response):
        if self._manage:
            self._split(environ)
        # UWSGI_APPID comes from a web server's uwsgi packet or a `setapp` route.
        name = environ.get("UWSGI_APPID") or ("" if self._ignore else environ["SCRIPT_NAME"])
        return self._by_name.get(name, self._default)(environ, start_response)

    def _split(self, environ):
        """Make the longest mountpoint that the path is under SCRIPT_NAME, and take it off PATH_INFO."""
        path = environ["PATH_INFO"]
        for name, prefix in self._prefixes:
            if path.startswith(prefix) and (len(path) == len(prefix) or path[len(prefix)] == "/"):
                environ["SCRIPT_NAME"] = name
                environ["PATH_INFO"] = path[len(name):]
                return
