// SPDX-License-Identifier: EUPL-1.2
// The home of a device that is being set up. What comes after it is made may fail: it is tried again then, with another
// passphrase perhaps.
import { app } from "./app.svelte";

type Means = { passphrase: string } | { key: string };

let made: Means | null = null;

/** Makes it, or has this open the one that an attempt before has made. */
export async function makeHome(means: Means): Promise<void> {
  const { state } = await app.rpc.call("status", {});
  if (state === "new") {
    await app.rpc.call("create", means);
  } else if (state === "open" && made !== null) {
    await app.rpc.call("passphrase", {
      ...("key" in made ? { old_key: made.key } : { old: made.passphrase }),
      ...("key" in means ? { new_key: means.key } : { new: means.passphrase }),
    });
  } else {
    await app.rpc.call("unlock", means);
  }
  made = means;
}

/** It is set up: what opens it is not needed any more. */
export function homeIsMade(): void {
  made = null;
}
