#!/usr/bin/env python3
"""Checks results.json of `uvecho compare` against its schema, and against itself.

Every step of the plan has its sample, every sample of a complete comparison is in a summary, rates belong to shares.
Ends with 1, and a sentence, when something is wrong. Needs jsonschema (PyPI).
"""

import argparse
import json
import pathlib
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
    require(set(groups) == set(summaries), "summaries are not those of the samples")
    for key, samples in groups.items():
        summary = summaries[key]
        require(summary["samples"] == len(samples), f"{key}: the summary counts {summary['samples']} of {len(samples)} starts")
        valid = [s for s in samples if "failure" not in s and s.get("load", {}).get("valid")]
        require(summary["validSamples"] == len(valid), f"{key}: {len(valid)} starts are valid, not {summary['validSamples']}")
        rates = sorted(s["load"]["responsesPerSecond"] for s in valid)
        if rates:
            spread = summary["responsesPerSecond"]
            require([spread["low"], spread["high"]] == [rates[0], rates[-1]], f"{key}: the spread isn't that of the starts")


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
                require(survival["leftoverDescriptors"] == 0, f"{peer} has left descriptors open: {survival}")
    except (Wrong, ValueError, OSError) as error:
        sys.exit(f"{arguments.results}: {error}")
    print(f"{arguments.results}: {len(results['samples'])} starts, as the schema and the plan have them")


if __name__ == "__main__":
    main()
