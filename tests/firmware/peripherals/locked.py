"""A heap in which nothing can be allocated, where the interpreter can lock it; elsewhere an ordinary block."""

import gc

try:
    from micropython import heap_lock, heap_unlock
except ImportError:

    def heap_lock():
        pass

    heap_unlock = heap_lock


class locked_heap:
    """``with locked_heap() as heap:``; a MemoryError comes out of whatever allocates, ``heap.grown`` is in bytes."""

    def __init__(self):
        self.grown = 0

    def __enter__(self):
        if hasattr(gc, "mem_alloc"):
            gc.collect()
        self.grown = -_used()
        heap_lock()
        return self

    def __exit__(self, kind, error, trace):
        heap_unlock()
        self.grown += _used()
        return False


def _used() -> int:
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0
