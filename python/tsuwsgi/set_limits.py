"""Sets the limit of descriptors for the process that starts this one, which cannot do so itself.

The argument is the number; what is wrong stands on standard output, with exit code 1.
"""
import os
import resource
import sys


def main(number):
    """The exit code."""
    try:
        resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (number, number))
    except (OSError, ValueError) as error:
        print(getattr(error, "strerror", None) or error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
