// SPDX-License-Identifier: EUPL-1.2
// What lies above a view, a dialog or a menu, is a step in the browser's history: going back takes it away, and not the view.

const ABOVE = "above";
const open: (() => void)[] = [];
let here = place();

function place(): { above: boolean; hash: string } {
  return { above: history.state === ABOVE, hash: location.hash };
}

/** Called when it is shown; `close` when somebody goes back. Returns what to call when it is gone. */
export function above(close: () => void): () => void {
  if (history.state !== ABOVE) {
    history.pushState(ABOVE, "");
    here = place();
  }
  open.push(close);
  return () => {
    const at = open.indexOf(close);
    if (at >= 0) {
      open.splice(at, 1);
    }
  };
}

addEventListener("popstate", () => {
  const left = here;
  here = place();
  if (open.length > 0) {
    for (const close of left.hash === here.hash ? open.splice(-1) : open.splice(0).reverse()) {
      close();
    }
    if (open.length > 0) {
      history.pushState(ABOVE, "");
      here = place();
    }
  } else if (left.above && !here.above && left.hash === here.hash) {
    setTimeout(() => history.back()); // it was closed long since, its step leads nowhere; a step inside a step may be lost
  }
});
