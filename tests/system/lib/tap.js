// SPDX-License-Identifier: EUPL-1.2
// Checks in the Test Anything Protocol: each one a line, with what went wrong below it; the plan at the end.
'use strict';
const assert = require('node:assert/strict');

let count = 0;
let failed = 0;

// Runs `body`; what it throws is the failure. `body` may return { skip: 'why' }.
async function check(name, body) {
  const begin = Date.now();
  let result;
  try {
    result = await body();
  } catch (error) {
    count += 1;
    failed += 1;
    console.log(`not ok ${count} - ${name}`);
    console.log(String(error.stack || error).replace(/^/gm, '# '));
    return false;
  }
  count += 1;
  const skip = result && result.skip;
  console.log(`ok ${count} - ${name}${skip ? ` # SKIP ${skip}` : ''}`);
  console.log(`#   ${((Date.now() - begin) / 1000).toFixed(1)} s`);
  return true;
}

function note(text) {
  console.log(String(text).replace(/^/gm, '# '));
}

// Prints the plan; the program ends with whether everything passed.
function done() {
  console.log(`1..${count}`);
  process.exitCode = failed === 0 ? 0 : 1;
}

module.exports = { assert, check, note, done };
