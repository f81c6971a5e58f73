// SPDX-License-Identifier: EUPL-1.2
// Argon2id in a worker of its own, which ends with it: its 64 MiB would otherwise stay until somebody collects them. The
// core wants it at once, so its worker waits here; the page, which never waits, starts the other one.
import type { Bytes } from "./module";

/** What is to be stretched, and how; its bytes lie in `shared`. */
export interface StretchWork {
  module: WebAssembly.Module;
  shared: SharedArrayBuffer;
  outLength: number;
  passphraseLength: number;
  passes: number;
  memory: number; // bytes
}

export const SALT = 16; // bytes
const HEAD = 4;
/** A page that has not begun by then is frozen, or cannot start a worker. */
const BEGINS_WITHIN = 4000; // milliseconds

const enum State {
  Asked,
  Begun,
  Done,
  Failed,
}

function parts({ shared, outLength, passphraseLength }: StretchWork): { state: Int32Array; out: Uint8Array; passphrase: Uint8Array; salt: Uint8Array } {
  const behind = HEAD + outLength + passphraseLength;
  return {
    state: new Int32Array(shared, 0, 1),
    out: new Uint8Array(shared, HEAD, outLength),
    passphrase: new Uint8Array(shared, HEAD + outLength, passphraseLength),
    salt: new Uint8Array(shared, behind, SALT),
  };
}

/** In the core's worker. Null: it could not be done elsewhere. */
export function stretchElsewhere(
  how: Omit<StretchWork, "shared" | "passphraseLength">,
  passphrase: Bytes,
  salt: Bytes,
  ask: (work: StretchWork) => void,
): Bytes | null {
  // WebKitGTK says that the page is isolated, and has no memory that is shared.
  if (!globalThis.crossOriginIsolated || typeof SharedArrayBuffer === "undefined") {
    return null;
  }
  const shared = new SharedArrayBuffer(HEAD + how.outLength + passphrase.length + SALT);
  const work = { ...how, shared, passphraseLength: passphrase.length };
  const inside = parts(work);
  inside.passphrase.set(passphrase);
  inside.salt.set(salt);
  ask(work);
  Atomics.wait(inside.state, 0, State.Asked, BEGINS_WITHIN);
  if (Atomics.compareExchange(inside.state, 0, State.Asked, State.Failed) === State.Begun) {
    Atomics.wait(inside.state, 0, State.Begun);
  }
  const done = Atomics.load(inside.state, 0) === State.Done;
  const out: Bytes | null = done ? inside.out.slice() : null;
  new Uint8Array(shared, HEAD).fill(0);
  return out;
}

/** In the worker that was started for it. */
export function carryOut(work: StretchWork, stretch: (passphrase: Bytes, salt: Bytes) => Bytes | null): void {
  const inside = parts(work);
  if (Atomics.compareExchange(inside.state, 0, State.Asked, State.Begun) !== State.Asked) {
    return; // given up
  }
  Atomics.notify(inside.state, 0);
  let out: Bytes | null = null;
  try {
    out = stretch(inside.passphrase.slice(), inside.salt.slice());
  } catch {
    // No memory for it.
  }
  if (out !== null) {
    inside.out.set(out);
    out.fill(0);
  }
  end(work, out === null ? State.Failed : State.Done);
}

/** In the page: nothing will come of it. */
export function giveUp(work: StretchWork): void {
  end(work, State.Failed);
}

function end(work: StretchWork, how: State): void {
  const { state } = parts(work);
  Atomics.store(state, 0, how);
  Atomics.notify(state, 0);
}
