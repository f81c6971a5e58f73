// SPDX-License-Identifier: EUPL-1.2
// Recordings, for those who send some.
'use strict';
const fs = require('node:fs');

// A recording: so many seconds of a tone, as WAV.
function record(file, seconds) {
  const rate = 8000;
  const head = Buffer.alloc(44);
  head.write('RIFF    WAVEfmt ', 'latin1');
  const sound = Buffer.alloc(2 * rate * seconds);
  for (let i = 0; i < rate * seconds; i += 1) sound.writeInt16LE(Math.round(9000 * Math.sin(i / 5)), 2 * i);
  head.writeUInt32LE(36 + sound.length, 4);
  head.writeUInt32LE(16, 16); // the length of what describes it, behind "fmt "
  head.writeUInt16LE(1, 20); // PCM
  head.writeUInt16LE(1, 22); // one channel
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(2 * rate, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(sound.length, 40);
  fs.writeFileSync(file, Buffer.concat([head, sound]));
}

module.exports = { record };
