"""Say whether the interpreter finds a package, without importing it.

Run as a script: find_package.py NAME DIRECTORY… (the directories, or wildcards for them, that come before
the interpreter's own path). Prints `found` or `missing`, see src/settings/engine-preflight.ts.
"""
import importlib.util
import sys

from search_path import expand

if __name__ == "__main__":
    # The first entry is this script's own directory.
    sys.path[:1] = expand(sys.argv[2:])
    print("missing" if importlib.util.find_spec(sys.argv[1]) is None else "found")
