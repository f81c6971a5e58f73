// SPDX-License-Identifier: EUPL-1.2
// The page forbids scripts from strings (Trusted Types). The only addresses that count as a script are these.
import stretcherUrl from "./core/stretcher?worker&url";
import workerUrl from "./core/worker?worker&url";

const SCRIPTS: readonly string[] = [workerUrl, stretcherUrl, "/sw.js"];

interface Policies {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

function only(url: string): string {
  if (!SCRIPTS.includes(url)) {
    throw new TypeError("not a script of this client");
  }
  return url;
}

const policies = (globalThis as { trustedTypes?: Policies }).trustedTypes;
const policy = policies?.createPolicy("weibel", { createScriptURL: only }) ?? { createScriptURL: only };

export function startWorker(): Worker {
  return new Worker(policy.createScriptURL(workerUrl), { type: "module", name: "weibel" });
}

export function startStretcher(): Worker {
  return new Worker(policy.createScriptURL(stretcherUrl), { type: "module", name: "weibel-stretch" });
}

export function registerServiceWorker(): Promise<ServiceWorkerRegistration> {
  return navigator.serviceWorker.register(policy.createScriptURL("/sw.js"), { scope: "/" });
}
