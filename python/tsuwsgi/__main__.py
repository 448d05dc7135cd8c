"""Entry of the zygote: run by the master as a script, so that no installation is needed."""
import os
import sys

if __name__ == "__main__":
    # Python put this script's own directory on the path; the package is one above, and the
    # application must see neither.
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    from tsuwsgi import zygote

    del sys.path[0]
    sys.exit(zygote.main())
