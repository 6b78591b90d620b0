#!/usr/bin/env python3
"""Tries `uvecho serve` as users would: clients that nobody here wrote, floods, limits, signals.

Prints a line for each trial, with figures, and exits with 1 when one fails. Needs socat, redis-benchmark and node.
With STYLE=async in its environment it tries the server with tasks.
"""

import contextlib
import hashlib
import os
import pathlib
import random
import resource
import selectors
import socket
import struct
import subprocess
import tempfile
import threading
import time

from servers import SERVERS, Server, require
from trials import expect, run_trials, trial

HOST = "127.0.0.1"
# `STYLE=async` tries the server with tasks.
COMMAND = SERVERS["uvecho-async" if os.environ.get("STYLE") == "async" else "uvecho"]


def connect(server):
    return socket.create_connection((HOST, server.port), timeout=30)


def echo(client, message=b"hello"):
    client.sendall(message)
    received = b""
    while len(received) < len(message):
        chunk = client.recv(len(message) - len(received))
        expect(chunk, "the connection ended early")
        received += chunk
    expect(received == message, "the echo is wrong")


def read_to_end(client):
    chunks = []
    while chunk := client.recv(1 << 16):
        chunks.append(chunk)
    return b"".join(chunks)


def reset(client):
    """Closes with a RST."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def summary(server):
    """The server's last line, as a dictionary."""
    line = [line for line in server.error_text().splitlines() if line.startswith("summary ")][-1]
    return dict(pair.split("=") for pair in line.split()[1:])


def mebibytes(count):
    return f"{count / (1 << 20):.1f} MiB"


# Clients that nobody here wrote


@trial
def socat_sends_50_mib_and_half_closes():
    """socat sends 50 MiB, half-closes, and gets the same bytes"""
    with Server(COMMAND) as server, tempfile.TemporaryDirectory() as folder:
        source, target = pathlib.Path(folder, "in"), pathlib.Path(folder, "out")
        source.write_bytes(os.urandom(50 << 20))
        with source.open("rb") as input, target.open("wb") as output:
            subprocess.run(["socat", "-t", "30", "-", f"TCP:{HOST}:{server.port}"], stdin=input, stdout=output,
                           check=True, timeout=120)
        expect(hashlib.sha256(source.read_bytes()).digest() == hashlib.sha256(target.read_bytes()).digest(),
               "other bytes came back")
        server.stop()
        return f"sha256 equal, {summary(server)['bytes_out']} bytes"


def redis(*flags):
    with Server(COMMAND) as server:
        output = subprocess.run(["redis-benchmark", "-h", HOST, "-p", str(server.port), "-t", "set", "--csv", *flags],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        expect(output.returncode == 0 and '"SET"' in output.stdout, output.stdout[-300:])
        server.stop()
        rate = [line for line in output.stdout.splitlines() if line.startswith('"SET"')][0].split(",")[1]
        # Redis's greeting questions are echoed too; what counts is that nothing is lost.
        expect(summary(server)["bytes_in"] == summary(server)["bytes_out"], summary(server))
        return f"{float(rate.strip(chr(34))):,.0f} requests/s"


@trial
def redis_benchmark_persistent():
    """redis-benchmark -t set, persistent connections"""
    return redis("-n", "50000")


@trial
def redis_benchmark_pipelined():
    """redis-benchmark -t set -P 16, pipelined"""
    return redis("-n", "100000", "-P", "16")


@trial
def redis_benchmark_reconnecting():
    """redis-benchmark -t set -k 0, a connection for each request"""
    return redis("-n", "10000", "-k", "0")


@trial
def node_client():
    """a Node net client writes 8 MiB with backpressure, ends, and gets the same bytes"""
    script = """
      const net = require('node:net'), crypto = require('node:crypto');
      const data = crypto.randomBytes(8 << 20), hash = (b) => crypto.createHash('sha256').update(b).digest('hex');
      const socket = net.connect({ port: Number(process.argv[1]), host: '127.0.0.1', allowHalfOpen: true });
      const received = []; socket.on('data', (b) => received.push(b)); socket.end(data);
      socket.on('end', () => { console.log(hash(data) === hash(Buffer.concat(received))); });
    """
    with Server(COMMAND) as server:
        output = subprocess.run(["node", "-e", script, str(server.port)], stdout=subprocess.PIPE, text=True,
                                check=True, timeout=60).stdout
        expect(output.strip() == "true", "other bytes came back")
        server.stop()
        return "bytes equal"


@trial
def sender_that_never_reads():
    """20 clients that only send, for 3 s: memory stays flat"""
    with Server(COMMAND) as server, contextlib.ExitStack() as clients, selectors.DefaultSelector() as selector:
        with connect(server) as first:
            echo(first)
        before = server.anonymous_memory()
        for _ in range(20):
            client = clients.enter_context(connect(server))
            client.setblocking(False)
            selector.register(client, selectors.EVENT_WRITE)
        sent, end = 0, time.monotonic() + 3
        while time.monotonic() < end:
            for key, _ in selector.select(0.1):
                with contextlib.suppress(BlockingIOError):
                    sent += key.fileobj.send(bytes(1 << 16))
        grown = server.anonymous_memory() - before
        # At most the high-water mark and one read buffer each, and the objects.
        expect(grown < 20 * 3 * 65536, f"grew by {mebibytes(grown)}")
        return f"took {mebibytes(sent)}, grew by {mebibytes(grown)}"


# Floods


@trial
def many_at_once():
    """3,000 connections at once, each echoes"""
    with Server(COMMAND) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(server)) for _ in range(3000)]
        for number, client in enumerate(clients):
            echo(client, number.to_bytes(4))
        stack.close()
        server.stop()
        expect(summary(server)["connections"] == "3000", summary(server))
        return f"{summary(server)['connections']} connections"


@trial
def many_one_after_the_other():
    """20,000 connect/echo/close cycles: memory after 20,000 is memory after 5,000"""
    with Server(COMMAND) as server:
        def cycles(count):
            for _ in range(count):
                with connect(server) as client:
                    echo(client)
        cycles(5000)
        early = server.anonymous_memory()
        cycles(15000)
        late = server.anonymous_memory()
        expect(late - early <= 64 << 10, f"grew by {late - early} bytes")
        server.stop()
        expect(summary(server)["connections"] == "20000", summary(server))
        return f"{early >> 10} KiB, then {late >> 10} KiB"


@trial
def many_resets():
    """3,000 resets, with and without bytes under way, are counted and survived"""
    with Server(COMMAND) as server:
        for number in range(3000):
            client = connect(server)
            if number % 3 == 1:
                echo(client)
            elif number % 3 == 2:
                client.sendall(bytes(100_000))
            reset(client)
        with connect(server) as client:
            echo(client)
        server.stop()
        return f"errors={summary(server)['errors']}"


@trial
def out_of_descriptors():
    """ulimit -n 256, 600 dials: lives, doesn't spin, drops nobody, serves all when there is room"""
    with Server(["sh", "-c", f"ulimit -n 256; exec {' '.join(COMMAND)}"]) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(server)) for _ in range(600)]
        for number, client in enumerate(clients):
            client.sendall(number.to_bytes(4))
        # The first ones are served; when the last of these has its echo, the server is full.
        served = 0
        for client in clients:
            client.settimeout(1)
            try:
                expect(client.recv(4) == served.to_bytes(4), "the echo is wrong")
            except TimeoutError:
                break
            served += 1
        expect(200 <= served < 256, f"{served} served")
        cpu = server.cpu_seconds()
        time.sleep(2)
        spent = server.cpu_seconds() - cpu
        expect(spent < 0.2, f"spun: {spent} s of CPU in 2 s")
        for client in clients[:served]:
            client.close()
        done = served
        while done < len(clients):
            clients[done].settimeout(10)
            expect(clients[done].recv(4) == done.to_bytes(4), "the echo is wrong")
            clients[done].close()
            done += 1
        server.stop()
        expect(summary(server)["connections"] == "600", summary(server))
        expect("out of file descriptors" in server.error_text(), "it didn't say so")
        return f"{served} at first, {spent:.2f} s of CPU in 2 s of waiting, then the other {600 - served}"


# Signals


@trial
def terminate_with_idle_connections():
    """SIGTERM with 500 idle connections: each sees FIN, exit 0"""
    with Server(COMMAND) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(server)) for _ in range(500)]
        for client in clients:
            echo(client)
        began = time.monotonic()
        server.process.terminate()
        for client in clients:
            expect(client.recv(1) == b"", "no FIN")
            client.close()
        status = server.process.wait(10)
        expect(status == 0, f"exit {status}")
        expect(summary(server)["resets"] == "0", summary(server))
        return f"done in {time.monotonic() - began:.2f} s"


@trial
def terminate_in_mid_transfer():
    """SIGTERM with 50 connections in the middle of 300 kB: no byte lost, exit 0"""
    with Server(COMMAND) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(server)) for _ in range(50)]
        data = random.Random(1).randbytes(300_000)
        half_way = threading.Barrier(len(clients) + 1)
        received = [b""] * len(clients)

        def transfer(number, client):
            def send():
                client.sendall(data[:150_000])
                half_way.wait(30)
                client.sendall(data[150_000:])
                client.shutdown(socket.SHUT_WR)
            sender = threading.Thread(target=send)
            sender.start()
            received[number] = read_to_end(client)
            sender.join()

        threads = [threading.Thread(target=transfer, args=pair) for pair in enumerate(clients)]
        for thread in threads:
            thread.start()
        half_way.wait(30)
        server.process.terminate()
        for thread in threads:
            thread.join(60)
        status = server.process.wait(10)
        expect(status == 0, f"exit {status}")
        expect(all(bytes == data for bytes in received), "bytes were lost")
        return f"{summary(server)['bytes_out']} bytes of {len(clients) * len(data)}"


@trial
def terminate_with_a_stuck_client():
    """SIGTERM with a client that neither reads nor ends: reset after the grace period, exit 0"""
    with Server([*COMMAND, "--grace", "1"]) as server, connect(server) as client:
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                client.send(bytes(1 << 16))
        began = time.monotonic()
        server.process.terminate()
        status = server.process.wait(10)
        took = time.monotonic() - began
        expect(status == 0, f"exit {status}")
        expect(summary(server)["resets"] == "1", summary(server))
        expect(0.9 < took < 2, f"took {took} s")
        return f"ended after {took:.2f} s"


def main():
    require("socat", "redis-benchmark", "node")
    # 3,000 connections have two ends, and one of each is here.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    run_trials()


if __name__ == "__main__":
    main()
