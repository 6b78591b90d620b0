"""Trials: functions that try something as a user would, and raise when it isn't as it should be."""

import sys
import time

_trials = []


def trial(function):
    """Registers a function; its docstring is the line that is printed, with the text that it returns."""
    _trials.append(function)
    return function


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def run_trials():
    """Runs those whose names hold one of the command's arguments, or all, and exits with 1 when one fails."""
    wanted = sys.argv[1:]
    failed = 0
    trials = [trial for trial in _trials if not wanted or any(word in trial.__name__ for word in wanted)]
    for function in trials:
        began = time.monotonic()
        try:
            print(f"ok      {function.__doc__}: {function()} ({time.monotonic() - began:.1f} s)", flush=True)
        except Exception as error:
            failed += 1
            print(f"FAILED  {function.__doc__}: {type(error).__name__}: {error}", flush=True)
    print(f"{len(trials) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not trials else 0)
