"""Makes everything cooperate with gevent while it is imported, whatever runs it."""

from gevent import monkey

monkey.patch_all()

from greenlets import application  # noqa: E402, F401
