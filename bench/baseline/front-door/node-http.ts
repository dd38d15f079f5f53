/** node:http alone: what no framework on it can pass. */
import { createServer } from 'node:http';

createServer((request, response) => {
  if (request.url !== '/api/measured') return void response.writeHead(404).end();
  const body = JSON.stringify({ hello: 'world', number: 7 });
  response
    .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body);
}).listen(Number(process.env.PORT), '127.0.0.1');
