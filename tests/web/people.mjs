// SPDX-License-Identifier: EUPL-1.2
// A server, browsers and people for the tests of the browser client and for its screenshots.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const modules = createRequire(join(root, "web/package.json"));

export const build = process.env.WEIBEL_BUILD ?? join(root, "build");
export const client = process.env.WEIBEL_WEB ?? join(root, "build/web");
export const PASSPHRASE = "acorn bridge candle dew";

/** What the tests lack in any browser, or null. */
export function unbuilt() {
  if (Number(process.versions.node.split(".")[0]) < 20) {
    return `what drives browsers needs Node.js 20; this is ${process.versions.node}`;
  }
  if (!existsSync(join(client, "index.html"))) {
    return "the browser client was not built (npm is missing?)";
  }
  try {
    modules.resolve("playwright-core");
  } catch {
    return "playwright-core is not installed";
  }
  return null;
}

/** Why the tests can't run here, or null; in a browser with windows, likewise. */
export function missing(windows = false) {
  const reason = unbuilt();
  if (reason !== null) {
    return reason;
  }
  return chromiumPath(windows) === null ? "chromium is not installed" : null;
}

// With windows it is what people have, and what is measured; without, it is the same engine for two thirds of the work.
function chromiumPath(windows) {
  return [...(windows ? [] : ["/usr/bin/chromium-headless-shell"]), "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync) ?? null;
}

/** A JPEG that the camera of all browsers shows. */
export const camera = join(mkdtempSync(join(tmpdir(), "weibel-camera-")), "picture.mjpeg");
process.on("exit", () => rmSync(dirname(camera), { recursive: true, force: true }));

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // A microphone and a camera that are none: it shows the picture that lies there when it is turned on.
  "--use-fake-device-for-media-stream",
  `--use-file-for-fake-video-capture=${camera}`,
  "--use-fake-ui-for-media-stream",
];

export async function launch(windows = false) {
  const { chromium } = modules("playwright-core");
  return chromium.launch({ executablePath: chromiumPath(windows), headless: true, args: FLAGS });
}

/** A browser with a profile on the disk, as people have one: what `launch()` gives keeps everything in memory. */
export async function launchWithProfile(folder, options = {}) {
  const { chromium } = modules("playwright-core");
  return chromium.launchPersistentContext(folder, { executablePath: chromiumPath(true), headless: true, args: FLAGS, ...PLACE, ...options });
}

const PLACE = { locale: "de-CH", viewport: { width: 1280, height: 800 } };

/** What axe has against the page, each in a line; of its `colours` alone, where all else is as it was. */
export async function axe(page, colours = false) {
  await page.evaluate(readFileSync(modules.resolve("axe-core/axe.min.js"), "utf8"));
  const { violations } = await page.evaluate(
    (only) =>
      globalThis.axe.run({
        runOnly: only
          ? { type: "rule", values: ["color-contrast"] }
          : ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      }),
    colours,
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

/** What in a page is wider than its place: parts that scroll sideways, words beyond the screen, titles that are cut. */
export function tooWide(page) {
  return page.evaluate(wide);
}

/** Likewise, in the page itself. */
export function wide() {
  const found = [];
  for (const element of document.querySelectorAll("body, body *")) {
    const { left, right, width } = element.getBoundingClientRect();
    const words = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "");
    const { overflowX } = getComputedStyle(element);
    const scrolls = element === document.body || overflowX === "auto" || overflowX === "scroll" || element.matches("h1, .button");
    if (width > 0 && ((scrolls && element.scrollWidth > element.clientWidth + 1) || (words && !element.closest(".visually-hidden") && (right > innerWidth + 1 || left < -1)))) {
      found.push(`${element.tagName} ${element.className}: ${element.innerText.slice(0, 60)}`);
    }
  }
  return found;
}

/** Waits until nothing in a page is on its way any more, neither data nor colours. */
export async function settled(page) {
  await page.waitForFunction(
    () =>
      document.querySelector("[aria-busy=true]") === null &&
      document.getAnimations().every((one) => one.playState !== "running" || one.effect.getComputedTiming().iterations === Infinity),
  );
}

/** A weibeld with a data folder of its own. */
export class Server {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "weibel-web-"));
    this.data = join(this.folder, "data");
    execFileSync(join(build, "weibeld"), ["init", "--data", this.data, "--domain", "localhost"], { stdio: "ignore" });
    this.port = 0;
  }

  /** `web`: the client's folder, or "" for none; `args`: further ones. */
  async start({ web = client, args = [] } = {}) {
    this.process = spawn(
      join(build, "weibeld"),
      ["serve", "--data", this.data, "--listen", `127.0.0.1:${this.port}`, "--web", web, ...args],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    this.errors = "";
    this.process.stderr.on("data", (data) => (this.errors += data));
    this.url = await new Promise((done, failed) => {
      let text = "";
      this.process.stdout.on("data", (data) => {
        text += data;
        const found = /^listening on (\S+)/m.exec(text);
        if (found !== null) {
          done(found[1]);
        }
      });
      this.process.once("exit", (code) => failed(new Error(`weibeld ended with ${code}: ${this.errors}`)));
    });
    this.port = new URL(this.url).port;
    return this;
  }

  /** A command of the administrator. */
  run(command, ...args) {
    const all = [command, "--data", this.data, ...args];
    return execFileSync(join(build, "weibeld"), all, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  }

  invite(name) {
    return JSON.parse(this.run("invite", "--json", ...(name === undefined ? [] : ["--name", name]))).link;
  }

  async stop(signal = "SIGTERM") {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const ended = new Promise((done) => this.process.once("exit", done));
      this.process.kill(signal);
      await ended;
    }
  }

  /** Like a long, narrow line to it: it runs for a moment in thirty. Returns what ends that. */
  slow() {
    const timer = setInterval(() => {
      this.process.kill("SIGCONT");
      setTimeout(() => this.process.kill("SIGSTOP"), 1);
    }, 30);
    return async () => {
      clearInterval(timer);
      await new Promise((done) => setTimeout(done, 30));
      this.process.kill("SIGCONT");
    };
  }

  async remove() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Somebody at a terminal. */
export class Terminal {
  constructor(server, name) {
    this.home = join(server.folder, `terminal-${name}`);
    this.passphrase = join(server.folder, `passphrase-${name}`);
    writeFileSync(this.passphrase, `${PASSPHRASE}\n`, { mode: 0o600 });
    this.run("activate", server.invite(name));
    this.id = JSON.parse(this.run("whoami", "--json")).id;
  }

  run(...args) {
    const [command, ...rest] = args;
    return execFileSync(join(build, "weibel"), ["--home", this.home, command, ...rest], {
      encoding: "utf8",
      env: { ...process.env, WEIBEL_PASSPHRASE_FILE: this.passphrase, LC_ALL: "C.UTF-8" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 60_000,
    });
  }

  receive(seconds = 10) {
    return this.run("receive", "--json", "--wait", String(seconds))
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  }
}

/** A program that speaks to the core by JSON-RPC, in the home of somebody at a terminal. */
export class Script {
  constructor(terminal) {
    this.count = 0;
    this.waiting = new Map();
    this.onevent = () => {};
    this.process = spawn(join(build, "weibel"), ["--home", terminal.home, "--passphrase-file", terminal.passphrase, "rpc"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    createInterface({ input: this.process.stdout }).on("line", (line) => this.take(JSON.parse(line)));
  }

  take(said) {
    if (said.method !== undefined) {
      this.onevent(said);
      return;
    }
    const { done, failed } = this.waiting.get(said.id);
    this.waiting.delete(said.id);
    if (said.error === undefined) {
      done(said.result);
    } else {
      failed(new Error(`${said.error.data?.name}: ${said.error.message}`));
    }
  }

  call(method, params = {}) {
    const id = ++this.count;
    return new Promise((done, failed) => {
      this.waiting.set(id, { done, failed });
      this.process.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    });
  }

  /** Resolves with the first event of this method that fits; what else comes meanwhile goes to nobody. */
  event(method, fits = () => true) {
    return new Promise((done) => {
      this.onevent = (said) => {
        if (said.method === method && fits(said.params)) {
          done(said.params);
        }
      };
    });
  }

  async end() {
    const ended = new Promise((done) => this.process.once("exit", done));
    this.process.stdin.end();
    await ended;
  }
}

/** Somebody at a browser: a context of his own, so with a storage of his own. */
export class Person {
  static async come(browser, server, name, options = {}) {
    return Person.at(await browser.newContext({ ...PLACE, ...options }), server, name);
  }

  /** In a context that is there already. */
  static async at(context, server, name) {
    const person = new Person();
    person.server = server;
    person.name = name;
    person.requests = new Set();
    person.errors = [];
    person.context = context;
    // What nobody has handled says more of itself in the page than a browser says of it.
    await context.addInitScript(() => {
      addEventListener("unhandledrejection", ({ reason }) => console.error(`not handled: ${reason?.name} ${reason?.message ?? reason} ${reason?.stack}`));
      addEventListener("error", ({ message, filename, lineno, colno, error }) => error || console.info(`error without one: ${message} (${filename}:${lineno}:${colno})`));
    });
    person.context.on("request", (request) => person.requests.add(new URL(request.url()).origin));
    person.page = await person.open();
    return person;
  }

  async open(path = "/") {
    const page = await this.context.newPage();
    // Servers are stopped and killed here, at any moment of a request.
    const lost = /ERR_(INTERNET_DISCONNECTED|CONNECTION|SOCKET_NOT_CONNECTED|EMPTY_RESPONSE)|WebSocket connection/;
    page.on("console", (message) => {
      if (message.type() === "error" && !lost.test(message.text())) {
        const { url, lineNumber, columnNumber } = message.location(); // some have no words
        this.errors.push(`${message.text()} (${url}:${lineNumber}:${columnNumber}, ${message.args().length} arguments)`);
      }
    });
    // What a browser says when a size settles in the next frame: nothing is lost by it.
    const settles = /^ResizeObserver loop/;
    let without = "";
    page.on("console", (message) => (without = message.text().startsWith("error without one") ? message.text() : without));
    page.on("pageerror", (error) => {
      if (!settles.test(error.message)) {
        this.errors.push(`${page.url()}: ${error.stack || `${error.name} ${error.message} ${without}`}`);
      }
    });
    await page.goto(this.server.url + path);
    return page;
  }

  /** From the link to the chats. Returns the own ID. */
  async activate(page = this.page, link = this.server.invite(this.name)) {
    await page.goto(link);
    await page.locator("input[autocomplete=new-password]").fill(PASSPHRASE);
    await page.locator("form .button.primary").click();
    this.id = (await page.getByTestId("own-id").textContent({ timeout: 30_000 })).trim();
    await page.locator(".button.primary").click();
    await this.online(page);
    return this.id;
  }

  async online(page = this.page) {
    await page.locator("[data-connection=online]").waitFor({ state: "attached", timeout: 30_000 });
  }

  async unlock(page = this.page) {
    await page.locator("input[autocomplete=current-password]").fill(PASSPHRASE);
    await page.locator("form .button.primary").click();
    await page.locator(".list header").waitFor({ state: "attached", timeout: 30_000 });
  }

  /** Opens the chat with an ID, by the form for a new one. */
  async chatWith(id, page = this.page) {
    await page.goto(`${this.server.url}/#/new`);
    await page.locator("#new-id").fill(id);
    await page.locator("form .button.primary").click();
    await page.locator("textarea").waitFor();
  }

  async write(text, page = this.page) {
    await page.locator("textarea").fill(text);
    await page.locator("textarea").press("Enter");
  }

  message(text, page = this.page) {
    return page.locator("article.message").filter({ hasText: text });
  }

  /** Waits until an own message has reached a state. */
  async reaches(text, states, page = this.page) {
    const selector = states.map((state) => `[data-state=${state}]`).join(", ");
    await this.message(text, page).locator(selector).first().waitFor({ timeout: 30_000 });
  }

  /** Kills the process of the page and its worker. */
  async crash(page = this.page) {
    const gone = page.waitForEvent("crash");
    const session = await this.context.newCDPSession(page);
    session.send("Page.crash").catch(() => {});
    await gone;
    await page.close().catch(() => {});
  }

  async leave() {
    await this.context.close();
  }
}
