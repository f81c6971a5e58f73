// SPDX-License-Identifier: EUPL-1.2
// Files of messages: fetched into the origin's private files, shown from there, and forgotten when the tab is locked.
import { RpcError, type FileInfo, type Message, type TransferEvent } from "../rpc";
import { app } from "./app.svelte";

const MOST_IMAGES = 60; // that are kept at hand
/** Pictures up to this size are shown without being asked for. */
export const SHOWN_AT_ONCE = 8 << 20;

/** Kinds of pictures that browsers draw and that hold no program (an SVG may). */
const DRAWN = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];

export function isPicture(type: string): boolean {
  return DRAWN.includes(type);
}

interface Waiting {
  resolve(): void;
  reject(error: RpcError): void;
  progress?: ((done: number, size: number) => void) | undefined;
}

const waiting = new Map<number, Waiting>();
const early = new Map<number, TransferEvent>();
const images = new Map<string, Promise<string>>();

app.rpc.on("transfer", (event) => {
  if (event.kind !== "upload") {
    const who = waiting.get(event.transfer);
    if (who === undefined) {
      early.set(event.transfer, event);
    } else {
      settle(who, event);
    }
  }
});
app.rpc.on("locked", forgetAll);
app.rpc.on("failed", forgetAll);
app.rpc.on("ready", () => {
  // Downloads go on under the new core, but nobody hears their end here.
  for (const [transfer, who] of waiting) {
    waiting.delete(transfer);
    who.reject(new RpcError({ code: 2, message: "interrupted", data: { name: "interrupted" } }));
  }
});

function settle(who: Waiting, event: TransferEvent): void {
  if (event.state === "running") {
    who.progress?.(event.done, event.size);
    return;
  }
  waiting.delete(event.transfer);
  if (event.state === "done") {
    who.resolve();
  } else {
    who.reject(new RpcError(event.error ?? { code: 5, message: "", data: { name: "file" } }));
  }
}

function forgetAll(): void {
  for (const image of images.values()) {
    void image.then(URL.revokeObjectURL).catch(() => {});
  }
  images.clear();
  waiting.clear();
  early.clear();
}

async function fetched(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle("fetched", { create: true });
}

/** Fetches a file of a message. It lies on the disk: its size doesn't matter for memory. */
export async function fetchFile(message: Message, index: number, progress?: Waiting["progress"]): Promise<File> {
  const path = `${message.id}-${index}-${crypto.randomUUID().slice(0, 8)}`;
  const { transfer } = await app.rpc.call("save", { message: message.id, file: index, path });
  return arrived(transfer, path, progress);
}

/** A backup, written and whole. */
export async function makeBackup(passphrase: string, history: boolean): Promise<File> {
  const path = `backup-${crypto.randomUUID().slice(0, 8)}`;
  const { transfer } = await app.rpc.call("backup", { path, passphrase, history });
  return arrived(transfer, path);
}

async function arrived(transfer: number, path: string, progress?: Waiting["progress"]): Promise<File> {
  await new Promise<void>((resolve, reject) => {
    const who: Waiting = { resolve, reject, progress };
    waiting.set(transfer, who);
    const event = early.get(transfer);
    if (event !== undefined) {
      early.delete(transfer);
      settle(who, event);
    }
  });
  return (await (await fetched()).getFileHandle(path)).getFile();
}

const HEARD = ["audio/webm", "audio/ogg", "audio/mp4", "audio/mpeg", "audio/aac", "audio/wav"];

/** True for a voice message that browsers can play. */
export function isVoice(file: FileInfo): boolean {
  return file.kind === "voice" && HEARD.includes(file.type) && file.size <= SHOWN_AT_ONCE;
}

/** An address that shows the picture or plays the voice, in this tab and until it is locked. */
export function mediaUrl(message: Message, index: number): Promise<string> {
  const key = `${message.id}:${index}`;
  const known = images.get(key);
  if (known !== undefined) {
    return known;
  }
  const made = (async () => {
    const file = await fetchFile(message, index);
    // In memory from now on: nothing readable is left on the disk.
    const picture = new Blob([await file.arrayBuffer()], { type: message.files[index]!.type });
    await (await fetched()).removeEntry(file.name).catch(() => {});
    return URL.createObjectURL(picture);
  })();
  images.set(key, made);
  made.catch(() => images.delete(key));
  if (images.size > MOST_IMAGES) {
    const [oldest, url] = images.entries().next().value!;
    images.delete(oldest);
    void url.then(URL.revokeObjectURL).catch(() => {});
  }
  return made;
}

/** A name that another one chose, made harmless for this machine's folders. */
export function safeName(name: string): string {
  const safe = name
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029/\\:*?"<>|]/gu, "_")
    .replace(/^[.\s]+|[.\s]+$/g, "")
    .slice(0, 200);
  return safe === "" ? "file" : safe;
}

/** Hands the file to the browser's downloads, as a kind that is never opened in the page. */
export function saveAs(file: File, name: string): void {
  const url = URL.createObjectURL(file.slice(0, file.size, "application/octet-stream"));
  const link = document.createElement("a");
  link.href = url;
  link.download = safeName(name);
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
