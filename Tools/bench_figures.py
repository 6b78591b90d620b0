#!/usr/bin/env python3
"""How lean and how right `uvecho bench` is: beside wrk, redis-benchmark and a bare epoll client in C.

All clients load the same server in interleaved rounds, each sample on a fresh start, server and client on a core each,
the same connections and bytes. Ratios are taken within a round; the median comes with a 95 % interval by bootstrap. Once
with C libuv's server, which is faster than most clients: that shows what they cost. Once with Node's, which is slower
than each of them: there all have to tell the same. Then, one after the other: memory with many connections, the send
lag of an open loop, and a long run that reconnects.

wrk speaks HTTP: a script makes its request a valid HTTP response, so that an echo server answers it.
redis-benchmark's SET is a valid reply, too. Neither looks at what comes back as `uvecho bench` does.
"""

import argparse
import json
import os
import pathlib
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile

from servers import CLIENT, ROOT, SERVERS, UVECHO, Server, build, load, require
from throughput import interval

SERVER_CORE = "0"
CLIENT_CORE = str(min(1, os.cpu_count() - 1))
ON_CLIENT_CORE = ("taskset", "-c", CLIENT_CORE)

# The first request() is only looked at, to count the requests in it, and never sent: it has to be one.
WRK_SCRIPT = """
local head = "HTTP/1.1 200 OK\\r\\nContent-Length: 25\\r\\n\\r\\n"
local reply = head .. string.rep("x", 25)
assert(#reply == 64)
local calls = 0
function request()
  calls = calls + 1
  if calls == 1 then return "GET / HTTP/1.1\\r\\nHost: echo\\r\\n\\r\\n" end
  return reply
end
"""


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=300, **options).stdout


def bench(port, *arguments, status=(0,)):
    """Runs `uvecho bench` and returns its JSON."""
    command = [*ON_CLIENT_CORE, str(UVECHO), "bench", f"127.0.0.1:{port}", "--json", "-", *arguments]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
    if result.returncode not in status:
        raise SystemExit(f"{command}: exit status {result.returncode}: {result.stderr}")
    return json.loads(result.stdout)


def ours(port, options):
    report = bench(port, "-c", str(options.connections), "-s", "64", "-d", str(options.seconds), "--warmup", "0.5")
    return {"rate": report["throughput"]["responsesPerSecond"],
            "cpu": report["client"]["cpuMicrosecondsPerResponse"], "p50": report["latency"]["raw"]["p50"]}


def c_epoll(port, options):
    result = load(port, prefix=ON_CLIENT_CORE, connections=options.connections, size=64, seconds=options.seconds,
                  warmup=0.5)
    if result["errors"]:
        raise SystemExit(f"the C client had {result['errors']} errors")
    return {"rate": result["responsesPerSecond"], "cpu": result["clientCpuSeconds"] / result["responses"] * 1e6}


def wrk(port, options):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(WRK_SCRIPT)
        script.flush()
        before = children_cpu()
        text = run([*ON_CLIENT_CORE, "wrk", "-t1", f"-c{options.connections}", f"-d{max(1, round(options.seconds))}s",
                    "-s", script.name, f"http://127.0.0.1:{port}/"])
        cpu = children_cpu() - before
    requests = int(re.search(r"(\d+) requests in", text)[1])
    if "Socket errors" in text or "Non-2xx" in text:
        raise SystemExit(f"wrk: {text}")
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), "cpu": cpu / requests * 1e6}


def redis_benchmark(port, options):
    # 21 bytes of value make it 64 bytes of request.
    requests = int(options.seconds * 60_000)
    before = children_cpu()
    text = run([*ON_CLIENT_CORE, "redis-benchmark", "-p", str(port), "-t", "set", "-d", "21", "-c",
                str(options.connections), "-n", str(requests), "--csv"], stderr=subprocess.DEVNULL)
    cpu = children_cpu() - before
    rate = float(re.search(r'"SET","([\d.]+)"', text)[1])
    return {"rate": rate, "cpu": cpu / requests * 1e6}


CLIENTS = {"uvecho bench": ours, "C epoll": c_epoll, "wrk": wrk, "redis-benchmark": redis_benchmark}


def compare(options, server_name, title):
    rounds = []
    for number in range(options.rounds):
        if sys.stderr.isatty():
            print(f"\r\x1b[Kround {number + 1} of {options.rounds}", end="", file=sys.stderr, flush=True)
        samples = {}
        for name in random.sample(list(CLIENTS), len(CLIENTS)):
            with Server(["taskset", "-c", SERVER_CORE, *SERVERS[server_name]]) as server:
                samples[name] = CLIENTS[name](server.port, options)
                server.stop()
        rounds.append(samples)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    print(f"{title}: {options.connections} connections, 64 bytes, closed loop, {options.rounds} rounds of "
          f"{options.seconds:g} s, server and client on a core each\n")
    print(f"{'client':16} {'responses/s':>12} {'uvecho/this':>12} {'95 % interval':>14} {'CPU us':>7} "
          f"{'uvecho/this':>12} {'95 % interval':>14}")
    ratios = {}
    for name in CLIENTS:
        ratios[name] = {key: interval([r["uvecho bench"][key] / r[name][key] for r in rounds]) for key in ("rate", "cpu")}
        (rate, low, high), (cpu, low_cpu, high_cpu) = ratios[name].values()
        print(f"{name:16} {statistics.median(r[name]['rate'] for r in rounds):12,.0f} {rate:12.3f}   "
              f"{low:5.3f}-{high:5.3f} {statistics.median(r[name]['cpu'] for r in rounds):7.2f} {cpu:12.3f}   "
              f"{low_cpu:5.3f}-{high_cpu:5.3f}")
    print()
    return {"server": server_name, "rounds": rounds, "ratios": ratios}


def many_connections(count):
    """Memory of the client with many connections, in bytes."""
    with Server(["taskset", "-c", SERVER_CORE, *SERVERS["uvecho"]]) as server:
        report = bench(server.port, "-c", str(count), "-d", "3", "--warmup", "1", "--sources", "127.0.0.0/16")
        server.stop()
    if report["connectionsMade"] < count or not report["valid"]:
        raise SystemExit(f"{count} connections: {report['verdict']} {report['errors']}")
    print(f"\n{count:,} connections from one process: {report['client']['peakMemoryBytes'] / 1e6:.1f} MB at most, "
          f"{report['verdict']}")
    return report["client"]["peakMemoryBytes"]


def send_lag(rate, rounds):
    """The p99 of how much later than intended requests are sent, in microseconds."""
    lags = []
    for _ in range(rounds):
        with Server(["taskset", "-c", SERVER_CORE, *SERVERS["c-libuv"]]) as server:
            report = bench(server.port, "-c", "100", "--rate", str(rate), "-d", "3", "--warmup", "1", status=(0, 1))
            server.stop()
        lags.append(report["latency"]["sendLag"]["p99"])
    print(f"\nopen loop at {rate:,}/s, 100 connections: p99 of the send lag {statistics.median(lags):.0f} us "
          f"(of {rounds} runs, {min(lags):.0f} to {max(lags):.0f})")
    return lags


def reconnecting(seconds):
    with Server(["taskset", "-c", SERVER_CORE, *SERVERS["uvecho"]]) as server:
        report = bench(server.port, "--strategy", "reconnect", "-d", str(seconds))
        server.stop()
    ports = report["errors"].get("connect.out-of-ports", 0)
    print(f"\nreconnect, 3,000 clients, {seconds} s: {report['throughput']['responsesPerSecond']:,.0f} connections/s, "
          f"{report['connectionsMade']:,} in all, out of ports {ports}, errors {report['errors'] or 'none'}, "
          f"{report['verdict']}")
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=2, help="measured time of one sample")
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--many", type=int, default=19900, help="connections of the memory figure (ulimit -n allows so many)")
    parser.add_argument("--reconnect-seconds", type=float, default=30)
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write all samples here")
    options = parser.parse_args()
    require("taskset", "node", "gcc", "make", "pkg-config", "wrk", "redis-benchmark")
    build()
    results = {"schema": 1,
               # What the clients can do: the server is as fast as they are.
               "leanness": compare(options, "c-libuv", "C libuv's server"),
               # Whether they agree: the server is slower than each of them.
               "agreement": compare(options, "node", "Node's server"),
               "manyConnections": options.many,
               "manyConnectionsBytes": many_connections(options.many), "sendLagMicroseconds": send_lag(20_000, 5),
               "reconnect": reconnecting(options.reconnect_seconds)}
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
