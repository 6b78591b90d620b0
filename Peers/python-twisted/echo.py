"""Echo server on Twisted's epoll reactor: `echo.py PORT`."""

import sys

from twisted.internet import epollreactor

epollreactor.install()

from twisted.internet import reactor
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol
from zope.interface import implementer


@implementer(IHalfCloseableProtocol)
class Echo(Protocol):
    def connectionMade(self):
        self.transport.setTcpNoDelay(True)
        # The connection's reading side produces what its writing side consumes: when the client doesn't take it,
        # the second pauses the first.
        self.transport.registerProducer(self.transport, streaming=True)

    def dataReceived(self, data):
        self.transport.write(data)

    def readConnectionLost(self):
        self.transport.unregisterProducer()
        self.transport.loseConnection()  # after everything is written

    def writeConnectionLost(self):
        pass


if __name__ == "__main__":
    reactor.listenTCP(int(sys.argv[1]), Factory.forProtocol(Echo), backlog=4096, interface="127.0.0.1")
    reactor.run()  # until SIGTERM
