"""Memory that the zygote and its workers share: what was there at a fork, for as long as nobody writes to it."""
import gc


def share():
    """Make what is there now last: called before the first fork."""
    gc.collect()
    gc.freeze()
