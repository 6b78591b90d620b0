#!/usr/bin/env python3
"""Tries the servers of the cost ladder, and the programs that go with them: all, or those that are named.

Each server as a peer is tried, and besides: a client that reads nothing, resets while a message is on its way, and the
end at SIGTERM with connections open. Each program that makes turns is run for none, one and some.

Rungs/README.md says what a rung is.
"""

import argparse
import contextlib
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time

from peers import HOST, ROOT, UVECHO, Failure, accepts, bench, check_terms, free_port, reset, wait_until

RUNGS = ROOT / "Rungs"
#: Rungs that are peers, and leave SIGTERM to the system: their totals come when valgrind ends them.
END_BY_SIGNAL = {"c-epoll", "swift-nio", "swift-nio-async"}
#: Rungs that wait for their clients' ends then, for 5 s; the others close all at once.
DRAIN = {"c-libuv", "uvecho", "uvecho-async", "node"}
#: Of what a client doesn't read, a server may hold this much in bytes: it is a hundredth of what is offered.
MOST_HELD = 4 << 20
OFFERED = 400 << 20
USAGE = 64


class Rung:
    def __init__(self, data):
        self.data = data
        self.id = data["id"]
        self.environment = {**os.environ, "UVECHO": str(UVECHO)}

    def command(self, words, **values):
        """A command of the rung's, with the program that it starts as a path that holds anywhere."""
        words = [word.format(**values) for word in words]
        if words[0].startswith("$"):
            words[0] = self.environment[words[0][1:]]
        elif "/" in words[0]:
            words[0] = str(RUNGS / words[0])
        return words

    def check_version(self):
        if self.id.startswith("swift-nio") and release(RUNGS) != release(ROOT / "Peers" / self.id / "echo"):
            raise Failure("it is built with another release of SwiftNIO than the peer whose source it is")
        result = subprocess.run(["sh", "-c", self.data["version"]], cwd=RUNGS, env=self.environment, timeout=60,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if result.returncode != 0 or not result.stdout.strip():
            raise Failure(f"its version can't be told: {result.stdout.strip()}")
        return result.stdout.splitlines()[0]

    @contextlib.contextmanager
    def running(self):
        port = free_port()
        log = ROOT / ".build/rung-logs" / f"{self.id}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w") as output:
            try:
                process = subprocess.Popen(self.command(self.data["echo"], port=port), cwd=RUNGS, env=self.environment,
                                           stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                           start_new_session=True)
            except OSError as error:
                raise Failure(f"it can't be started: {error}; `make rungs` builds it") from None
        try:
            wait_until(lambda: accepts(port), 60, process, f"it doesn't listen; see {log.relative_to(ROOT)}")
            yield port, process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(30)

    def check_echo(self):
        """Tries what each server has to do."""
        with self.running() as (port, process):
            terms = check_terms(port, process.pid)
            bench(port, 2000, "-c", "50")
            bench(port, 2000, "-c", "20", "--half-close", "--pipeline", "4")
            bench(port, 300, "-c", "10", "-s", "1-200000", "--half-close")
            bench(port, 400, "-c", "200", "--strategy", "reconnect")
            echo_in_pieces(port, 1 << 20)
            for _ in range(50):
                reset(port)
                reset_while_writing(port)
            held = hold_against_a_client_that_reads_nothing(port, process.pid)
            bench(port, 200, "-c", "200", "--half-close")
            if process.poll() is not None:
                raise Failure(f"it ended by itself, with {process.returncode}")
            ended = self.end(process, port)
        return f"every byte came back; half-close and resets are right; {terms}; {held}; {ended}"

    def end(self, process, port):
        """Ends it while a connection is open."""
        with socket.create_connection((HOST, port), timeout=30) as idle:
            idle.sendall(b"x")
            if idle.recv(1) != b"x":
                raise Failure("the echo is wrong")
            began = time.monotonic()
            process.terminate()
            try:
                if self.id in DRAIN:
                    idle.shutdown(socket.SHUT_WR)
                process.wait(2)
            except subprocess.TimeoutExpired:
                raise Failure("it doesn't end at SIGTERM within 2 s") from None
        took = time.monotonic() - began
        expected = -signal.SIGTERM if self.id in END_BY_SIGNAL else 0
        if process.returncode != expected:
            raise Failure(f"at SIGTERM it ended with {process.returncode}, not {expected}")
        return f"at SIGTERM it ended with {process.returncode} after {took * 1000:.0f} ms"

    def check_turns(self, kind):
        """Runs a program that makes turns: for none, one and some; and with a wrong number."""
        took = {}
        for count in (0, 1, 500):
            began = time.monotonic()
            result = subprocess.run(self.command(self.data[kind], count=count), cwd=RUNGS, env=self.environment,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    timeout=60)
            took[count] = time.monotonic() - began
            if result.returncode != 0 or result.stdout:
                raise Failure(f"{kind} {count}: it ended with {result.returncode}: {result.stdout.decode()[-400:]}")
        if kind == "timers" and took[500] < 0.45:
            raise Failure(f"500 timers a millisecond apart took {took[500]:.2f} s")
        for wrong in ("-1", "x", ""):
            result = subprocess.run(self.command(self.data[kind], count=wrong), cwd=RUNGS, env=self.environment,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                    timeout=60)
            if result.returncode != USAGE:
                raise Failure(f"{kind} `{wrong}`: it ended with {result.returncode}, not {USAGE}")
        return f"500 took {took[500]:.2f} s"


def release(package):
    """The release of SwiftNIO that a package is built with."""
    return re.search(r'swift-nio", exact: "(.*?)"', (package / "Package.swift").read_text())[1]


def echo_in_pieces(port, total):
    """Sends random bytes in random pieces, ends its side, and reads until the server does so."""
    generator = random.Random(total)
    sent = generator.randbytes(total)

    def send():
        rest = memoryview(sent)
        while rest:
            piece = rest[:generator.randint(1, 20_000)]
            client.sendall(piece)
            rest = rest[len(piece):]
        client.shutdown(socket.SHUT_WR)

    with socket.create_connection((HOST, port), timeout=30) as client:
        sender = threading.Thread(target=send)
        sender.start()
        received = bytearray()
        while chunk := client.recv(65536):
            received += chunk
        sender.join()
    if received != sent:
        raise Failure(f"{len(received)} bytes came back, of {len(sent)} in pieces; or others")


def reset_while_writing(port):
    """Resets while the server has much to write."""
    with socket.create_connection((HOST, port), timeout=30) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            client.send(b"x" * (1 << 20))


def hold_against_a_client_that_reads_nothing(port, pid):
    """Offers more than the server may keep, reading none of it; then reads it all."""
    before = memory(pid)
    offered = 0
    chunk = b"y" * (1 << 20)
    with socket.create_connection((HOST, port), timeout=30) as client:
        client.settimeout(0.5)
        with contextlib.suppress(TimeoutError):
            while offered < OFFERED:
                offered += client.send(chunk)
        if offered >= OFFERED:
            raise Failure(f"it took {offered} bytes of a client that reads nothing: nothing stops the reading")
        held = memory(pid) - before
        if held > MOST_HELD:
            raise Failure(f"its memory grew by {held} bytes for a client that reads nothing")
        client.settimeout(30)
        client.shutdown(socket.SHUT_WR)
        received = 0
        while chunk := client.recv(65536):
            received += len(chunk)
    if received != offered:
        raise Failure(f"{received} bytes came back to a slow client, of {offered}")
    return f"a client that reads nothing takes {held // 1024} KiB"


def memory(pid):
    """Anonymous memory in bytes."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="ID")
    names = parser.parse_args().names
    rungs = {data["id"]: Rung(data) for data in json.loads((RUNGS / "ladder.json").read_text())["rungs"]}
    for name in names:
        if name not in rungs:
            raise SystemExit(f"no rung is called {name}: there are {', '.join(rungs)}")
    failed = []
    for name in names or rungs:
        rung = rungs[name]
        steps = {"version": rung.check_version, "echo": rung.check_echo}
        steps |= {kind: lambda kind=kind: rung.check_turns(kind) for kind in ("timers", "wakeups") if kind in rung.data}
        for step, check in steps.items():
            try:
                print(f"{name:16} {step:8} {check()}", flush=True)
            except (Failure, subprocess.SubprocessError, OSError) as error:
                failed.append(f"{name} {step}")
                print(f"{name:16} {step:8} FAILED: {error}", flush=True)
    if failed:
        print(f"failed: {', '.join(failed)}")
        sys.exit(1)


if __name__ == "__main__":
    main()
