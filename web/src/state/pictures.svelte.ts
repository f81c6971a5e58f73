// SPDX-License-Identifier: EUPL-1.2
// Pictures of groups, by the hash that changes with them.
import { SvelteMap } from "svelte/reactivity";
import { fromBase64 } from "../lib/describe";
import { isBearable, MOST_SMALL } from "../lib/pixels";
import type { Chat } from "../rpc";
import { app } from "./app.svelte";
import { isPicture } from "./files";

const SIDE = 192; // pixels
const MOST = 48 * 1024; // bytes

const known = new SvelteMap<string, string>();
const asked = new Set<string>();

app.rpc.on("locked", () => {
  for (const url of known.values()) {
    URL.revokeObjectURL(url);
  }
  known.clear();
  asked.clear();
});

/** The address of a group's picture, once it is there. */
export function pictureOf(chat: Chat | undefined): string | undefined {
  if (chat?.picture === undefined) {
    return undefined;
  }
  const key = `${chat.chat}:${chat.picture}`;
  if (!asked.has(key)) {
    asked.add(key);
    void app.rpc
      .call("chat.picture", { chat: chat.chat })
      .then(({ data, type }) => {
        const bytes = fromBase64(data);
        if (isPicture(type) && isBearable(bytes, MOST_SMALL)) {
          known.set(key, URL.createObjectURL(new Blob([bytes], { type })));
        }
      })
      .catch(() => asked.delete(key));
  }
  return known.get(key);
}

/** The middle of a picture, small enough for a group; null if it is none. */
export async function groupPicture(file: File): Promise<{ bytes: Uint8Array; type: string } | null> {
  try {
    const picture = await createImageBitmap(file);
    const side = Math.min(picture.width, picture.height);
    const canvas = new OffscreenCanvas(SIDE, SIDE);
    canvas
      .getContext("2d")!
      .drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, SIDE, SIDE);
    picture.close();
    for (const quality of [0.85, 0.6, 0.4]) {
      const small = await canvas.convertToBlob({ type: "image/jpeg", quality });
      if (small.size <= MOST) {
        return { bytes: new Uint8Array(await small.arrayBuffer()), type: small.type };
      }
    }
  } catch {
    // Not a picture.
  }
  return null;
}
