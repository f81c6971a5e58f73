// SPDX-License-Identifier: EUPL-1.2
// A server that speaks another version of the protocol: it takes a WebSocket and sends one frame, its challenge.
'use strict';
const crypto = require('node:crypto');
const http = require('node:http');

// `version`: the first byte of its frames; `lowest`, `highest`: what it says that it speaks.
function challenge(version, lowest, highest) {
  const domain = Buffer.from('example.org');
  return Buffer.concat([
    Buffer.from([version, 0x01, 0, 0, 0, 0, lowest, highest, domain.length]),
    domain,
    crypto.randomBytes(32),
    Buffer.alloc(8),
  ]);
}

async function listen(frame) {
  const server = http.createServer((request, response) => response.writeHead(404).end());
  server.on('upgrade', (request, socket) => {
    const accept = crypto
      .createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.on('error', () => {});
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: weibel\r\n\r\n`,
    );
    socket.write(Buffer.concat([Buffer.from([0x82, frame.length]), frame]));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    port: server.address().port,
    close: () => { server.closeAllConnections(); server.close(); },
  };
}

module.exports = { challenge, listen };
