// SPDX-License-Identifier: EUPL-1.2
// libmls in WebAssembly, by the operations that the benchmark measures.
export const name = "libmls";

const wasi = (memory) => ({
  clock_time_get(_clock, _precision, out) {
    new DataView(memory().buffer).setBigUint64(out, BigInt(Date.now()) * 1_000_000n, true);
    return 0;
  },
  random_get(out, length) {
    crypto.getRandomValues(new Uint8Array(memory().buffer, out, length));
    return 0;
  },
  fd_write: () => 8,
  fd_seek: () => 8,
  fd_close: () => 8,
  proc_exit() {
    throw new Error("the module has ended");
  },
});

export async function open(suite) {
  let calls;
  const { instance } = await WebAssembly.instantiateStreaming(fetch("mls-flat.wasm"), {
    wasi_snapshot_preview1: wasi(() => calls.memory),
  });
  calls = instance.exports;
  calls._initialize();
  const bench = calls.bench_make();
  let count = 0;

  const copy = (at, length) => new Uint8Array(calls.memory.buffer, at, length).slice();
  const out = (length) => {
    if (length < 0) throw new Error("libmls has failed");
    return copy(calls.bench_out(bench), length);
  };
  const within = (bytes, use) => {
    const at = calls.bench_take(Math.max(bytes.length, 1));
    new Uint8Array(calls.memory.buffer).set(bytes, at);
    try {
      return use(at, bytes.length);
    } finally {
      calls.bench_give(at);
    }
  };

  const commit = (index, packages) => {
    const all = new Uint8Array(packages.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const one of packages) {
      all.set(one, at);
      at += one.length;
    }
    const lengths = new Uint8Array(Uint32Array.from(packages, ({ length }) => length).buffer);
    const message = within(all, (from) => within(lengths, (lens) => out(calls.bench_commit(bench, index, from, lens, packages.length))));
    return { message, welcome: copy(calls.bench_more(bench), calls.bench_more_len(bench)) };
  };

  return {
    client() {
      const index = count++;
      return { index, keyPackage: out(calls.bench_client(bench, index, suite)) };
    },
    create: ({ index }) => void out(calls.bench_create(bench, index, suite)),
    add: ({ index }, packages) => commit(index, packages),
    update: ({ index }) => commit(index, []),
    join: ({ index }, welcome) => void within(welcome, (at, length) => out(calls.bench_join(bench, index, at, length))),
    encrypt: ({ index }, text) => within(text, (at, length) => out(calls.bench_encrypt(bench, index, at, length))),
    decrypt: ({ index }, message) => within(message, (at, length) => out(calls.bench_process(bench, index, at, length))),
    process: ({ index }, message) => void within(message, (at, length) => out(calls.bench_process(bench, index, at, length))),
  };
}
