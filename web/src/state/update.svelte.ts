// SPDX-License-Identifier: EUPL-1.2
// The service worker, and the moment when a new version of the client waits.
import { registerServiceWorker } from "../trusted";

class Update {
  waiting = $state(false);
  private registration: ServiceWorkerRegistration | null = null;

  async watch(): Promise<void> {
    const registration = await registerServiceWorker();
    this.registration = registration;
    const look = (): void => {
      // The first one takes its place without a word.
      this.waiting = registration.waiting !== null && navigator.serviceWorker.controller !== null;
    };
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", look);
    });
    look();
  }

  apply(): void {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    this.registration?.waiting?.postMessage("activate");
  }
}

export const update = new Update();
