// SPDX-License-Identifier: EUPL-1.2
// IDs of accounts, as docs/protocol.md describes them: to make valid ones that nobody has.
'use strict';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

// Times α = 2 in GF(2⁵) with x⁵ + x² + 1.
const timesAlpha = (value) => ((value << 1) ^ (value & 16 ? 0b100101 : 0)) & 31;

// Seven characters and the one that makes the sum 0.
function withCheck(seven) {
  let sum = 0;
  for (const character of seven) sum = timesAlpha(sum ^ alphabet.indexOf(character));
  const id = seven + alphabet[sum];
  return `${id.slice(0, 4)}-${id.slice(4)}`;
}

module.exports = { withCheck };
