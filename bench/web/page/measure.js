// SPDX-License-Identifier: EUPL-1.2
// The same life of a group with each library: milliseconds of each operation, in the middle of several.

const SUITE = 3;
const REPEATS = 15;

export async function measure(library, members) {
  const { name, open } = await import(library);
  const times = {};
  const timed = async (operation, run) => {
    const begin = performance.now();
    const result = await run();
    (times[operation] ??= []).push(performance.now() - begin);
    return result;
  };
  const mls = await timed("load", () => open(SUITE));
  const clients = [];
  for (let i = 0; i < members; i++) {
    clients.push(await timed("key_package", () => mls.client()));
  }
  const [first, second] = clients;
  await timed("create", () => mls.create(first));
  const added = await timed("add_all", () =>
    mls.add(
      first,
      clients.slice(1, -1).map(({ keyPackage }) => keyPackage),
    ),
  );
  await timed("join", () => mls.join(second, added.welcome));
  const last = await timed("add_one", () => mls.add(first, [clients.at(-1).keyPackage]));
  await timed("process_add", () => mls.process(second, last.message));
  await timed("join", () => mls.join(clients.at(-1), last.welcome));
  for (let i = 0; i < REPEATS; i++) {
    const { message } = await timed("update", () => mls.update(first));
    await timed("process_update", () => mls.process(second, message));
  }
  const text = new Uint8Array(1024).fill(7);
  for (let i = 0; i < 4 * REPEATS; i++) {
    const message = await timed("encrypt", () => mls.encrypt(first, text));
    const plain = await timed("decrypt", () => mls.decrypt(second, message));
    if (plain.length !== text.length || plain.some((byte) => byte !== 7)) {
      throw new Error("it was decrypted wrongly");
    }
  }
  const median = (all) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)];
  return { library: name, members, ms: Object.fromEntries(Object.entries(times).map(([operation, all]) => [operation, Number(median(all).toFixed(3))])) };
}
