// SPDX-License-Identifier: EUPL-1.2
// Key files: 32 random bytes, as the terminal client makes and reads them.
import { toBase64 } from "./describe";

const KEY = 32; // bytes

export class KeyFileFailed extends Error {
  override readonly name = "key_file";
}

/** The key in base64. */
export async function readKeyFile(file: File): Promise<string> {
  if (file.size !== KEY) {
    throw new KeyFileFailed();
  }
  return toBase64(new Uint8Array(await file.arrayBuffer()));
}

export function makeKeyFile(): { file: File; key: string } {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY));
  return { file: new File([bytes], "weibel.key", { type: "application/octet-stream" }), key: toBase64(bytes) };
}
