// SPDX-License-Identifier: EUPL-1.2
// One line at the foot of the window, for what went wrong or was done; it goes by itself.
import { errorWords } from "../i18n/index.svelte";

const SHOWN_FOR = 6000;

class Toast {
  text: string | null = $state(null);
  private timer: ReturnType<typeof setTimeout> | undefined;

  show(text: string): void {
    this.text = text;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.text = null), SHOWN_FOR);
  }
}

export const toast = new Toast();

/** What comes of a call, or undefined and its error in words. */
export async function say<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    toast.show(errorWords(error));
    return undefined;
  }
}
