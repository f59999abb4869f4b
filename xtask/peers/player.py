"""What every peer in Python shares: a request a line of JSON, an answer a line."""

import json
import sys
import time


def say(value):
    print(json.dumps(value), flush=True)


def play(work):
    """Says that it is ready, then answers requests until there are no more."""
    say({"ready": True})
    for line in sys.stdin:
        try:
            say(work(json.loads(line)))
        except Exception as error:  # the answer tells whoever asked
            say({"error": f"{type(error).__name__}: {error}"})


def repeat(one, count):
    """Does `one` so many times; p50 and p99 in milliseconds."""
    times = []
    for number in range(1, count + 1):
        start = time.perf_counter()
        one(number)
        times.append((time.perf_counter() - start) * 1e3)
    return figures(times)


def figures(times):
    times.sort()
    at = lambda share: times[min(len(times) * share // 100, len(times) - 1)]
    return {"n": len(times), "p50_ms": at(50), "p99_ms": at(99)}
