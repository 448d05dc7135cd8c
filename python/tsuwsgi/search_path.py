"""Where modules are looked for. Imported by scripts of this directory too, so it imports nothing of the package."""
import glob


def expand(directories):
    """The directories, with those that wildcards stand for in their place; what fits nothing stays as it is."""
    found = []
    for directory in directories:
        fitting = sorted(glob.glob(directory)) if glob.has_magic(directory) else []
        # As glob(3) has it in uWSGI, names that begin with a dot have to be named so.
        found.extend(fitting or [directory])
    return found
