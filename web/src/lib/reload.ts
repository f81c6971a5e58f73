// SPDX-License-Identifier: EUPL-1.2
import { t } from "../i18n/index.svelte";
import { toast } from "../state/toast.svelte";

/** Loads the page anew; if the server is there, or the service worker has it: else there would be nothing but an error. */
export async function reload(): Promise<void> {
  try {
    if (navigator.serviceWorker?.controller == null) {
      await fetch("/", { cache: "no-store" });
    }
    location.reload();
  } catch {
    toast.show(t().later);
  }
}
