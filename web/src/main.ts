// SPDX-License-Identifier: EUPL-1.2
import { mount } from "svelte";
import "./styles/base.css";
import { app } from "./state/app.svelte";
import { update } from "./state/update.svelte";
import App from "./ui/App.svelte";

const needed = ["locks", "storage", "serviceWorker"] as const;
if (!needed.every((name) => name in navigator) || typeof WebAssembly === "undefined") {
  app.failure = { code: "unsupported", words: "" };
  app.phase = "failed";
} else {
  void update.watch().catch(() => {});
}
mount(App, { target: document.getElementById("app")! });
