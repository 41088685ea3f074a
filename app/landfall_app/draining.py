"""Whether the shutdown has begun: one byte that the gunicorn master and all its workers share."""

import mmap

# Anonymous shared memory, made before the workers are forked: what the master writes, every worker sees at once.
_begun = mmap.mmap(-1, 1)


def begin() -> None:
    """Turn /readyz false, in all workers."""
    _begun[0] = 1


def begun() -> bool:
    """Say whether the shutdown has begun."""
    return _begun[0] == 1
