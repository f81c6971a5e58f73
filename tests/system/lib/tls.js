// SPDX-License-Identifier: EUPL-1.2
// A certificate for localhost by an authority of the test's own.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { assert } = require('./tap.js');
const world = require('./world.js');

async function openssl(folder, ...args) {
  const result = await world.run('openssl', args, { cwd: folder });
  assert.equal(result.code, 0, result.err);
}

// The files { ca, certificate, key } in `folder`.
async function makeCertificate(folder = world.root) {
  for (const [name, subject] of [['ca', '/CN=Weibel test authority'], ['tls', '/CN=localhost']]) {
    await openssl(folder, 'req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`,
      '-out', `${name}.csr`, '-subj', subject);
  }
  fs.writeFileSync(path.join(folder, 'ca.ext'), 'basicConstraints=critical,CA:TRUE\n');
  fs.writeFileSync(path.join(folder, 'tls.ext'), 'subjectAltName=DNS:localhost\n');
  await openssl(folder, 'x509', '-req', '-in', 'ca.csr', '-signkey', 'ca.key', '-extfile', 'ca.ext', '-out', 'ca.pem');
  await openssl(folder, 'x509', '-req', '-in', 'tls.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial',
    '-extfile', 'tls.ext', '-out', 'tls.pem');
  return { ca: path.join(folder, 'ca.pem'), certificate: path.join(folder, 'tls.pem'), key: path.join(folder, 'tls.key') };
}

module.exports = { makeCertificate };
