'use strict';
// Echo server on Node: `node echo.js PORT` (0 = the kernel picks one).
const net = require('node:net');

const port = Number(process.argv[2]);
if (process.argv.length !== 3 || !Number.isInteger(port) || port < 0 || port > 65535) {
  console.error('usage: node echo.js PORT');
  process.exit(64);
}

const sockets = new Set();
const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  sockets.add(socket);
  socket.on('error', () => {}); // a reset ends this connection only; 'close' follows
  socket.on('close', () => sockets.delete(socket));
  socket.pipe(socket);
});

server.on('error', (error) => {
  console.error(`cannot listen on 127.0.0.1:${port}: ${error.message}`);
  process.exit(1);
});
server.listen({ host: '127.0.0.1', port, backlog: 4096 }, () => {
  console.log(`listening on 127.0.0.1:${server.address().port}`);
});

function drain() {
  process.removeAllListeners('SIGTERM').removeAllListeners('SIGINT'); // a second signal kills
  server.close();
  for (const socket of sockets) {
    socket.unpipe(socket).resume(); // what still comes is thrown away
    socket.end(); // FIN, after what is already written
  }
  setTimeout(() => sockets.forEach((socket) => socket.resetAndDestroy()), 5000).unref();
}
process.once('SIGTERM', drain);
process.once('SIGINT', drain);
