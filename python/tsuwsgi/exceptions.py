"""The exception that ends a request, and those of the application after which its worker is to be replaced."""


class Harakiri(BaseException):
    """The request has taken too long. No Exception, so that applications do not catch it by chance."""

    def __init__(self):
        super().__init__("the request took longer than harakiri")


class ReloadOn:
    """Which exceptions of an application have its worker replaced, as uWSGI's `reload-on-exception` family."""

    def __init__(self, config):
        """config is ZygoteConfig.reloadOn of src/launch/messages.ts."""
        self._any = config["any"]
        self._types = frozenset(config["types"])
        self._values = frozenset(config["values"])
        self._reprs = frozenset(config["reprs"])

    def matches(self, error):
        """Whether this exception is one of them."""
        if isinstance(error, Harakiri):
            return False
        if self._any:
            return True
        kind = type(error)
        names = kind.__name__, "%s.%s" % (kind.__module__, kind.__qualname__)
        if not self._types.isdisjoint(names):
            return True
        if not self._values and not self._reprs:
            return False
        try:
            text = str(error)
        except Exception:  # its own code
            return False
        return text in self._values or any("%s: %s" % (name, text) in self._reprs for name in names)
