'use strict';
// Turns of Node's loop: `node turns.js timers|wakeups COUNT`.
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');

function fire(count) {
  if (count === 0) return;
  const interval = setInterval(() => {
    count -= 1;
    if (count === 0) clearInterval(interval);
  }, 1);
}

function beWoken(count) {
  const handled = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = new Worker(__filename, { workerData: { count, handled } });
  worker.on('message', () => {
    Atomics.add(handled, 0, 1);
    Atomics.notify(handled, 0);
  });
}

function wake({ count, handled }) {
  for (let sent = 0; sent < count; sent += 1) {
    parentPort.postMessage(null);
    Atomics.wait(handled, 0, sent); // returns at once when it is handled already
  }
}

function main() {
  const [kind, text, ...rest] = process.argv.slice(2);
  const work = { timers: fire, wakeups: beWoken }[kind];
  const count = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  if (!work || rest.length > 0 || !(count <= 0x7fffffff)) {
    console.error('usage: node turns.js timers|wakeups COUNT');
    process.exit(64);
  }
  work(count);
}

if (isMainThread) main();
else wake(workerData);
