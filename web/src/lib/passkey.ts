// SPDX-License-Identifier: EUPL-1.2
// A key from the device's key store (WebAuthn, extension prf): what it gives for the salt is the same each time, and comes
// only when the device has made sure of its person. No server is asked, so the challenge and the signature are for nothing.
import { fromBase64, toBase64 } from "./describe";
import { knownKeys, rememberKey } from "./keys";

const SALT = new TextEncoder().encode("weibel vault key, version 1");
const KEY = 32; // bytes

/** The key store gives no keys, or the person has refused. */
export class PasskeyFailed extends Error {
  override readonly name = "passkey";
}

/** Where a page is known by a number only there are no passkeys. */
const NUMBERED = /^(\d+\.){3}\d+$|^\[/;

export async function offersPasskeys(): Promise<boolean> {
  if (typeof PublicKeyCredential === "undefined" || NUMBERED.test(location.hostname)) {
    return false;
  }
  try {
    const about = (await PublicKeyCredential.getClientCapabilities?.()) as Record<string, boolean> | undefined;
    return about?.["extension:prf"] !== false && (await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable());
  } catch {
    return false;
  }
}

function credentials(): string[] {
  return knownKeys().flatMap(({ credential }) => credential ?? []);
}

/** Whether a passkey opens the home, or is to, as far as this browser knows. */
export function hasPasskey(): boolean {
  return credentials().length > 0;
}

function described(credential: string): PublicKeyCredentialDescriptor {
  return { type: "public-key", id: fromBase64(credential) };
}

/** Makes one in a key store that has none of this home yet, and gives its key in base64. */
export async function newPasskey(): Promise<string> {
  // One that was made before, and came to nothing.
  const pending = knownKeys().find(({ name, credential }) => name === null && credential !== undefined);
  if (pending !== undefined) {
    return askPasskey([pending.credential!]);
  }
  const made = await ask(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { name: "Weibel" },
        user: { id: random(), name: `Weibel, ${location.host}`, displayName: "Weibel" },
        challenge: random(),
        pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),
        excludeCredentials: credentials().map(described),
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        extensions: { prf: { eval: { first: SALT } } },
      },
    }),
  );
  const prf = made.getClientExtensionResults().prf;
  if (prf?.enabled !== true) {
    throw new PasskeyFailed();
  }
  const credential = toBase64(new Uint8Array(made.rawId));
  rememberKey({ kind: "passkey", credential });
  // Some give the key only when they are asked again.
  return prf.results === undefined ? askPasskey([credential]) : keyOf(prf.results.first);
}

/** The key of one of them once more. */
export async function askPasskey(known = credentials()): Promise<string> {
  const given = await ask(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: random(),
        userVerification: "required",
        allowCredentials: known.map(described),
        extensions: { prf: { eval: { first: SALT } } },
      },
    }),
  );
  const results = given.getClientExtensionResults().prf?.results;
  if (results === undefined) {
    throw new PasskeyFailed();
  }
  return keyOf(results.first);
}

/** It opens nothing any more: where the key store can be told, it forgets it too. */
export function forgetPasskey(credential: string): void {
  const store = (typeof PublicKeyCredential === "undefined" ? {} : PublicKeyCredential) as {
    signalUnknownCredential?(about: { rpId: string; credentialId: string }): Promise<void>;
  };
  const credentialId = credential.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  void store.signalUnknownCredential?.({ rpId: location.hostname, credentialId }).catch(() => {});
}

function random(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(32));
}

async function ask(how: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  let credential: Credential | null = null;
  try {
    credential = await how();
  } catch {
    // Refused, not possible here, or too late: what it was, nobody is told.
  }
  if (!(credential instanceof PublicKeyCredential)) {
    throw new PasskeyFailed();
  }
  return credential;
}

function keyOf(given: BufferSource): string {
  const bytes = ArrayBuffer.isView(given) ? new Uint8Array(given.buffer, given.byteOffset, given.byteLength) : new Uint8Array(given);
  if (bytes.length !== KEY) {
    throw new PasskeyFailed();
  }
  const key = toBase64(bytes);
  bytes.fill(0);
  return key;
}
