// SPDX-License-Identifier: EUPL-1.2
// The five functions of WASI that the core's module needs: time and randomness. There are no files.

const SUCCESS = 0;
const BAD_DESCRIPTOR = 8;
const RANDOM_AT_ONCE = 65536; // bytes that getRandomValues() gives in one call

/** The imports of a module; `memory` gives its memory, once there is one. */
export function wasi(memory: () => WebAssembly.Memory): WebAssembly.ModuleImports {
  return {
    clock_time_get(_clock: number, _precision: bigint, out: number): number {
      new DataView(memory().buffer).setBigUint64(out, BigInt(Date.now()) * 1_000_000n, true);
      return SUCCESS;
    },
    random_get(out: number, length: number): number {
      for (let at = 0; at < length; at += RANDOM_AT_ONCE) {
        crypto.getRandomValues(new Uint8Array(memory().buffer as ArrayBuffer, out + at, Math.min(RANDOM_AT_ONCE, length - at)));
      }
      return SUCCESS;
    },
    fd_write: () => BAD_DESCRIPTOR,
    fd_seek: () => BAD_DESCRIPTOR,
    fd_close: () => BAD_DESCRIPTOR,
  };
}
