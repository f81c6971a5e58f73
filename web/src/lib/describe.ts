// SPDX-License-Identifier: EUPL-1.2
// What is said of a file beside it: for a picture its size, and a small form of it that is there at once.
import type { OutgoingFile } from "../rpc";
import { isPicture } from "../state/files";

const SIDE = 320; // pixels of the longer side
const MOST = 16_384; // bytes in base64, of the thumbnail
const QUALITIES = [0.7, 0.5, 0.3];
const LARGEST = 40 << 20; // bytes of a picture that is decoded for it

export type About = Pick<OutgoingFile, "kind" | "width" | "height" | "thumbnail" | "thumbnail_type">;

export async function describe(file: File): Promise<About> {
  if (!isPicture(file.type) || file.size > LARGEST) {
    return {};
  }
  try {
    const picture = await createImageBitmap(file);
    const { width, height } = picture;
    const scale = Math.min(1, SIDE / Math.max(width, height));
    const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
    canvas.getContext("2d")!.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    for (const quality of QUALITIES) {
      const small = await canvas.convertToBlob({ type: "image/webp", quality });
      const thumbnail = toBase64(new Uint8Array(await small.arrayBuffer()));
      if (thumbnail.length <= MOST && (small.type === "image/webp" || small.type === "image/png")) {
        return { kind: "image", width, height, thumbnail, thumbnail_type: small.type };
      }
    }
    return { kind: "image", width, height };
  } catch {
    return {}; // it says that it is a picture, and is none
  }
}

export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) {
    binary += String.fromCharCode(byte);
  }
  return btoa(binary);
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
