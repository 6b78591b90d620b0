"""Echo server on asyncio with the event loop of uvloop: `echo.py PORT`."""

import asyncio
import signal
import sys

import uvloop


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport  # uvloop has set TCP_NODELAY on it

    def data_received(self, data):
        self.transport.write(data)

    # What the client doesn't take piles up in the transport: above its high water we read no more.

    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()

    def eof_received(self):
        return False  # the transport writes what is left, and then closes


async def main(port):
    loop = asyncio.get_running_loop()
    terminated = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, terminated.set)
    server = await loop.create_server(Echo, "127.0.0.1", port, backlog=4096)
    await terminated.wait()
    server.close()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
