#!/usr/bin/env python3
"""Installs, builds and tries the other languages' echo servers in Peers/.

`peers.py install NAME...` brings the packages, `build` builds, `check` starts each and tries it; without names all are
meant. Each peer stands by itself: one that fails is told and doesn't stop the others. What was built from the same
sources is not built again.

Peers/README.md says what a peer is; `uvecho compare --list` tells which are ready.
"""

import argparse
import contextlib
import ctypes
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ROOT / "Peers"
UVECHO = ROOT / ".build/release/uvecho"
#: Python packages of all peers live in one environment of the project's own.
VENV = ROOT / ".build/peers-venv"
HOST = "127.0.0.1"
#: The queue of dials that each server asks for; the kernel clips it.
BACKLOG = 4096
#: Of Linux, the same on all machines; Python doesn't have it.
PIDFD_GETFD = 438


class Failure(Exception):
    """A sentence that says what went wrong."""


class Peer:
    def __init__(self, folder):
        self.folder = folder
        self.name = folder.name
        try:
            self.data = json.loads((folder / "peer.json").read_text())
        except ValueError as error:
            raise Failure(f"peer.json isn't JSON: {error}") from None
        for field in ("version", "start"):
            if not isinstance(self.data, dict) or field not in self.data:
                raise Failure(f"peer.json has no `{field}`; Peers/README.md describes it")

    @property
    def environment(self):
        return {**os.environ, "UVECHO": str(UVECHO), "PEERS_PYTHON": str(VENV / "bin/python3"), **self.data.get("environment", {})}

    def shell(self, command, timeout=1200):
        """Runs a command of the peer's in its folder, and returns what it prints."""
        result = subprocess.run(["sh", "-c", command], cwd=self.folder, env=self.environment, timeout=timeout,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if result.returncode != 0:
            raise Failure(f"`{command}` failed: {result.stdout.strip()[-600:]}")
        return result.stdout

    def install(self):
        packages = self.data.get("install", {})
        missing = [name for name in map(missing_package, packages.get("apt", [])) if name]
        if missing:
            apt("install", "-y", "-qq", "--no-install-recommends", *missing)
        if "pip" in packages and not (VENV / "bin/python3").exists():
            subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        if pip := packages.get("pip", []):
            run([str(VENV / "bin/python3"), "-m", "pip", "install", "--quiet", *pip])

    @property
    def stamp(self):
        """Where it is written down from what the peer was built."""
        return self.folder / ".built"

    def digest(self):
        """Of what the server is made from: the project's own files in the folder, and how they are built and started.

        Not of what is only to be read, such as `notes`: that doesn't make another server.
        """
        names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "."], cwd=self.folder, check=True,
                               stdout=subprocess.PIPE, text=True).stdout.splitlines()
        digest = hashlib.sha256()
        commands = {key: self.data.get(key) for key in ("build", "start", "environment")}
        digest.update(json.dumps(commands, sort_keys=True).encode())
        for name in sorted(names):
            if name not in ("peer.json", "README.md", ".gitignore") and (self.folder / name).exists():
                digest.update(name.encode() + b"\0" + (self.folder / name).read_bytes())
        return digest.hexdigest()

    def build(self):
        """Builds it, and makes sure that what it runs on is there: that is what no package may have brought."""
        result = self.build_if_changed()
        if self.data["start"][0] != "$UVECHO":
            self.shell(self.data["version"], timeout=60)
        return result

    def build_if_changed(self):
        if "build" not in self.data:
            return "nothing to build"
        digest = self.digest()
        if self.stamp.exists() and self.stamp.read_text() == digest:
            return "built before"
        # What a build that fails leaves behind isn't what the stamp says.
        self.stamp.unlink(missing_ok=True)
        self.shell(self.data["build"])
        self.stamp.write_text(digest)
        return "built"

    def require_build(self):
        if "build" not in self.data:
            return
        if not self.stamp.exists():
            raise Failure(f"it isn't built: `make peers PEERS={self.name}` builds it")
        if self.stamp.read_text() != self.digest():
            raise Failure(f"its source has changed since it was built: `make peers PEERS={self.name}` builds it again")

    @contextlib.contextmanager
    def running(self):
        """The server on a port of its own, with its process."""
        port = free_port()
        command = [part.replace("{port}", str(port)) for part in self.data["start"]]
        command[0] = self.environment.get(command[0][1:], command[0]) if command[0].startswith("$") else command[0]
        log = ROOT / ".build/peer-logs" / f"{self.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w") as output:
            # A session of its own, so that children that it starts end with it.
            try:
                process = subprocess.Popen(command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                           stdout=output, stderr=output, start_new_session=True)
            except OSError as error:
                raise Failure(f"it can't be started: {error}") from None
        try:
            wait_until(lambda: accepts(port), 60, process, f"it doesn't listen; see {log.relative_to(ROOT)}")
            yield port, process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(30)

    def check(self):
        """Tries what each peer has to do."""
        self.require_build()
        with self.running() as (port, process):
            terms = check_terms(port, process.pid)
            # Every byte, at once and in pieces, with a half-close and without.
            bench(port, 2000, "-c", "50")
            bench(port, 2000, "-c", "20", "--half-close", "--pipeline", "4")
            bench(port, 300, "-c", "10", "-s", "1-200000", "--half-close")
            bench(port, 2000, "-c", "50", "--strategy", "reconnect")
            for _ in range(50):
                reset(port)
            bench(port, 200, "-c", "200", "--half-close")
            if process.poll() is not None:
                raise Failure(f"it ended by itself, with {process.returncode}")
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                raise Failure("it doesn't end at SIGTERM within 10 s") from None
        return f"every byte came back; half-close, resets and SIGTERM are right; {terms}"


def bench(port, requests, *arguments):
    command = [str(UVECHO), "bench", f"{HOST}:{port}", "--requests", str(requests), "--timeout", "20", "--json", "-",
               *arguments]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
    report = json.loads(result.stdout) if result.stdout else None
    if not report or not report["valid"] or report["errors"] or report["responses"] != requests:
        raise Failure(f"`bench {' '.join(arguments)}`: {report['verdict'] if report else result.stderr} "
                      f"{report['errors'] if report else ''}")


def check_terms(port, pid):
    """Looks at what all servers have to ask of the kernel, and returns what was found."""
    least = min(BACKLOG, int(pathlib.Path("/proc/sys/net/core/somaxconn").read_text()))
    backlogs, delays, reason = [], [], None
    with socket.create_connection((HOST, port), timeout=30) as client:
        client.sendall(b"x")
        try:
            client.recv(1)  # so that it is accepted, and its options are set
        except TimeoutError:
            raise Failure("it accepted, and did not answer") from None
        try:
            for connection in sockets_of(pid):
                if connection.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    backlogs.append(backlog(connection))
                elif is_connected_with(connection, client):
                    delays.append(not connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        except OSError as error:
            reason = error.strerror
    if reason is None:
        if not backlogs or not delays:
            raise Failure("the process that `start` starts isn't the server: it doesn't have the connections")
        if max(backlogs) < least:
            raise Failure(f"its backlog is {max(backlogs)}, not {least}")
        if any(delays):
            raise Failure("TCP_NODELAY is off")
    if not survives_pipes(pid):
        raise Failure("SIGPIPE would end it: it neither ignores nor handles it")
    if reason is not None:
        return f"so is SIGPIPE; backlog and TCP_NODELAY can't be looked at here ({reason})"
    return "so are SIGPIPE, backlog and TCP_NODELAY"


def survives_pipes(pid):
    """Whether SIGPIPE doesn't end it. Resets alone don't tell: it takes a write to a connection known to be reset."""
    status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    return bool((int(status["SigIgn"], 16) | int(status["SigCgt"], 16)) & 1 << signal.SIGPIPE - 1)


LIBC = ctypes.CDLL(None, use_errno=True)


def sockets_of(pid):
    """The IPv4 sockets of a process, one after the other: duplicates, each closed before the next."""
    handle = os.pidfd_open(pid)
    try:
        for entry in os.listdir(f"/proc/{pid}/fd"):
            try:
                is_socket = os.readlink(f"/proc/{pid}/fd/{entry}").startswith("socket:")
            except FileNotFoundError:  # closed since
                continue
            if not is_socket:
                continue
            descriptor = LIBC.syscall(PIDFD_GETFD, handle, int(entry), 0)
            if descriptor < 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            with socket.socket(fileno=descriptor) as duplicate:
                if duplicate.family == socket.AF_INET:
                    yield duplicate
    finally:
        os.close(handle)


def backlog(listener):
    """How many dials its queue takes."""
    # struct tcp_info: of a listener, the count of selectively acknowledged segments is the queue's length.
    return struct.unpack_from("=I", listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32), 28)[0]


def is_connected_with(connection, client):
    with contextlib.suppress(OSError):
        return connection.getpeername() == client.getsockname()
    return False


def reset(port):
    with socket.create_connection((HOST, port), timeout=30) as client:
        client.sendall(b"x" * 1000)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def accepts(port):
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


def free_port():
    with socket.create_server((HOST, 0)) as listener:
        return listener.getsockname()[1]


def wait_until(condition, deadline, process, message):
    end = time.monotonic() + deadline
    while not condition():
        if process.poll() is not None:
            raise Failure(f"it ended with {process.returncode}: {message}")
        if time.monotonic() > end:
            raise Failure(message)
        time.sleep(0.02)


def missing_package(entry):
    """`package`, or `command:package` for one that isn't needed when the command is there; None when it isn't missing."""
    command, _, package = entry.rpartition(":")
    return None if (shutil.which(command) if command else is_installed(package)) else package


def is_installed(package):
    status = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", package], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True).stdout
    return status == "install ok installed"


def run(command, **options):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if result.returncode != 0:
        raise Failure(f"`{' '.join(command)}` failed: {result.stdout.strip()[-600:]}")


updated = False


def apt(*arguments):
    global updated
    if not shutil.which("apt-get"):
        raise Failure(f"apt-get isn't here: install {' '.join(arguments[3:])} by hand")
    prefix = [] if os.geteuid() == 0 else ["sudo"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if not updated:
        run([*prefix, "apt-get", "update", "-qq"], env=environment)
        updated = True
    run([*prefix, "apt-get", *arguments], env=environment)


def peers(names):
    known = {path.parent.name: path.parent for path in sorted(PEERS.glob("*/peer.json"))}
    for name in names:
        if name not in known:
            raise SystemExit(f"no peer is called {name}: there are {', '.join(known)}")
    return [known[name] for name in (names or known)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("steps", help="install, build or check; several with commas between them")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    steps = options.steps.split(",")
    if unknown := [step for step in steps if step not in ("install", "build", "check")]:
        parser.error(f"no step is called {unknown[0]}")
    failed = []
    for folder in peers(options.names):
        try:
            peer = Peer(folder)
            for step in steps:
                print(f"{peer.name:18} {step:8} {getattr(peer, step)() or 'there'}", flush=True)
        except (Failure, subprocess.SubprocessError, OSError) as error:
            failed.append(folder.name)
            print(f"{folder.name:18} FAILED   {error}", flush=True)
    if failed:
        print(f"failed: {', '.join(failed)}")
        sys.exit(1)


if __name__ == "__main__":
    main()
