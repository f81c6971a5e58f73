// SPDX-License-Identifier: EUPL-1.2
// Randomness that can be repeated: its seed is printed, and WEIBEL_SEED in the environment takes its place.
'use strict';
const { note } = require('./tap.js');

let state = BigInt(process.env.WEIBEL_SEED || Date.now());
note(`WEIBEL_SEED=${state}`);

// SplitMix64; a number from 0 to below `bound`.
function below(bound) {
  const mask = (1n << 64n) - 1n;
  state = (state + 0x9e3779b97f4a7c15n) & mask;
  let z = state;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
  return Number((z ^ (z >> 31n)) % BigInt(bound));
}

module.exports = { below };
