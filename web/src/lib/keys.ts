// SPDX-License-Identifier: EUPL-1.2
// What this browser remembers of the keys that open its home: what kind each is of, and what a person calls it. The keys
// themselves are in the device's key store, or in files. The core knows each key by a name that it has drawn.

export interface KnownKey {
  /** The core's name, once it has said it. */
  name: string | null;
  kind: "passkey" | "file";
  /** Of a file. */
  file?: string;
  /** Of a passkey, in base64. */
  credential?: string;
  added: number; // milliseconds since 1970
}

const STORED = "weibel-keys";

function write(keys: KnownKey[]): void {
  try {
    if (keys.length === 0) {
      localStorage.removeItem(STORED);
    } else {
      localStorage.setItem(STORED, JSON.stringify(keys));
    }
  } catch {
    // Then the keys stand without what they are called.
  }
}

export function knownKeys(): KnownKey[] {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? "[]") as KnownKey[];
  } catch {
    return [];
  }
}

/** Of a key that is about to open the home. */
export function rememberKey(key: Pick<KnownKey, "kind" | "file" | "credential">): void {
  // One that came to nothing is forgotten; but a passkey lies in the key store, and is taken the next time.
  write([...knownKeys().filter((known) => known.name !== null || known.kind === "passkey"), { name: null, added: Date.now(), ...key }]);
}

/** `names`: of all keys that open the home, the newest last. Those that are gone are forgotten, and given back. */
export function settleKeys(names: string[]): KnownKey[] {
  const known = knownKeys();
  const unnamed = names.filter((name) => !known.some((key) => key.name === name));
  for (const key of known.filter(({ name }) => name === null).reverse()) {
    key.name = unnamed.pop() ?? null;
  }
  const gone = known.filter(({ name }) => name !== null && !names.includes(name));
  write(known.filter((key) => !gone.includes(key)));
  return gone;
}
