#!/usr/bin/env python3
"""Tries `uvecho bench` as users would: servers that nobody here wrote, stalls, kills, terminals, other tools' readers.

Prints a line for each trial, with figures, and exits with 1 when one fails. Needs socat, node and PyPI's hdrhistogram
(`make bench-acceptance` puts that into .build/venv).
"""

import contextlib
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time

from servers import ROOT, SERVERS, UVECHO, Server, build, require
from trials import expect, run_trials, trial

HOST = "127.0.0.1"
VENV_PYTHON = ROOT / ".build/venv/bin/python3"


def bench(target, *arguments, status=0, before=()):
    """Runs `uvecho bench` and returns its JSON."""
    command = [*before, str(UVECHO), "bench", str(target), "--json", "-", *map(str, arguments)]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    expect(result.returncode == status, f"{arguments}: exit status {result.returncode}: {result.stderr}")
    return json.loads(result.stdout) if result.stdout else result.stderr


def expect_flawless(report, requests):
    expect(report["valid"] and not report["errors"] and report["corrupt"] == 0, report["verdict"])
    expect(report["requests"] == report["responses"] == requests, (report["requests"], report["responses"]))
    expect(report["bytesSent"] == report["bytesReceived"], "bytes were lost")
    expect(report["ledger"]["addsUp"], report["ledger"])


def summary(server):
    """The figures of `uvecho serve` after its end."""
    line = [line for line in server.error_text().splitlines() if line.startswith("summary ")][-1]
    return dict(pair.split("=") for pair in line.split()[1:])


@contextlib.contextmanager
def running(command, ready):
    """A program that listens when `ready` says so."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while not ready():
            expect(time.monotonic() < end and process.poll() is None, f"{command} did not start")
            time.sleep(0.01)
        yield process
    finally:
        process.terminate()
        process.wait(10)


def free_port():
    with socket.create_server((HOST, 0)) as listener:
        return listener.getsockname()[1]


def accepts(port):
    def check():
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return True
        return False
    return check


# Any echo server


@trial
def other_servers():
    """C libuv's, Node's and our server answer each request, with both strategies, to the byte"""
    for name, command in SERVERS.items():
        with Server(command) as server:
            for strategy in ("persistent", "reconnect"):
                report = bench(f"{HOST}:{server.port}", "-n", 5000, "-c", 50, "--strategy", strategy)
                expect_flawless(report, 5000)
                made = 50 if strategy == "persistent" else 5000
                expect(report["connectionsMade"] == made, report["connectionsMade"])
            server.stop()
            if name == "uvecho":
                expect(int(summary(server)["bytes_in"]) == 2 * 5000 * 64, "the server saw other bytes")
    return ", ".join(SERVERS)


@trial
def socat_over_tcp():
    """socat with cat behind it, a process for each connection, sizes from 1 to 100,000"""
    port = free_port()
    with running(["socat", f"TCP-LISTEN:{port},bind={HOST},reuseaddr,fork,backlog=100", "EXEC:cat"], accepts(port)):
        report = bench(f"{HOST}:{port}", "-n", 400, "-c", 8, "-s", "1-100000", "--half-close")
        expect_flawless(report, 400)
        return f"{report['bytesSent']:,} bytes"


@trial
def socat_over_unix():
    """socat on a Unix socket, requests in a pipeline"""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/s"
        with running(["socat", f"UNIX-LISTEN:{path},fork", "EXEC:cat"], lambda: os.path.exists(path)):
            expect_flawless(bench(f"unix:{path}", "-n", 2000, "-c", 4, "--pipeline", 16), 2000)
    return "2,000 requests"


# The clock


@trial
def known_delay():
    """A server that answers after 10 ms: p50 is that, within 3 %"""
    def serve(listener):
        client, _ = listener.accept()
        with client:
            while data := client.recv(4096):
                due = time.monotonic() + 0.010
                # Asleep for most of it, and then awake, so that it isn't late.
                time.sleep(0.008)
                while time.monotonic() < due:
                    pass
                client.sendall(data)

    medians = []
    # Each is on a quiet machine what it should be; a busy one is late now and then, never early.
    for _ in range(5):
        with socket.create_server((HOST, 0)) as listener:
            thread = threading.Thread(target=serve, args=[listener])
            thread.start()
            report = bench(f"{HOST}:{listener.getsockname()[1]}", "-c", 1, "-d", 2)
            thread.join(30)
        expect(report["valid"], report["verdict"])
        medians.append(report["latency"]["corrected"]["p50"])
        if min(medians) < 10_300:
            break
    expect(10_000 <= min(medians) < 10_300, medians)
    return f"p50 {min(medians):.0f} us"


@trial
def stopped_server():
    """A server that stands still for 300 ms: the corrected p99 of an open loop tells it, the raw p90 doesn't"""
    with Server(SERVERS["c-libuv"]) as server:
        def stall():
            time.sleep(1)
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(0.3)
            server.process.send_signal(signal.SIGCONT)
        thread = threading.Thread(target=stall)
        thread.start()
        report = bench(f"{HOST}:{server.port}", "-c", 10, "--rate", 1000, "-d", 2, "--warmup", "0.2")
        thread.join()
        server.stop()
    corrected, raw = report["latency"]["corrected"], report["latency"]["raw"]
    expect(report["requests"] == 2000, report["requests"])
    expect(corrected["p99"] > 200_000, corrected)
    expect(raw["p99"] < 200_000 < raw["max"], raw)
    return f"p99 corrected {corrected['p99'] / 1000:.0f} ms, raw {raw['p99'] / 1000:.1f} ms"


@trial
def little():
    """Little's law holds in closed loops of all kinds, to 1 %"""
    told = []
    with Server(SERVERS["uvecho"]) as server:
        for arguments in (["-c", 1], ["-c", 100], ["-c", 20, "--pipeline", 8], ["-c", 50, "--threads", 2],
                          ["-c", 50, "--strategy", "reconnect"], ["-c", 20, "-s", "1-200000"]):
            report = bench(f"{HOST}:{server.port}", "-d", 0.5, "--warmup", 0.1, *arguments)
            expect(abs(report["littlesLaw"] - 1) < 0.01, (arguments, report["littlesLaw"]))
            told.append(f"{report['littlesLaw']:.4f}")
        server.stop()
    return " ".join(told)


# Failing servers


@trial
def killed_server():
    """A server that is killed in mid-run: counted by kind, the run goes on to its end"""
    with Server(SERVERS["uvecho"]) as server:
        threading.Timer(1, server.process.kill).start()
        report = bench(f"{HOST}:{server.port}", "-c", 100, "-d", 2, "--warmup", 0.2)
    expect(report["seconds"] == 2, report["seconds"])
    expect(report["errors"].get("connect.refused", 0) > 0, report["errors"])
    expect(report["ledger"]["addsUp"], report["ledger"])
    expect(report["intervals"][0]["responses"] > 0, "nothing was measured before")
    return json.dumps(report["errors"])


@trial
def crowded_server():
    """A server with room for 50 of 80 clients: the others time out, by kind, and the figure is valid"""
    with Server([*SERVERS["uvecho"], "--max-connections", "50"]) as server:
        report = bench(f"{HOST}:{server.port}", "-c", 80, "-d", 1, "--timeout", 0.3)
        server.stop()
    expect(report["valid"], report["verdict"])
    expect(report["errors"].get("read.timeout", 0) >= 30, report["errors"])
    expect(report["ledger"]["addsUp"], report["ledger"])
    return json.dumps(report["errors"])


# Limits


@trial
def few_descriptors():
    """More clients than `ulimit -n` allows are refused with a sentence, exit 1"""
    with Server(SERVERS["uvecho"]) as server:
        text = bench(f"{HOST}:{server.port}", "-c", 100, status=1, before=["sh", "-c", 'ulimit -n 64; exec "$0" "$@"'])
        server.stop()
    expect("ulimit -n" in text and len(text.splitlines()) == 1, text)
    return text.strip()


@trial
def ports():
    """3,000 reconnecting clients for 5 s: no port runs out"""
    with Server(SERVERS["uvecho"]) as server:
        report = bench(f"{HOST}:{server.port}", "--strategy", "reconnect", "-d", 5)
        server.stop()
    expect(report["valid"] and "connect.out-of-ports" not in report["errors"], (report["verdict"], report["errors"]))
    return f"{report['connectionsMade']:,} connections, errors {report['errors'] or 'none'}"


# What others read


@trial
def histogram_log():
    """PyPI's hdrhistogram reads the interval log, merges it, and finds the same percentiles"""
    with tempfile.TemporaryDirectory() as folder, Server(SERVERS["uvecho"]) as server:
        log = f"{folder}/log"
        report = bench(f"{HOST}:{server.port}", "-c", 20, "-d", 2.5, "--warmup", 0, "--hdr-log", log,
                       "--hdr", f"{folder}/hgrm", "--csv", f"{folder}/csv")
        server.stop()
        text = subprocess.run([str(VENV_PYTHON), str(ROOT / "Tools/check_histogram_log.py"), log], check=True,
                              stdout=subprocess.PIPE, text=True).stdout
        decoded = json.loads(text)
        figures = next(iter(decoded.values()))
        expect(figures["count"] == report["responses"], (figures, report["responses"]))
        for theirs, ours in (("p50", "p50"), ("p90", "p90"), ("p99", "p99"), ("p99.9", "p999"), ("max", "max")):
            microseconds = report["latency"]["corrected"][ours]
            low, high = figures.get(f"{theirs} neighbours", [figures[theirs]] * 2)
            expect(low / 1000 * 0.998 <= microseconds <= high / 1000 * 1.002, (theirs, figures, microseconds))
        total = re.search(r"Total count\s+=\s+(\d+)", pathlib.Path(f"{folder}/hgrm").read_text())
        expect(int(total[1]) == report["responses"], "the percentile distribution has another count")
        rows = pathlib.Path(f"{folder}/csv").read_text().splitlines()
        expect(len(rows) == 4, rows)
        return f"{figures['count']:,} values in 3 intervals, p99 {figures['p99'] / 1000:.0f} us"


@trial
def terminal():
    """On a terminal: a live line each second, Ctrl-C ends the run and reports what was measured"""
    with Server(SERVERS["uvecho"]) as server:
        child, master = pty.fork()
        if child == 0:
            os.execv(UVECHO, [str(UVECHO), "bench", f"{HOST}:{server.port}", "-c", "20", "--duration", "60"])
        text = ""
        interrupted = False
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if not select.select([master], [], [], 1)[0]:
                continue
            try:
                text += os.read(master, 65536).decode()
            except OSError:
                break
            if not interrupted and text.count("responses/s") >= 2:
                os.write(master, b"\x03")
                interrupted = True
        _, status = os.waitpid(child, 0)
        server.stop()
    expect(interrupted, text)
    expect(os.waitstatus_to_exitcode(status) == 0, status)
    expect("ENDED EARLY" in text and "INVALID" not in text, text)
    # On a fast machine the client is the limit.
    expect("VALID" in text or "CLIENT-LIMITED" in text, text)
    line = [part for part in text.split("\r") if "responses/s" in part][1]
    expect(all(word in line for word in ("2 of 60 s", "p99", "errors 0", "connections 20")), line)
    return line.replace("\x1b[K", "").strip()


def main():
    require("socat", "node")
    build()
    run_trials()


if __name__ == "__main__":
    main()
