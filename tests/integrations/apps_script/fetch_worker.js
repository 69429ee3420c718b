'use strict';
// Makes the HTTP calls of the UrlFetchApp stand-in, so that its caller can stand still meanwhile, as Apps Script does.
const http = require('node:http');
const { workerData } = require('node:worker_threads');

const { port, signal } = workerData;

function answer(message) {
  port.postMessage(message);
  Atomics.store(signal, 0, 1);
  Atomics.notify(signal, 0);
}

port.on('message', ({ url, method, headers, payload }) => {
  const request = http.request(url, { method, headers, agent: false, timeout: 30000 }, (reply) => {
    const chunks = [];
    reply.on('data', (chunk) => chunks.push(chunk));
    reply.on('error', (error) => answer({ error: error.code || error.message }));
    reply.on('end', () =>
      answer({ status: reply.statusCode, headers: reply.headers, text: Buffer.concat(chunks).toString('utf8') }));
  });
  request.on('timeout', () => request.destroy(new Error('timed out')));
  request.on('error', (error) => answer({ error: error.code || error.message }));
  request.end(payload);
});
