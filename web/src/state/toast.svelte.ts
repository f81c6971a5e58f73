// SPDX-License-Identifier: EUPL-1.2
// One line, for what went wrong or was done; it goes by itself. What was done can be taken back there, if it has an action.
import { errorWords, t } from "../i18n/index.svelte";

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
  /** Where it can stand: in the page, and in each dialog that is open. It stands in the last one. */
  places: object[] = $state.raw([]);
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
    const action = this.action;
    this.hide(); // before the action, which may have words of its own
    action?.run();
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

/** Into the clipboard, which some browsers keep to themselves. */
export async function copy(text: string, copied = (): void => toast.show(t().copied)): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    toast.show(t().notCopied);
    return;
  }
  copied();
}
