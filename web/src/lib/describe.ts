// SPDX-License-Identifier: EUPL-1.2
// What is said of a file beside it: for a picture its size, and a small form of it that is there at once.
import type { OutgoingFile } from "../rpc";
import { isPicture } from "../state/files";

const SIDE = 320; // pixels of the longer side
const MOST = 16_384; // bytes in base64, of the thumbnail
const QUALITIES = [0.7, 0.5, 0.3];
const LARGEST = 40 << 20; // bytes of a picture that is decoded for it

export type About = Pick<OutgoingFile, "kind" | "width" | "height" | "thumbnail" | "thumbnail_type">;

/** How the pictures begin that the core can bare (weibel_picture_is()). */
const BARED = [/^\xff\xd8\xff/u, /^\x89PNG\r\n\x1a\n/u, /^RIFF.{4}WEBP/su, /^GIF8[79]a/u, /^.{4}ftyp(?:hei[cmsx]|hev[cx]|avi[fs]|m[is]f1)/su];
const HEAD = 12; // bytes

/** Whether it is a picture that can go without what it says beside itself: by its content, whatever it is called. */
export async function canBeBared(file: File): Promise<boolean> {
  try {
    const head = String.fromCharCode(...new Uint8Array(await file.slice(0, HEAD).arrayBuffer()));
    return BARED.some((begin) => begin.test(head));
  } catch {
    return true; // it can't be read now; if it can be later, it may be one
  }
}

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
