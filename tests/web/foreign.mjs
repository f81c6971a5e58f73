// SPDX-License-Identifier: EUPL-1.2
// Firefox (by WebDriver BiDi) and WebKitGTK (by WebDriver), as far as a walk through the browser client needs them, in one form.
// They are Debian's; Playwright speaks to browsers of its own only.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const modules = createRequire(join(root, "web/package.json"));

const FIREFOX = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];
const WEBKIT = join(root, "tests/web/webkit-browser");
const SIZE = { width: 1280, height: 800 };
const WITHIN = 60_000; // milliseconds: for a machine that has much else to do
const LOOK_EVERY = 50;

/** The first element in view that fits a selector and has a text, in its label perhaps; or null. Runs in the page. */
function find(selector, text) {
  for (const element of document.querySelectorAll(selector)) {
    const words = `${element.innerText ?? ""} ${element.getAttribute("aria-label") ?? ""} ${element.title ?? ""}`;
    if ((text === undefined || text === null || words.includes(text)) && (element.checkVisibility() || element.type === "file")) {
      return element;
    }
  }
  return null;
}

/** What both can do, out of what each does in its own way: `run`, `element`, `clickOn`, `typeInto`. */
class Tab {
  /** Waits until a function gives something in the page, and returns it. */
  async until(what, ...args) {
    const end = Date.now() + WITHIN;
    let wrong = "";
    for (;;) {
      try {
        const found = await this.run(what, ...args);
        if (found !== null && found !== false && found !== undefined) {
          return found;
        }
      } catch (error) {
        wrong = `: ${error.message}`; // the page is being loaded
      }
      if (Date.now() > end) {
        throw new Error(`still waiting for ${what} ${JSON.stringify(args)}${wrong}\n${await this.run(() => document.body.innerText).catch(String)}`);
      }
      await new Promise((done) => setTimeout(done, LOOK_EVERY));
    }
  }

  /** Waits for an element in view, and returns its text. */
  async see(selector, text = null) {
    return this.until(`(selector, text) => { const found = (${find})(selector, text); return found === null ? null : found.innerText + " "; }`, selector, text);
  }

  async gone(selector, text = null) {
    await this.until(`(selector, text) => (${find})(selector, text) === null`, selector, text);
  }

  /** As a person does: with the pointer, where the element stands. It is looked for again where the page has just drawn it anew. */
  async click(selector, text = null) {
    await this.trying(selector, text, (element) => this.clickOn(element));
  }

  /** Fills a field with the keyboard. */
  async type(selector, text) {
    await this.trying(selector, null, (element) => this.clickOn(element));
    await this.trying(selector, null, (element) => this.typeInto(element, text));
  }

  async trying(selector, text, what) {
    for (let left = 3; ; left--) {
      await this.see(selector, text);
      try {
        return await what(await this.element(selector, text));
      } catch (error) {
        if (left === 0) {
          throw new Error(`${selector} ${text ?? ""}: ${error.message}`);
        }
      }
    }
  }
}

// --- Firefox ---

class FirefoxTab extends Tab {
  constructor(page) {
    super();
    this.page = page;
    this.errors = [];
    page.on("pageerror", (error) => this.errors.push(error.stack ?? error.message));
  }

  run(what, ...args) {
    return this.page.evaluate(typeof what === "string" ? `(${what})(...${JSON.stringify(args)})` : what, ...args);
  }

  async element(selector, text) {
    return (await this.page.evaluateHandle(find, selector, text)).asElement();
  }

  clickOn(element) {
    return element.click();
  }

  typeInto(element, text) {
    return element.type(text);
  }

  give(selector, file) {
    return this.element(selector, null).then((element) => element.uploadFile(file));
  }

  async press(...keys) {
    for (const key of keys) {
      await this.page.keyboard.down(key);
    }
    for (const key of keys.reverse()) {
      await this.page.keyboard.up(key);
    }
  }

  async go(url) {
    await this.page.goto(url, { waitUntil: "domcontentloaded", timeout: WITHIN });
  }

  async reload() {
    await this.page.reload({ waitUntil: "domcontentloaded", timeout: WITHIN });
  }

  resize(width, height) {
    return this.page.setViewport({ width, height });
  }

  async picture(file) {
    writeFileSync(file, await this.page.screenshot());
  }

  async another() {
    return new FirefoxTab(await this.page.browserContext().newPage());
  }

  show() {
    return this.page.bringToFront();
  }

  close() {
    return this.page.close();
  }
}

async function launchFirefox() {
  const { default: puppeteer } = await import(pathToFileURL(modules.resolve("puppeteer-core")).href);
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: FIREFOX.find(existsSync),
    headless: true,
    protocolTimeout: 2 * WITHIN,
    timeout: 2 * WITHIN,
    extraPrefsFirefox: {
      "intl.accept_languages": "de-CH",
      // A microphone and a camera that are none.
      "media.navigator.streams.fake": true,
      "media.navigator.permission.disabled": true,
    },
  });
  return {
    name: `Firefox ${(await browser.version()).replace("firefox/", "")}`,
    without: undefined,
    /** A tab with a storage of its own. */
    async come() {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      await page.setViewport(SIZE);
      return new FirefoxTab(page);
    },
    close: () => browser.close(),
  };
}

// --- WebKitGTK ---

class WebKitTab extends Tab {
  constructor(driver, handle) {
    super();
    this.driver = driver;
    this.handle = handle;
    this.errors = [];
  }

  /** Without promises: WebKit may collect one that a script waits for, and then never answers. */
  run(what, ...args) {
    return this.driver.executeScript(`return (${what})(...arguments);`, ...args);
  }

  element(selector, text) {
    return this.driver.executeScript(`return (${find})(...arguments);`, selector, text);
  }

  clickOn(element) {
    return element.click();
  }

  typeInto(element, text) {
    return element.sendKeys(text);
  }

  async give(selector, file) {
    await (await this.element(selector, null)).sendKeys(file);
  }

  async press(...keys) {
    const { Key } = modules("selenium-webdriver");
    const codes = keys.map((key) => Key[key.toUpperCase()] ?? key);
    let actions = this.driver.actions();
    codes.forEach((code) => (actions = actions.keyDown(code)));
    codes.reverse().forEach((code) => (actions = actions.keyUp(code)));
    await actions.perform();
  }

  go(url) {
    return this.driver.get(url);
  }

  reload() {
    return this.driver.navigate().refresh();
  }

  resize(width, height) {
    return this.driver.manage().window().setRect({ width, height, x: 0, y: 0 });
  }

  async picture(file) {
    writeFileSync(file, Buffer.from(await this.driver.takeScreenshot(), "base64"));
  }

  async another() {
    await this.driver.switchTo().newWindow("tab");
    return new WebKitTab(this.driver, await this.driver.getWindowHandle());
  }

  show() {
    return this.driver.switchTo().window(this.handle);
  }

  close() {
    return this.driver.close();
  }
}

/** A port that nobody has at the moment. */
function freePort() {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

async function answers(url, child) {
  for (const end = Date.now() + WITHIN; ; ) {
    try {
      return await (await fetch(url)).json();
    } catch (error) {
      if (Date.now() > end || child.exitCode !== null) {
        throw error;
      }
      await new Promise((done) => setTimeout(done, LOOK_EVERY));
    }
  }
}

async function launchWebKit() {
  const { Builder } = modules("selenium-webdriver");
  const home = mkdtempSync(join(tmpdir(), "weibel-webkit-"));
  const screen = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  const display = await new Promise((done, failed) => {
    screen.stdio[3].once("data", (data) => done(`:${String(data).trim()}`));
    screen.once("exit", () => failed(new Error("Xvfb does not start")));
  });
  const children = [screen];
  const drivers = [];
  const close = async () => {
    for (const driver of drivers) {
      await Promise.race([driver.quit().catch(() => {}), new Promise((done) => setTimeout(done, 5000))]);
    }
    children.reverse().forEach((child) => child.kill());
    rmSync(home, { recursive: true, force: true });
  };
  // What Safari has is switched off in WebKitGTK, as far as it is there at all.
  const features = ["StorageAPI", "StorageAPIEstimate", "FileSystem", "MockCaptureDevices"];
  try {
    return {
      name: "WebKitGTK",
      /** Safari has them. */
      without: "WebKitGTK gives a page no way to files of its own",
      /** A browser of its own: a driver has one. */
      async come() {
        const port = await freePort();
        const child = spawn("WebKitWebDriver", [`--port=${port}`], {
          stdio: "ignore",
          env: {
            ...process.env,
            HOME: home,
            XDG_RUNTIME_DIR: home,
            DISPLAY: display,
            GDK_BACKEND: "x11",
            LIBGL_ALWAYS_SOFTWARE: "1",
            WEBKIT_DISABLE_DMABUF_RENDERER: "1",
            WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1", // as root, and in containers, it can't have one
            NO_AT_BRIDGE: "1",
            GIO_USE_VFS: "local",
            GSETTINGS_BACKEND: "memory",
          },
        });
        children.push(child);
        await answers(`http://127.0.0.1:${port}/status`, child);
        const driver = await new Builder()
          .usingServer(`http://127.0.0.1:${port}`)
          .withCapabilities({
            browserName: "weibel-webkit-browser",
            "webkitgtk:browserOptions": { binary: WEBKIT, args: [mkdtempSync(join(home, "profile-")), ...features, "--automation"] },
          })
          .build();
        drivers.push(driver);
        await driver.manage().setTimeouts({ script: WITHIN, pageLoad: WITHIN });
        const tab = new WebKitTab(driver, await driver.getWindowHandle());
        await tab.resize(SIZE.width, SIZE.height);
        return tab;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The browsers: what each is called, what is missing for it or null, and how it starts. */
export const browsers = [
  {
    name: "Firefox",
    missing: () => (FIREFOX.some(existsSync) ? null : "firefox-esr is not installed"),
    launch: launchFirefox,
  },
  {
    name: "WebKit",
    missing: () =>
      [
        ["/usr/bin/WebKitWebDriver", "webkit2gtk-driver"],
        ["/usr/lib/x86_64-linux-gnu/girepository-1.0/WebKit2-4.1.typelib", "gir1.2-webkit2-4.1"],
        ["/usr/bin/Xvfb", "xvfb"],
      ].flatMap(([file, name]) => (existsSync(file) ? [] : [`${name} is not installed`]))[0] ?? null,
    launch: launchWebKit,
  },
];
