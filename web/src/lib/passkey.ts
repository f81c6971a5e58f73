// SPDX-License-Identifier: EUPL-1.2
// A key from the device's key store (WebAuthn, extension prf): what it gives for the salt is the same each time, and comes
// only when the device has made sure of its person. No server is asked, so the challenge and the signature are for nothing.
import { toBase64 } from "./describe";

const STORED = "weibel-passkey";
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

/** Whether the home's key is one of a passkey, as far as this browser knows. */
export function hasPasskey(): boolean {
  return localStorage.getItem(STORED) !== null;
}

/** Makes one, and gives its key in base64. */
export async function makePasskey(): Promise<string> {
  const made = await ask(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { name: "Weibel" },
        user: { id: random(), name: `Weibel, ${location.host}`, displayName: "Weibel" },
        challenge: random(),
        pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        extensions: { prf: { eval: { first: SALT } } },
      },
    }),
  );
  const prf = made.getClientExtensionResults().prf;
  if (prf?.enabled !== true) {
    throw new PasskeyFailed();
  }
  localStorage.setItem(STORED, toBase64(new Uint8Array(made.rawId)));
  // Some give the key only when they are asked again.
  return prf.results === undefined ? askPasskey() : keyOf(prf.results.first);
}

/** Its key once more. */
export async function askPasskey(): Promise<string> {
  const known = localStorage.getItem(STORED);
  const given = await ask(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: random(),
        userVerification: "required",
        allowCredentials:
          known === null ? [] : [{ type: "public-key", id: Uint8Array.from(atob(known), (letter) => letter.charCodeAt(0)) }],
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
export function forgetPasskey(): void {
  const known = localStorage.getItem(STORED);
  localStorage.removeItem(STORED);
  const store = (typeof PublicKeyCredential === "undefined" ? {} : PublicKeyCredential) as {
    signalUnknownCredential?(about: { rpId: string; credentialId: string }): Promise<void>;
  };
  if (known !== null) {
    const credentialId = known.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    void store.signalUnknownCredential?.({ rpId: location.hostname, credentialId }).catch(() => {});
  }
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
