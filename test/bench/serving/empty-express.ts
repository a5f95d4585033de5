/** A child process with an Express app whose only route does nothing: the base cost of HTTP. */
import type { AddressInfo } from 'node:net';
import express from 'express';

const app = express();
app.post('/', (request, response) => {
  request.resume();
  request.once('end', () => response.json({}));
});
const server = app.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit(0));
