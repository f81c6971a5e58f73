// SPDX-License-Identifier: EUPL-1.2
// The folder of fetched files in the origin's private file system: what lies there whole is readable, so it goes soon.

const AGAIN_AFTER = 500; // milliseconds: the worker may have the file open still

export async function fetched(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle("fetched", { create: true });
}

export async function discard(name: string): Promise<void> {
  try {
    const folder = await fetched();
    await folder.removeEntry(name).catch(async (error: unknown) => {
      if (!(error instanceof DOMException && error.name === "NotFoundError")) {
        await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER));
        await folder.removeEntry(name);
      }
    });
  } catch {
    // The tab is going, perhaps. The next core clears all of them away.
  }
}
