// SPDX-License-Identifier: EUPL-1.2
// What opens the menu of something in a list: the right button, the keyboard's key for it, and a long press, which not
// every system turns into an event of its own.

const LONG_PRESS = 450; // milliseconds
const TREMBLES = 10; // pixels: a finger that rests does, one that scrolls goes further
const CLICK_FOLLOWS = 300; // milliseconds after the finger went up

export interface Point {
  x: number;
  y: number;
}

/** Where the menu of a pressed button belongs, or of what has the focus: below it. */
export function placeOf(event: MouseEvent, element: Element): Point {
  const { left, bottom } = element.getBoundingClientRect();
  return event.clientX === 0 && event.clientY === 0 ? { x: left, y: bottom } : { x: event.clientX, y: event.clientY };
}

/** For the list: `open` is called with which of the elements in it, that `selector` names, was pressed, and where. */
export function longPress(selector: string, open: (element: HTMLElement, at: Point) => void): (list: HTMLElement) => () => void {
  return (list) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let from: Point = { x: 0, y: 0 };
    let touched = false;
    let opened = false; // by the finger that is down: what else comes of it counts no more
    const pressed = (event: Event): HTMLElement | null => (event.target as Element).closest<HTMLElement>(selector);

    function openBy(element: HTMLElement, at: Point): void {
      clearTimeout(timer);
      opened = touched;
      open(element, at);
    }
    function down(event: PointerEvent): void {
      const element = pressed(event);
      clearTimeout(timer);
      opened = false;
      touched = event.pointerType === "touch";
      from = { x: event.clientX, y: event.clientY };
      if (touched && event.isPrimary && element !== null) {
        timer = setTimeout(() => openBy(element, from), LONG_PRESS);
      }
    }
    function move(event: PointerEvent): void {
      if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > TREMBLES) {
        clearTimeout(timer);
      }
    }
    function up(): void {
      clearTimeout(timer);
      setTimeout(() => (opened = touched = false), CLICK_FOLLOWS);
    }
    function menu(event: MouseEvent): void {
      const element = pressed(event);
      if (element !== null) {
        event.preventDefault();
        if (!opened) {
          openBy(element, placeOf(event, element));
        }
      }
    }
    function click(event: MouseEvent): void {
      if (opened) {
        event.preventDefault();
        event.stopPropagation();
        opened = false;
      }
    }

    const events = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: up, contextmenu: menu };
    for (const [name, listener] of Object.entries(events)) {
      list.addEventListener(name, listener as EventListener);
    }
    addEventListener("click", click, { capture: true });
    return () => {
      clearTimeout(timer);
      for (const [name, listener] of Object.entries(events)) {
        list.removeEventListener(name, listener as EventListener);
      }
      removeEventListener("click", click, { capture: true });
    };
  };
}
