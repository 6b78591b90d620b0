#!/usr/bin/env python3
"""What our load generator costs over a bare client in C, and what our server's idle connections cost in memory, against
their bounds. What the server's messages and connections cost is `uvecho cost --check`'s to say, which holds it against
what was recorded; `--costs FILE` holds its figures against the aims of the project, too.

Instructions and allocations are counted by valgrind: the same for the same binaries, whatever else the machine
does. Each is the difference between a run with N and one with 2N of something, divided by N, so that start and
end don't count. Prints a table and exits with 1 when a bound is broken. `--json FILE` writes the figures.
"""

import argparse
import contextlib
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile

from servers import CLIENT, ROOT, SERVERS, UVECHO_TOOLS, Server, build, load, readable_by_valgrind, require

BOUNDS = json.loads((ROOT / "Tests/thresholds.json").read_text())
MESSAGES = 2000
IDLE = 5000
PUMP = {"libuv-pump": [str(ROOT / "Rungs/.build/release/echo-pump"), "0"]}


def per_unit(measure, command, count):
    """The slope between `count` and twice as many."""
    return round((measure(command, 2 * count) - measure(command, count)) / count, 2) + 0.0


def client_instructions(command, requests, only=None):
    """User-space instructions of a load client, with one connection; only within one function and what it calls, if
    that is given."""
    toggle = [f"--toggle-collect={only}"] if only else []
    with Server(SERVERS["c-libuv"]) as server, tempfile.NamedTemporaryFile() as out:
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", *toggle]
        text = run_client([*valgrind, *command(server.port, requests)])
        server.stop()
    return int(re.search(r"Collected : (\d+)", text)[1])


def client_allocations(command, requests):
    with Server(SERVERS["c-libuv"]) as server:
        text = run_client(["valgrind", "--tool=memcheck", *command(server.port, requests)])
        server.stop()
    return int(re.search(r"total heap usage: ([\d,]+) allocs", text)[1].replace(",", ""))


def run_client(command):
    """Runs a load client to its end, and returns what valgrind says."""
    return subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          timeout=300).stderr


def memory_per_idle_connection(command):
    """User-space bytes per connection that has echoed one message and stays open."""
    with Server(command) as server, contextlib.ExitStack() as clients:
        def connect():
            client = clients.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            client.sendall(b"x")
            assert client.recv(1) == b"x", "the echo is wrong"

        for _ in range(10):
            connect()
        before = server.anonymous_memory()
        for _ in range(IDLE):
            connect()
        bytes_per_connection = (server.anonymous_memory() - before) / IDLE
        clients.close()
        server.stop()
        return bytes_per_connection


def instructions_of_a_start(command):
    """User-space instructions of a server that is started, serves nobody, and is told to end."""
    with readable_by_valgrind(command) as program, tempfile.NamedTemporaryFile("r") as out:
        with Server(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", *program]) as server:
            server.stop()
        return int(re.search(r"^totals: (\d+)", out.read(), re.MULTILINE)[1])


def aims(costs):
    """What `uvecho cost` has counted, where there is an aim for it: name, figure, aim."""
    work = {(rung["id"], work["work"]): work for rung in costs["rungs"] for work in rung["work"]}
    for rung, kinds in BOUNDS["instructionsOfC"].items():
        for kind, aim in kinds.items():
            ours, theirs = (work[name, kind]["instructions"]["each"] for name in (rung, costs["base"]))
            yield f"{rung}, {kind}: instructions of C", ours / theirs, aim
    for rung, aim in BOUNDS["allocationsPerConnection"].items():
        yield f"{rung}, connection: allocations", work[rung, "connection"]["allocations"]["each"], aim


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--costs", type=pathlib.Path, metavar="FILE", help="the cost.json to hold against the aims")
    options = parser.parse_args()
    require("valgrind", "objcopy", "gcc", "make", "pkg-config")
    build()
    figures = {}
    progress("per bench request")
    with readable_by_valgrind([str(UVECHO_TOOLS)]) as program:
        def ours(port, requests):
            return [*program, "bench", f"127.0.0.1:{port}", "-c", "1", "-n", str(requests), "--timeout", "60"]

        def theirs(port, requests):
            return [str(CLIENT), "--port", str(port), "--connections", "1", "--size", "64", "--requests", str(requests)]

        # What comes after a run depends on the times in it, so ours are counted where replies are handled.
        def handling(command, requests):
            return client_instructions(command, requests, only="*6ClientC7didRead*")

        figures["instructionsPerBenchRequest"] = {
            "swift": per_unit(handling, ours, MESSAGES), "c": per_unit(client_instructions, theirs, MESSAGES)}
        figures["allocationsPerBenchRequest"] = {
            "swift": per_unit(client_allocations, ours, MESSAGES), "c": per_unit(client_allocations, theirs, MESSAGES)}
    progress("bytesPerIdleConnection")
    figures["bytesPerIdleConnection"] = {
        "swift": memory_per_idle_connection(SERVERS["uvecho"]),
        "async": memory_per_idle_connection(SERVERS["uvecho-async"]),
        "c": memory_per_idle_connection(SERVERS["c-libuv"]),
    }
    progress("instructionsOfAStart")
    starts = {name: instructions_of_a_start(command) for name, command in {**SERVERS, **PUMP}.items()
              if name in ("c-libuv", *BOUNDS["startInstructionsOfC"])}
    idle = figures["bytesPerIdleConnection"]
    request = figures["instructionsPerBenchRequest"]
    checked = {
        "bytesPerIdleConnectionAboveC": idle["swift"] - idle["c"],
        "bytesPerIdleAsyncConnectionAboveCallbacks": idle["async"] - idle["swift"],
        "instructionsPerBenchRequestOfC": request["swift"] / request["c"],
        "allocationsPerBenchRequest": figures["allocationsPerBenchRequest"]["swift"],
    }
    bounds = {name: BOUNDS[name] for name in checked}
    for name, bound in BOUNDS["startInstructionsOfC"].items():
        checked[f"{name}, a start: instructions of C"] = starts[name] / starts["c-libuv"]
        bounds[f"{name}, a start: instructions of C"] = bound
    if options.costs:
        for name, figure, aim in aims(json.loads(options.costs.read_text())):
            checked[name], bounds[name] = figure, aim
    if request["swift"] < 100:
        raise SystemExit("the function that handles replies was not found: it has another name, or was inlined")
    progress("")
    print(f"{'figure':28} {'callbacks':>9} {'async':>9} {'C':>9}")
    for name, figure in figures.items():
        tasks = f"{figure['async']:9.2f}" if "async" in figure else f"{'':9}"
        print(f"{name:28} {figure['swift']:9.2f} {tasks} {figure['c']:9.2f}")
    print(f"\n{'check':48} {'is':>9} {'at most':>9}")
    broken = [name for name, value in checked.items() if value > bounds[name]]
    for name, value in checked.items():
        print(f"{name:48} {value:9.3f} {bounds[name]:9.3f}  {'BROKEN' if name in broken else 'ok'}")
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps({"schema": 1, "figures": figures, "checked": checked, "bounds": bounds,
                                            "broken": broken}, indent=2) + "\n")
    sys.exit(1 if broken else 0)


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
