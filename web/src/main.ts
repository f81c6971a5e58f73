// SPDX-License-Identifier: EUPL-1.2
import { mount } from "svelte";
import "./styles/base.css";
import { learn } from "./i18n/index.svelte";
import { app } from "./state/app.svelte";
import { preferences } from "./state/preferences.svelte";
import { update } from "./state/update.svelte";
import App from "./ui/App.svelte";

const needed = ["locks", "storage", "serviceWorker"] as const;
if (!needed.every((name) => name in navigator) || typeof WebAssembly === "undefined") {
  app.failure = { code: "unsupported", words: "" };
  app.phase = "failed";
} else {
  void update.watch().catch(() => {});
}
void learn(preferences.language).then(() => mount(App, { target: document.getElementById("app")! }));
