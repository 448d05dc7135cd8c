"""Gives up root and becomes another program: for what the master starts while it is root itself.

The first argument is JSON, {"identity", "capabilities"}; the others are the program and its arguments.
"""
import json
import os
import sys


def main():
    """Never returns, but for a failure."""
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from tsuwsgi import confine, system

    order = json.loads(sys.argv[1])
    try:
        confine.become(order["identity"], order["capabilities"])
        system.raise_ambient(order["capabilities"])
        os.execv(sys.argv[2], sys.argv[2:])
    except OSError as error:
        sys.exit("tsuwsgi: %s cannot be started as the user of uid: %s" % (sys.argv[2], error.strerror))


if __name__ == "__main__":
    main()
