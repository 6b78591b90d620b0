#!/usr/bin/env python3
"""Responses a second and CPU per response, ours beside C libuv and Node, in interleaved rounds.

Each sample is a fresh start of a server, on one core, with the C client on the other. The order of a round is
shuffled. Ratios are taken within a round, since absolute speeds of a shared machine drift; the median ratio comes
with a 95 % interval by bootstrap. `c-libuv (again)` is the same server a second time: its interval must hold 1, or
the machine was too noisy to tell anything.
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import sys

from servers import SERVERS, Server, build, load, require

BASE = "c-libuv"
AGAIN = "c-libuv (again)"


def sample(name, options):
    """One server start under load: responses a second, and the server's CPU time per response."""
    command = SERVERS[BASE if name == AGAIN else name]
    with Server(["taskset", "-c", "0", *command]) as server:
        client = ("taskset", "-c", str(min(1, os.cpu_count() - 1)))
        load(server.port, prefix=client, connections=options.connections, size=options.size, seconds=0.5)
        before = server.cpu_seconds()
        result = load(server.port, prefix=client, connections=options.connections, size=options.size,
                      seconds=options.seconds)
        cpu = server.cpu_seconds() - before
        server.stop()
    if result["errors"]:
        raise SystemExit(f"{name}: {result['errors']} errors")
    return {
        "responsesPerSecond": result["responsesPerSecond"],
        "serverCpuMicroseconds": cpu / result["responses"] * 1e6,
        "clientCpuShare": result["clientCpuSeconds"] / result["seconds"],
    }


def interval(values, draws=5000):
    """The median and its 95 % interval."""
    medians = sorted(statistics.median(random.choices(values, k=len(values))) for _ in range(draws))
    return statistics.median(values), medians[int(draws * 0.025)], medians[int(draws * 0.975)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=2, help="measured time of one sample")
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--size", type=int, default=64, help="bytes of a message")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write all samples here")
    options = parser.parse_args()
    require("taskset", "node", "gcc", "make", "pkg-config")
    build()
    names = ["uvecho", BASE, AGAIN, "node"]
    rounds = []
    for number in range(options.rounds):
        if sys.stderr.isatty():
            print(f"\r\x1b[Kround {number + 1} of {options.rounds}", end="", file=sys.stderr, flush=True)
        rounds.append({name: sample(name, options) for name in random.sample(names, len(names))})
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    print(f"{options.connections} connections, {options.size} bytes, closed loop, {options.rounds} rounds of "
          f"{options.seconds:g} s, server and client on a core each\n")
    print(f"{'server':16} {'responses/s':>12} {'of c-libuv':>11} {'95 % interval':>16} "
          f"{'CPU us':>7} {'of c-libuv':>11} {'95 % interval':>16} {'client CPU':>11}")
    ratios = {}
    for name in names:
        rate = statistics.median(r[name]["responsesPerSecond"] for r in rounds)
        cpu = statistics.median(r[name]["serverCpuMicroseconds"] for r in rounds)
        client = statistics.median(r[name]["clientCpuShare"] for r in rounds)
        ratios[name] = {
            key: interval([r[name][key] / r[BASE][key] for r in rounds])
            for key in ("responsesPerSecond", "serverCpuMicroseconds")
        }
        (a, low, high), (b, low_cpu, high_cpu) = ratios[name].values()
        print(f"{name:16} {rate:12,.0f} {a:11.3f}   {low:6.3f}-{high:6.3f} {cpu:8.2f} {b:11.3f}   "
              f"{low_cpu:6.3f}-{high_cpu:6.3f} {client:10.0%}")
    of_node = interval([r["uvecho"]["responsesPerSecond"] / r["node"]["responsesPerSecond"] for r in rounds])
    print(f"\nuvecho / node, responses a second: {of_node[0]:.3f} ({of_node[1]:.3f}-{of_node[2]:.3f})")
    _, low, high = ratios[AGAIN]["responsesPerSecond"]
    if not low <= 1 <= high:
        print("the same server twice does not come out equal: too noisy, run it again with more rounds")
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps({"schema": 1, "workload": {
            "connections": options.connections, "size": options.size, "seconds": options.seconds,
        }, "rounds": rounds, "ratios": ratios, "uvechoOfNode": of_node}, indent=2) + "\n")


if __name__ == "__main__":
    main()
