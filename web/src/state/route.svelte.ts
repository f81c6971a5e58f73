// SPDX-License-Identifier: EUPL-1.2
// Which view is open, as the address behind # says it: so the browser's own way back works.

export type Route =
  | { view: "list" }
  | { view: "chat"; chat: string }
  | { view: "details"; chat: string }
  | { view: "thread"; chat: string; id: string }
  | { view: "contact"; id: string }
  | { view: "new" }
  | { view: "new-group" }
  | { view: "settings" };

function read(): Route {
  const [, view, name, inside] = location.hash.split("/");
  const decoded = name === undefined ? "" : safely(name);
  switch (view) {
    case "chat":
      return { view, chat: decoded };
    case "details":
      return { view, chat: decoded };
    case "thread":
      return { view, chat: decoded, id: safely(inside ?? "") };
    case "contact":
      return { view, id: decoded };
    case "new":
    case "new-group":
    case "settings":
      return { view };
    default:
      return { view: "list" };
  }
}

function safely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function write(route: Route): string {
  const names = ["chat" in route ? route.chat : undefined, "id" in route ? route.id : undefined];
  const path = names.filter((name) => name !== undefined).map((name) => `/${encodeURIComponent(name)}`);
  return route.view === "list" ? "#/" : `#/${route.view}${path.join("")}`;
}

class Router {
  now: Route = $state(read());

  constructor() {
    addEventListener("hashchange", () => {
      this.now = read();
    });
  }

  go(route: Route): void {
    location.hash = write(route);
    this.now = read();
  }

  /** Without a step back: what was there is not to be returned to. */
  replace(route: Route): void {
    history.replaceState(null, "", write(route));
    this.now = route;
  }

  href(route: Route): string {
    return write(route);
  }
}

export const router = new Router();
