#!/usr/bin/env python3
"""Reads a histogram log with HdrHistogram's own reader, and prints what is in it, as JSON.

For each tag ("" for lines without one) the intervals are added up: their count, percentiles and maximum, in the
unit of the log. With --percentiles FILE, JSON of the same form, each figure that stands there is held against what
was read; a difference is printed to standard error and ends the program with 1. Needs `pip install hdrhistogram`.
"""

import argparse
import json
import sys

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

PERCENTILES = (50, 90, 99, 99.9)


def intervals(path):
    """The histograms of a log, by tag."""
    reader = HistogramLogReader(path, HdrHistogram(1, 2, 3))
    by_tag = {}
    try:
        while (histogram := reader.get_next_interval_histogram()) is not None:
            by_tag.setdefault(histogram.get_tag() or "", []).append(histogram)
    finally:
        reader.close()
    return by_tag


def merge(histograms):
    """One histogram with the values of all: as wide as the widest, for each is as wide as its values need."""
    widest = max(histograms, key=lambda histogram: histogram.highest_trackable_value)
    total = HdrHistogram(
        widest.lowest_trackable_value, widest.highest_trackable_value, widest.significant_figures
    )
    for histogram in histograms:
        total.add(histogram)
    return total


def figures(histograms):
    total = merge(histograms)
    result = {"intervals": len(histograms), "count": total.get_total_count()}
    for percentile in PERCENTILES:
        result[f"p{percentile}"] = total.get_value_at_percentile(percentile)
        # Readers round to another rank: in a thin tail the next value can be far off.
        rank = 100 / max(1, result["count"])
        result[f"p{percentile} neighbours"] = [
            total.get_value_at_percentile(max(0, percentile - rank)),
            total.get_value_at_percentile(min(100, percentile + rank)),
        ]
    result["max"] = total.get_max_value() if total.get_total_count() else 0
    return result


def differences(expected, found):
    """What differs, as sentences: counts must be the same, values within the precision of three digits."""
    for tag, values in expected.items():
        if tag not in found:
            yield f"no interval has the tag '{tag}'"
            continue
        for name, value in values.items():
            read = found[tag].get(name)
            if read is None:
                yield f"'{tag}': {name} is not known"
            elif abs(read - value) > (0 if name in ("count", "intervals") else abs(value) / 1000):
                yield f"'{tag}': {name} is {read}, not {value}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", metavar="FILE", help="the histogram log")
    parser.add_argument("--percentiles", metavar="JSON", help="a file with what the log is to hold")
    options = parser.parse_args()

    by_tag = intervals(options.log)
    if not by_tag:
        sys.exit(f"{options.log}: no interval can be read")
    # A reader skips lines that it can't read.
    with open(options.log, encoding="utf-8") as log:
        written = sum(1 for line in log if line.strip() and line[0] not in '#"')
    read = sum(map(len, by_tag.values()))
    if read != written:
        sys.exit(f"{options.log}: {read} of {written} intervals can be read")

    found = {tag: figures(histograms) for tag, histograms in by_tag.items()}
    print(json.dumps(found, indent=2))
    if options.percentiles:
        with open(options.percentiles, encoding="utf-8") as file:
            wrong = list(differences(json.load(file), found))
        for sentence in wrong:
            print(f"{options.log}: {sentence}", file=sys.stderr)
        if wrong:
            sys.exit(1)


if __name__ == "__main__":
    main()
