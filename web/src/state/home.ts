// SPDX-License-Identifier: EUPL-1.2
// The home of a device that is being set up. What comes after it is made may fail, or be interrupted: it is tried again
// then, with another passphrase perhaps, or all of it is deleted and begun anew.
import { settleKeys } from "../lib/keys";
import { app } from "./app.svelte";

type Means = { passphrase: string } | { key: string };

const BEGUN = "weibel-begun";

let made: Means | null = null;

/** Makes it, or has this open the one that an attempt before has made. Null: it is open, and stays as it is. */
export async function makeHome(means: Means | null): Promise<void> {
  if (means === null) {
    return;
  }
  const { state } = await app.rpc.call("status", {});
  if (state === "new") {
    mark(true);
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

/** One that was begun before is open: it goes on without asking again. */
export function homeIsOpened(means: Means): void {
  made = means;
}

/** Whether what opens the home has been given. */
export function homeIsOpen(): boolean {
  return made !== null;
}

/** It is set up: what opens it is not needed any more. */
export function homeIsMade(): void {
  made = null;
  mark(false);
}

/** Whether one lies here that was not set up to the end, as far as this browser knows. */
export function homeIsBegun(): boolean {
  try {
    return localStorage.getItem(BEGUN) !== null;
  } catch {
    return false;
  }
}

/** Nothing of it stays in this browser. */
export function deleteHome(): void {
  homeIsMade();
  settleKeys([]);
  void navigator.serviceWorker
    ?.getRegistration()
    .then((registration) => registration?.pushManager?.getSubscription())
    .then((subscription) => subscription?.unsubscribe())
    .catch(() => {});
  app.rpc.erase();
}

function mark(begun: boolean): void {
  try {
    if (begun) {
      localStorage.setItem(BEGUN, "1");
    } else {
      localStorage.removeItem(BEGUN);
    }
  } catch {
    // Then an interrupted one looks like any that is locked.
  }
}
