// SPDX-License-Identifier: EUPL-1.2
// A server and people with their terminals, as real processes on loopback, in a folder that goes at the end.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn, spawnSync } = require('node:child_process');
const readline = require('node:readline');
const { assert, note } = require('./tap.js');

const build = path.resolve(process.env.WEIBEL_BUILD || 'build');
const weibeld = path.join(build, 'weibeld');
const weibel = path.join(build, 'weibel');
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'weibel-story-'));
const running = new Set();
const mounts = [];

const passphrase = 'correct horse battery staple';
const passphraseFile = path.join(root, 'passphrase');
fs.writeFileSync(passphraseFile, `${passphrase}\n`, { mode: 0o600 });

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const mount of mounts) spawnSync('umount', ['-l', mount]);
  if (process.env.WEIBEL_KEEP) note(`left behind: ${root}`);
  else fs.rmSync(root, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// The most memory that a process has had, in MiB; 0 if it is gone.
function peakMemory(pid) {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) / 1024;
  } catch {
    return 0;
  }
}

// The paths of all files in a folder and those below it.
function filesUnder(folder) {
  return fs.readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath || entry.path, entry.name));
}

function start(program, args, options = {}) {
  const child = spawn(program, args, {
    cwd: options.cwd || root,
    env: { ...process.env, WEIBEL_PASSPHRASE_FILE: passphraseFile, LANG: 'C.UTF-8', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.add(child);
  child.out = '';
  child.err = '';
  child.peak = 0; // MiB, with `options.peak`: looking is not free
  child.stdout.setEncoding('utf8').on('data', (text) => { child.out += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => { child.err += text; });
  child.stdin.on('error', () => {});
  const watch = options.peak && setInterval(() => { child.peak = Math.max(child.peak, peakMemory(child.pid)); }, 10);
  child.ended = new Promise((resolve) => child.on('close', (code, signal) => {
    clearInterval(watch);
    running.delete(child);
    resolve({ code, signal, out: child.out, err: child.err, peak: child.peak });
  }));
  return child;
}

// Runs a program to its end: { code, out, err, peak }. Killed when it takes too long.
async function run(program, args, options = {}) {
  const child = start(program, args, options);
  child.stdin.end(options.input || '');
  const limit = setTimeout(() => child.kill('SIGKILL'), options.within || 60000);
  const result = await child.ended;
  clearTimeout(limit);
  assert.notEqual(result.signal, 'SIGKILL', `took too long: ${program} ${args.join(' ')}\n${result.out}${result.err}`);
  return result;
}

class Server {
  constructor(data) {
    this.data = data || path.join(root, `server-${Math.random().toString(36).slice(2)}`);
    this.args = [];
  }

  async init(domain = 'example.org') {
    const result = await run(weibeld, ['init', '--data', this.data, '--domain', domain]);
    assert.equal(result.code, 0, result.err);
  }

  // Starts it; again on the same port, so that clients find it.
  async start() {
    this.child = start(weibeld, ['serve', '--data', this.data, '--listen', `127.0.0.1:${this.port || 0}`, ...this.args], { env: this.env });
    this.child.stdin.end();
    for (let i = 0; !/listening on \S+\n/.test(this.child.out); i += 1) {
      assert.equal(this.child.exitCode, null, `the server has ended:\n${this.child.err}`);
      assert.ok(i < 1000, `the server does not start:\n${this.child.err}`);
      await sleep(10);
    }
    this.url = /listening on (\S+)/.exec(this.child.out)[1];
    this.port = new URL(this.url).port;
  }

  async end(signal) {
    this.child.kill(signal);
    return this.child.ended;
  }

  stop() {
    return this.end('SIGTERM');
  }

  kill() {
    return this.end('SIGKILL');
  }

  async invite(...args) {
    const result = await run(weibeld, ['invite', '--data', this.data, '--json', ...args]);
    assert.equal(result.code, 0, result.err);
    return JSON.parse(result.out).link;
  }
}

// Somebody with a home of his own, which the passphrase opens, or a key file.
class Person {
  constructor(name, home, keyFile) {
    this.name = name;
    this.home = home || path.join(root, `home-${name}`);
    this.env = keyFile && { WEIBEL_KEY_FILE: keyFile, WEIBEL_PASSPHRASE_FILE: '' };
  }

  // Likewise, by a key file: it opens at once, and a passphrase costs a fifth of a second and 64 MiB each time.
  static keyed(name) {
    return new Person(name, undefined, path.join(root, `key-${name}`));
  }

  run(args, options = {}) {
    return run(weibel, ['--home', this.home, ...args], { ...options, env: { ...this.env, ...options.env } });
  }

  start(args, options = {}) {
    return start(weibel, ['--home', this.home, ...args], { ...options, env: { ...this.env, ...options.env } });
  }

  // Runs a command that has to succeed; the objects that it printed.
  async json(args, options) {
    const result = await this.run([...args, '--json'], options);
    assert.equal(result.code, 0, `${this.name}: weibel ${args.join(' ')}: ${result.code}\n${result.err}`);
    this.lastPeak = result.peak;
    return result.out.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }

  async activate(link) {
    const [account] = await this.json(['activate', link]);
    this.id = account.id;
    this.device = account.device;
    return account;
  }

  rpc() {
    return new Rpc(this);
  }
}

// `weibel rpc`, as a script uses it.
class Rpc {
  constructor(person) {
    this.child = person.start(['rpc']);
    this.waiting = new Map();
    this.next = 1;
    this.events = [];
    this.listeners = new Set();
    this.ended = false;
    readline.createInterface({ input: this.child.stdout }).on('line', (line) => this.take(JSON.parse(line)));
    this.child.ended.then((result) => {
      this.ended = true;
      for (const { reject } of this.waiting.values()) {
        reject(Object.assign(new Error(`weibel rpc has ended: ${result.code} ${result.err}`), { ended: true }));
      }
      this.waiting.clear();
    });
  }

  take(message) {
    if (message.method) {
      this.events.push(message);
      for (const listener of this.listeners) listener(message);
      return;
    }
    const { resolve, reject } = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.error) reject(Object.assign(new Error(message.error.message), message.error));
    else resolve(message.result);
  }

  call(method, params = {}) {
    if (this.ended) return Promise.reject(Object.assign(new Error('weibel rpc has ended'), { ended: true }));
    const id = this.next;
    this.next += 1;
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  kill() {
    this.child.kill('SIGKILL');
    return this.child.ended;
  }

  end() {
    this.child.stdin.end();
    return this.child.ended;
  }
}

// Waits until `condition` holds.
async function until(condition, what, within = 30000) {
  const end = Date.now() + within;
  while (!(await condition())) {
    assert.ok(Date.now() < end, `still waiting for ${typeof what === 'function' ? what() : what}`);
    await sleep(20);
  }
}

// A small disk in memory, or null where only root could mount it.
function smallDisk(name, size) {
  const folder = path.join(root, name);
  fs.mkdirSync(folder);
  if (process.getuid() !== 0 || spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', folder]).status !== 0) {
    return null;
  }
  mounts.push(folder);
  return folder;
}

// Fills the rest of a small disk; the returned function empties it again.
function fill(folder) {
  const file = path.join(folder, 'filler');
  const descriptor = fs.openSync(file, 'w');
  for (const size of [1 << 16, 1 << 10, 1]) {
    try {
      for (;;) fs.writeSync(descriptor, Buffer.alloc(size, 1));
    } catch (error) {
      assert.equal(error.code, 'ENOSPC');
    }
  }
  fs.closeSync(descriptor);
  return () => fs.unlinkSync(file);
}

module.exports = { weibel, weibeld, root, passphrase, passphraseFile, Server, Person, start, run, sleep, until, smallDisk, fill, filesUnder, peakMemory };
