// SPDX-License-Identifier: EUPL-1.2
// Locks when nobody has touched any tab for a while.

const LOOK_EVERY = 5_000;
const CHANNEL = "weibel-idle";
const SAY_EVERY = 2_000;

export function watchIdle(minutes: number, lock: () => void): (() => void) | undefined {
  if (minutes === 0) {
    return undefined;
  }
  let touched = Date.now();
  let said = 0;
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = () => (touched = Date.now());
  // By the clock, not by a timer: a machine that slept is locked when it wakes, whatever wakes it.
  const over = (): boolean => Date.now() - touched > minutes * 60_000;
  const look = (): void => {
    if (over()) {
      lock();
    }
  };
  const touch = (): void => {
    if (over()) {
      lock();
      return;
    }
    touched = Date.now();
    if (touched - said > SAY_EVERY) {
      said = touched;
      channel.postMessage(null);
    }
  };
  const kinds = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;
  for (const kind of kinds) {
    addEventListener(kind, touch, { passive: true });
  }
  document.addEventListener("visibilitychange", look);
  const timer = setInterval(look, LOOK_EVERY);
  return () => {
    clearInterval(timer);
    channel.close();
    document.removeEventListener("visibilitychange", look);
    for (const kind of kinds) {
      removeEventListener(kind, touch);
    }
  };
}
