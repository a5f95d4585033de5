/** A child process with an Express app of one route that does nothing: what HTTP costs anyway. */
import type { AddressInfo } from 'node:net';
import express from 'express';

const app = express();
app.post('/', (request, response) => {
  request.resume();
  request.once('end', () => response.json({}));
});
const server = app.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit(0));
