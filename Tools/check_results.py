#!/usr/bin/env python3
"""Checks results.json of `uvecho compare` against its schema, and against itself.

Every step of the plan of a complete comparison has its sample. What the summaries say is computed anew, by other means:
medians, ranges and ratios of the same round, bounds and errors; and the rates of the latency from the slowest server's
median. Intervals, which are drawn, must only hold their ratio. Ends with 1, and a sentence, when something is wrong.
Needs jsonschema (PyPI).
"""

import argparse
import collections
import json
import math
import pathlib
import statistics
import sys

import jsonschema

SCHEMA = pathlib.Path(__file__).parent.parent / "docs" / "compare.schema.json"


class Wrong(Exception):
    """What is wrong, as a sentence."""


def require(condition, text):
    if not condition:
        raise Wrong(text)


def name(cell):
    return f"{cell['strategy']}-{cell['connections']}-{cell['size']}"


def check_shape(results):
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    validator.check_schema(validator.schema)
    for error in validator.iter_errors(results):
        place = ".".join(str(part) for part in error.absolute_path)
        raise Wrong(f"{place or 'the whole'}: {error.message}")


def plan(results):
    """The key of every start that a complete comparison has."""
    settings = results["settings"]
    there = [entrant["id"] for entrant in results["entrants"] if "problem" not in entrant and "givenUp" not in entrant]
    rates = {(name(rate["cell"]), rate["share"]) for rate in results["latencyRates"]}
    for entrant in there:
        for cell in settings["cells"]:
            for round in range(1, settings["rounds"] + 1):
                yield entrant, name(cell), None, round
        for cell, share in rates:
            for round in range(1, settings["latencyRounds"] + 1):
                yield entrant, cell, share, round


def is_valid(sample):
    survival = sample.get("survival", {})
    hangs = "crashed" in survival or not survival.get("answers", True)
    return "failure" not in sample and sample.get("load", {}).get("valid", False) and not hangs


def per_response(sample, seconds):
    """Seconds of the measured time as microseconds for a reply."""
    load = sample["load"]
    return seconds * 1e6 / (load["responsesPerSecond"] * load["seconds"]) if load["responses"] else None


def of_server(*names):
    def figure(sample):
        server = sample.get("server")
        return per_response(sample, sum(server[name] for name in names)) if server else None
    return figure


# Each spread of a summary: whether it is of invalid samples, too, and what it is of.
SPREADS = {
    "responsesPerSecond": (False, lambda sample: sample["load"]["responsesPerSecond"]),
    "userMicroseconds": (False, of_server("userSeconds")),
    "systemMicroseconds": (False, of_server("systemSeconds")),
    "processorMicroseconds": (False, of_server("userSeconds", "systemSeconds")),
    "clientMicroseconds": (False, lambda sample: per_response(sample, sample["load"]["clientSeconds"])),
    "idleBytes": (False, lambda sample: sample.get("server", {}).get("idleBytes")),
    "loadBytes": (False, lambda sample: sample.get("server", {}).get("loadBytes")),
    "bytesPerConnection": (False, lambda sample: sample.get("server", {}).get("bytesPerConnection")),
    "startMilliseconds": (True, lambda sample: sample.get("startMilliseconds")),
}
P99 = 19
RATIOS = {
    "ratio": SPREADS["responsesPerSecond"][1],
    "processorRatio": SPREADS["processorMicroseconds"][1],
    "p99Ratio": lambda sample: sample["load"]["latency"]["curve"][P99],
}


def same(one, other):
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def check_spreads(key, summary, samples, valid):
    for name, (is_of_all, figure) in SPREADS.items():
        values = [value for value in map(figure, samples if is_of_all else valid) if value is not None]
        require((name in summary) == bool(values), f"{key}: {name} is there without a figure, or the other way round")
        if values:
            wanted = {"median": statistics.median(values), "low": min(values), "high": max(values)}
            for part, value in wanted.items():
                require(same(summary[name][part], value), f"{key}: {name}.{part} is {summary[name][part]}, not {value}")
    require(("latency" in summary) == bool(valid), f"{key}: latency is there without a figure, or the other way round")
    for place in range(26) if valid else ():
        value = statistics.median(sample["load"]["latency"]["curve"][place] for sample in valid)
        require(same(summary["latency"]["curve"][place], value), f"{key}: percentile {place} of the latency isn't {value}")


def check_ratios(key, summary, valid, bases):
    for name, figure in RATIOS.items():
        values = []
        for sample in valid:
            base = bases.get(sample["round"])
            one, other = figure(sample), figure(base) if base else None
            if one is not None and other:
                values.append(one / other)
        require((name in summary) == bool(values), f"{key}: {name} is there without rounds, or the other way round")
        if values:
            ratio = summary[name]
            require(same(ratio["value"], statistics.median(values)),
                    f"{key}: {name} is {ratio['value']}, not {statistics.median(values)}")
            require(ratio["rounds"] == len(values), f"{key}: {name} has {len(values)} rounds, not {ratio['rounds']}")
            require(min(values) - 1e-9 <= ratio["low"] <= ratio["value"] <= ratio["high"] <= max(values) + 1e-9,
                    f"{key}: the interval of {name} isn't around it, or beyond the rounds: {ratio}")


def check_counts(key, summary, samples, valid):
    limiters = collections.Counter(s["load"]["limiter"] for s in valid if "limiter" in s["load"])
    require(summary["limiters"] == limiters, f"{key}: the limiters are {dict(limiters)}, not {summary['limiters']}")
    is_bound = limiters["client"] * 2 >= max(1, len(valid))
    require(summary["isLowerBound"] == is_bound, f"{key}: isLowerBound is {summary['isLowerBound']}, with {dict(limiters)}")
    errors = collections.Counter()
    for sample in samples:
        errors.update(sample.get("load", {}).get("errors", {}))
    require(summary["errors"] == errors, f"{key}: the errors are {dict(errors)}, not {summary['errors']}")


def check_rates(results, groups):
    """Rates are a share of what the slowest server can answer."""
    twins = {entrant["id"] for entrant in results["entrants"] if entrant["isTwin"]}
    for rate in results["latencyRates"]:
        cell = name(rate["cell"])
        medians = {}
        for (entrant, of, share), samples in groups.items():
            rates = [s["load"]["responsesPerSecond"] for s in samples if is_valid(s)]
            if of == cell and share is None and rates and entrant not in twins:
                medians[entrant] = statistics.median(rates)
        slowest = rate["slowest"]
        require(slowest in medians, f"{cell}: {slowest} is the slowest, and has no rate")
        require(same(medians[slowest], min(medians.values())), f"{cell}: {slowest} isn't the slowest of {medians}")
        wanted = max(1, rate["share"] * medians[slowest])
        require(abs(rate["perSecond"] - wanted) <= 0.5 + 1e-6, f"{cell}: {rate['share']} of {slowest} is {wanted}, not {rate['perSecond']}")
    rates = {(name(rate["cell"]), rate["share"]): rate["perSecond"] for rate in results["latencyRates"]}
    for sample in results["samples"]:
        if "share" in sample:
            place = (name(sample["cell"]), sample["share"])
            require(rates.get(place) == sample["ratePerSecond"], f"{place}: a sample is at {sample['ratePerSecond']}, not {rates.get(place)}")


def check_sums(results):
    keys = [(s["entrant"], name(s["cell"]), s.get("share"), s["round"]) for s in results["samples"]]
    require(len(keys) == len(set(keys)), "a start is there twice")
    if results["isComplete"]:
        missing = set(plan(results)) - set(keys)
        require(not missing, f"it is complete, and has no sample of {sorted(missing, key=str)[:3]}")
    groups = {}
    for sample, key in zip(results["samples"], keys):
        groups.setdefault(key[:3], []).append(sample)
    summaries = {(s["entrant"], name(s["cell"]), s.get("share")): s for s in results["summaries"]}
    check_rates(results, groups)
    if not results["isComplete"] and sum(s["samples"] for s in results["summaries"]) < len(keys):
        # Kept within a round: the summaries are those of the rounds before.
        return
    require(set(groups) == set(summaries), "summaries are not those of the samples")
    for key, samples in groups.items():
        summary = summaries[key]
        require(summary["samples"] == len(samples), f"{key}: the summary counts {summary['samples']} of {len(samples)} starts")
        valid = [s for s in samples if is_valid(s)]
        require(summary["validSamples"] == len(valid), f"{key}: {len(valid)} starts are valid, not {summary['validSamples']}")
        base = results["settings"]["base"]
        bases = {} if key[0] == base else {s["round"]: s for s in groups.get((base, *key[1:]), []) if is_valid(s)}
        check_spreads(key, summary, samples, valid)
        check_ratios(key, summary, valid, bases)
        check_counts(key, summary, samples, valid)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path, help="the results.json")
    parser.add_argument("--valid", metavar="PEERS", default="", help="peers each of whose starts must be valid: a,b")
    arguments = parser.parse_args()
    try:
        results = json.loads(arguments.results.read_text())
        check_shape(results)
        check_sums(results)
        for peer in filter(None, arguments.valid.split(",")):
            closed = [s for s in results["samples"] if s["entrant"] == peer and "share" not in s]
            require(closed, f"{peer} has no sample")
            for sample in closed:
                require("failure" not in sample, f"{peer}: {sample.get('failure')}")
                require(sample["load"]["valid"], f"{peer}: {sample['load']['verdict']}")
                require(not sample["load"]["errors"], f"{peer}: {sample['load']['errors']}")
                survival = sample["survival"]
                whole = "crashed" not in survival and survival["answers"] and "end" in survival
                require(whole, f"{peer} did not survive: {survival}")
                require(survival["leftoverSockets"] == 0, f"{peer} has left sockets open: {survival}")
    except (Wrong, ValueError, OSError) as error:
        sys.exit(f"{arguments.results}: {error}")
    print(f"{arguments.results}: {len(results['samples'])} starts, as the schema and the plan have them")


if __name__ == "__main__":
    main()
