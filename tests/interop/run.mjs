// SPDX-License-Identifier: EUPL-1.2
// node run.mjs MLS-INTEROP: random groups of libmls and ts-mls, and of libmls alone; prints TAP.
// WEIBEL_SEED draws the same groups again (a failure names it), INTEROP_STEPS makes a run longer, INTEROP_MEMBERS sets the
// size of the large group.

import { Group } from "./group.mjs";
import { Libmls } from "./libmls.mjs";
import { operations } from "./operations.mjs";
import { Random } from "./random.mjs";

const program = process.argv[2];
const seed = BigInt(process.env.WEIBEL_SEED ?? Math.floor(Math.random() * 2 ** 48));
const steps = Number(process.env.INTEROP_STEPS ?? 70);
const large = Number(process.env.INTEROP_MEMBERS ?? 1000);
const BATCH = 50; // members that one commit of the large group adds
const LIVE = 10; // members of the large group that take part; the others have not fetched their Welcome yet
let tests = 0;
let failed = false;

async function test(title, libraries, size, run) {
  tests++;
  const group = new Group(new Random(seed), libraries, size);
  const started = Date.now();
  try {
    await run(group);
    const codes = await Promise.all(libraries.map((library) => library.end()));
    if (codes.some((code) => code !== 0)) throw new Error(`mls-interop ended with ${codes}`);
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    console.log(`ok ${tests} - ${[title, group.summary(), `${seconds} s`].filter(Boolean).join(", ")}`);
  } catch (error) {
    failed = true;
    console.log(`not ok ${tests} - ${title} (WEIBEL_SEED=${seed}, epoch ${group.epoch}): ${error.message}`);
    console.log(String(error.stack).replace(/^/gm, "# "));
    await Promise.all(libraries.map((library) => library.end()));
  }
}

const randomSteps = (count, nextSuite) => async (group) => {
  await group.found();
  for (let i = 0; i < count; i++) await group.step();
  if (group.absent.length !== 0) return; // re-initialisation wants everybody
  await group.branch();
  await group.reinit(nextSuite);
};

// Grows by large commits; in between, those who are there do random things.
async function growLarge(group) {
  await group.found();
  while (group.population < large) {
    const committer = group.random.pick(group.members);
    const plan = await group.plan(committer, Math.min(BATCH, large - group.population), 0);
    const room = Math.max(LIVE - group.members.length, 1);
    await group.commit(committer, plan, true, (newcomers) => group.random.shuffled(newcomers).slice(0, room));
    await group.everybodyWrites();
    group.size = group.members.length + 1; // who comes in a random step is there, too
    await group.step();
  }
}

// The provider with all suites, but for the suite that libsodium has.
const libmls = (suite) => new Libmls(program, suite, suite === 3 ? "sodium" : "openssl");

console.log(`# WEIBEL_SEED=${seed}`);
let Tsmls;
try {
  ({ Tsmls } = await import("./tsmls.mjs"));
} catch (error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
}
// ts-mls writes signature keys of NIST curves in compressed form, which RFC 9420, 5.1.1 does not have.
for (const suite of [1, 3]) {
  const title = `libmls and ts-mls in one group, suite ${suite}`;
  if (Tsmls) {
    await test(title, [libmls(suite), await Tsmls.open(suite)], 10, randomSteps(steps, 3)); // the suite that each provider has
  } else {
    console.log(`ok ${++tests} - ${title} # SKIP ts-mls is not installed`);
  }
}
for (const suite of [2, 4, 5, 6, 7]) {
  await test(`libmls alone, suite ${suite}`, [libmls(suite)], 10, randomSteps(Math.ceil(steps / 4), suite === 7 ? 1 : suite + 1));
}
for (const suite of [1, 2, 3, 4, 5, 6, 7]) {
  const library = new Libmls(program, suite, "openssl");
  await test(`libmls, all operations, suite ${suite}`, [library], 0, () => operations(library, suite));
}
await test(`libmls alone to ${large} members, suite 3`, [libmls(3)], large, growLarge);
console.log(`1..${tests}`);
process.exitCode = failed ? 1 : 0;
