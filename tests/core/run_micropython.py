"""Runs the tests of the core under MicroPython, which has no pytest and no unittest.

From the project's root: ``micropython tests/core/run_micropython.py tests.core.test_belief ...``. Every function
whose name starts with ``test_`` runs; the last line says how many passed and failed, and the exit code follows it.
"""

import sys

sys.path.insert(0, ".")


def run(names: list) -> int:
    """Run the tests of the named modules and print what fails; the number of failures."""
    passed = failed = 0
    for name in names:
        module = __import__(name, None, None, ["*"])
        for test in sorted([test for test in dir(module) if test.startswith("test_")]):
            try:
                getattr(module, test)()
                passed += 1
            except Exception as error:
                failed += 1
                print("FAILED " + name + "." + test)
                sys.print_exception(error)
    print(str(passed) + " passed, " + str(failed) + " failed")
    return failed or not passed


if __name__ == "__main__":
    sys.exit(1 if run(sys.argv[1:]) else 0)
