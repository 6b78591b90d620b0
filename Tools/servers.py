"""Starts the servers that the tools here compare, and the clients that load them.

Everything is on 127.0.0.1, bounded in time, and ended by its PID.
"""

import contextlib
import json
import pathlib
import re
import selectors
import shutil
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLIENT = ROOT / "Peers/c-epoll-client/client"
UVECHO = ROOT / ".build/release/uvecho"
#: What that becomes for all but `serve`.
UVECHO_TOOLS = ROOT / ".build/release/uvecho-tools"

#: How each server is started, and how `listening on 127.0.0.1:PORT` is got out of it.
SERVERS = {
    "uvecho": [str(UVECHO), "serve", "--port", "0"],
    "uvecho-async": [str(UVECHO), "serve", "--style", "async", "--port", "0"],
    "c-libuv": [str(ROOT / "Peers/c-libuv/echo"), "0"],
    "node": ["node", str(ROOT / "Peers/node/echo.js"), "0"],
}


def build():
    """Builds ours for release, and the C programs."""
    subprocess.run([str(ROOT / "Tools/build"), "--product", "uvecho-tools"], check=True, stdout=subprocess.DEVNULL)
    for folder in ("c-libuv", "c-epoll-client"):
        subprocess.run(["make", "-s", "-C", str(ROOT / "Peers" / folder)], check=True)


@contextlib.contextmanager
def readable_by_valgrind(command):
    """The command with a copy of its program that has no debug information.

    valgrind 3.19 gives up at the DWARF 5 that Swift writes. Symbols stay.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / pathlib.Path(command[0]).name
        subprocess.run(["objcopy", "--strip-debug", command[0], str(copy)], check=True)
        yield [str(copy), *command[1:]]


class Server:
    """A running server: `with Server(command) as server: server.port`."""

    def __init__(self, command, deadline=60):
        self.command = command
        self.deadline = deadline

    def __enter__(self):
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            line = self.process.stdout.readline() if selector.select(self.deadline) else ""
        match = re.search(r"listening on 127\.0\.0\.1:(\d+)", line)
        if not match:
            self.process.kill()
            self.process.wait()
            raise SystemExit(f"{self.command}: did not start: {line!r} {self.error_text()}")
        self.port = int(match[1])
        return self

    def stop(self):
        """Ends it in good order. Its exit status must be 0."""
        self.process.terminate()
        status = self.process.wait(self.deadline)
        if status != 0:
            raise SystemExit(f"{self.command}: exit status {status}: {self.error_text()}")

    def error_text(self):
        self.errors.seek(0)
        return self.errors.read()

    def anonymous_memory(self):
        """User-space memory in bytes that is the process's own."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"RssAnon:\s+(\d+) kB", status)[1]) * 1024

    def cpu_seconds(self):
        """User and system time so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.errors.close()


def load(port, *, prefix=(), **options):
    """Runs the C client and returns its JSON."""
    arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    output = subprocess.run([*prefix, str(CLIENT), "--port", str(port), *arguments], check=True,
                            stdout=subprocess.PIPE, timeout=300).stdout
    return json.loads(output)


def wait_until(condition, deadline=30):
    """Waits for something that another process does."""
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("gave up waiting")
        time.sleep(0.01)


def require(*programs):
    """Ends with a sentence when a program is missing."""
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        raise SystemExit(f"needs {', '.join(missing)}: apt-get install {' '.join(missing)}")
