// SPDX-License-Identifier: EUPL-1.2
// One line, for what went wrong or was done; it goes by itself. What was done can be taken back there, if it has an action.
import { errorWords } from "../i18n/index.svelte";

const SHOWN_FOR = 6000;

interface Action {
  label: string;
  run: () => void;
}

class Toast {
  text: string | null = $state(null);
  action: Action | null = $state.raw(null);
  /** Grows with each that is shown, with the same words too. */
  count = $state(0);
  private shown = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  show(text: string, action: Action | null = null, lasts = SHOWN_FOR): void {
    this.text = text;
    this.action = action;
    this.count = ++this.shown;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.hide(), lasts);
  }

  act(): void {
    this.action?.run();
    this.hide();
  }

  private hide(): void {
    this.text = null;
    this.action = null;
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
