// SPDX-License-Identifier: EUPL-1.2
// A terminal in which somebody runs `weibel chat`: tmux shows what stands on its screen.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { assert } = require('./tap.js');
const { root, passphraseFile, until, weibel } = require('./world.js');

const socket = path.join(root, 'tmux');
let count = 0;

function tmux(...args) {
  const result = spawnSync('tmux', ['-S', socket, '-f', '/dev/null', '-u', ...args], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8', TMUX: '' },
  });
  assert.equal(result.status, 0, `tmux ${args.join(' ')}: ${result.stderr}`);
  return result.stdout;
}

// Before the folder goes, and the socket with it.
process.prependListener('exit', () => spawnSync('tmux', ['-S', socket, 'kill-server']));

const quote = (word) => `'${String(word).replaceAll("'", "'\\''")}'`;

class Terminal {
  // Runs weibel with `args` in a home; `env` on top of the usual.
  constructor(home, args, { columns = 90, rows = 24, env = {} } = {}) {
    // One session that stays: tmux ends with its last one.
    if (count === 0) tmux('new-session', '-d', '-s', 'stays', 'exec sleep 100000');
    count += 1;
    this.name = `t${count}`;
    const all = { WEIBEL_PASSPHRASE_FILE: passphraseFile, LC_ALL: 'C.UTF-8', TERM: 'tmux-256color', TZ: 'UTC', ...env };
    const words = Object.entries(all).map(([name, value]) => `${name}=${value}`);
    const command = ['env', ...words, weibel, '--home', home, ...args].map(quote).join(' ');
    tmux('new-session', '-d', '-s', this.name, '-x', columns, '-y', rows, '-c', root, `${command}; echo ended with $?; exec sleep 1000`);
  }

  // Keys as tmux names them: 'Enter', 'C-f', 'M-Enter', 'F1'.
  press(...keys) {
    tmux('send-keys', '-t', this.name, ...keys);
  }

  type(text) {
    tmux('send-keys', '-t', this.name, '-l', text);
  }

  // Pasted with the marks that terminals put around it.
  paste(text) {
    tmux('set-buffer', '-b', this.name, text);
    tmux('paste-buffer', '-p', '-b', this.name, '-t', this.name);
  }

  resize(columns, rows) {
    tmux('resize-window', '-t', this.name, '-x', columns, '-y', rows);
  }

  // What the program has sent to it, from now on.
  output() {
    const file = path.join(root, `${this.name}.out`);
    fs.writeFileSync(file, '');
    tmux('pipe-pane', '-t', this.name, `cat >> ${quote(file)}`);
    return { read: () => fs.readFileSync(file, 'latin1') };
  }

  // What stands on it; with `styled`, the escape sequences for colours too.
  screen(styled = false) {
    return tmux('capture-pane', '-t', this.name, '-p', ...(styled ? ['-e'] : []));
  }

  async shows(pattern, within = 15000) {
    await until(() => pattern.test(this.screen()), () => `${pattern} on\n${this.screen()}`, within);
  }

  async lacks(pattern, within = 15000) {
    await until(() => !pattern.test(this.screen()), () => `no ${pattern} on\n${this.screen()}`, within);
  }

  close() {
    tmux('kill-session', '-t', this.name);
  }
}

module.exports = { Terminal };
