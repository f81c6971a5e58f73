// SPDX-License-Identifier: EUPL-1.2
// libmls as a member, through mls-interop. Messages and secrets go by base64 here and in tsmls.mjs.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export const base64 = (data) => Buffer.from(data).toString("base64");

// One mls-interop process, which plays all members of libmls.
export class Libmls {
  memberType = LibmlsMember;

  constructor(program, suite, provider) {
    this.suite = suite;
    this.waiting = [];
    this.process = spawn(program, ["--provider", provider], { stdio: ["pipe", "pipe", "inherit"] });
    this.ended = new Promise((resolve) => this.process.on("close", resolve));
    this.process.on("close", (code) => this.fail(new Error(`mls-interop ended with ${code}`)));
    this.process.on("error", (error) => this.fail(error));
    this.process.stdin.on("error", () => {}); // what matters comes with "close"
    createInterface({ input: this.process.stdout }).on("line", (line) => this.waiting.shift().resolve(JSON.parse(line)));
  }

  fail(error) {
    this.broken = error;
    this.waiting.splice(0).forEach((call) => call.reject(error));
  }

  async call(method, params = {}) {
    if (this.broken) throw this.broken;
    const reply = await new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.process.stdin.write(JSON.stringify({ method, params }) + "\n");
    });
    if (reply.error) throw new Error(`libmls: ${method}: ${reply.error.name}: ${reply.error.message}`);
    return reply;
  }

  refusesValidTree() {
    return false;
  }

  async end() {
    this.process.stdin.end();
    return this.ended;
  }

  async create(name, group, privately) {
    const { state_id } = await this.call("CreateGroup", {
      group_id: base64(group),
      cipher_suite: this.suite,
      encrypt_handshake: privately,
      identity: base64(name),
    });
    return new LibmlsMember(this, name, state_id);
  }

  async keyPackage(name) {
    const reply = await this.call("CreateKeyPackage", { cipher_suite: this.suite, identity: base64(name) });
    return { keyPackage: reply.key_package, transaction: reply.transaction_id };
  }

  async join(name, { transaction }, psks, welcome, tree, privately) {
    for (const [psk_id, psk_secret] of psks) {
      await this.call("StorePSK", { state_or_transaction_id: transaction, psk_id, psk_secret });
    }
    const reply = await this.call("JoinGroup", {
      transaction_id: transaction,
      welcome,
      ratchet_tree: tree,
      encrypt_handshake: privately,
      identity: base64(name),
    });
    return new LibmlsMember(this, name, reply.state_id);
  }

  // With `prior`, the member of this name comes back by replacing itself.
  async joinExternally(name, psks, info, privately, prior) {
    const reply = await this.call("ExternalJoin", {
      group_info: info.groupInfo,
      ratchet_tree: info.tree,
      encrypt_handshake: privately,
      identity: base64(name),
      remove_prior: prior !== undefined,
      psks: psks.map(([psk_id, psk_secret]) => ({ psk_id, psk_secret })),
    });
    return { member: new LibmlsMember(this, name, reply.state_id), commit: reply.commit };
  }
}

class LibmlsMember {
  implementation = "libmls";
  canUpdate = true;
  seesRemovalBesideAdds = true;

  constructor(library, name, state) {
    this.library = library;
    this.name = name;
    this.state = state;
  }

  call(method, params = {}) {
    return this.library.call(method, { state_id: this.state, ...params });
  }

  async authenticator() {
    return (await this.call("StateAuth")).state_auth_secret;
  }

  async export(label, context, length) {
    const reply = await this.call("Export", { label, context: base64(context), key_length: length });
    return reply.exported_secret;
  }

  async storePsk(psk_id, psk_secret) {
    await this.call("StorePSK", { state_or_transaction_id: this.state, psk_id, psk_secret });
  }

  async propose(proposal) {
    const request = {
      add: () => ["AddProposal", { key_package: proposal.keyPackage }],
      remove: () => ["RemoveProposal", { removed_id: base64(proposal.name) }],
      update: () => ["UpdateProposal", {}],
      psk: () => ["ExternalPSKProposal", { psk_id: proposal.id }],
      resumption: () => ["ResumptionPSKProposal", { epoch_id: String(proposal.epoch) }],
    }[proposal.type]();
    return (await this.call(...request)).proposal;
  }

  // libmls takes proposals along with the commit.
  async handleProposal() {}

  async commit(referenced, proposals, path, externalTree) {
    const described = (proposal) =>
      ({
        add: () => ({ proposal_type: base64("add"), key_package: proposal.keyPackage }),
        remove: () => ({ proposal_type: base64("remove"), removed_id: base64(proposal.name) }),
        psk: () => ({ proposal_type: base64("externalPSK"), psk_id: proposal.id }),
        resumption: () => ({ proposal_type: base64("resumptionPSK"), epoch_id: String(proposal.epoch) }),
      })[proposal.type]();
    const reply = await this.call("Commit", {
      by_reference: referenced,
      by_value: proposals.map(described),
      force_path: path,
      external_tree: externalTree,
    });
    await this.call("HandlePendingCommit");
    return { commit: reply.commit, welcome: reply.welcome, tree: reply.ratchet_tree };
  }

  // False if the commit removes this member.
  async handleCommit(commit, proposals) {
    const reply = await this.call("HandleCommit", { commit, proposal: proposals });
    return reply.epoch_authenticator !== "";
  }

  async groupInfo(externalTree) {
    const reply = await this.call("GroupInfo", { external_tree: externalTree });
    return { groupInfo: reply.group_info, tree: reply.ratchet_tree };
  }

  async protect(text) {
    return (await this.call("Protect", { plaintext: base64(text), authenticated_data: base64("aad") })).ciphertext;
  }

  async unprotect(ciphertext) {
    const reply = await this.call("Unprotect", { ciphertext });
    return Buffer.from(reply.plaintext, "base64").toString();
  }

  // A key package for a group that branches off.
  async branchPackage() {
    return this.library.keyPackage(this.name);
  }

  // Founds a branch with the owners of these key packages.
  async branch(group, keyPackages) {
    const reply = await this.call("CreateBranch", { group_id: base64(group), key_packages: keyPackages });
    return { member: this.follower(reply.state_id), welcome: reply.welcome, tree: "" };
  }

  async joinBranch({ transaction }, welcome, ratchet_tree) {
    const reply = await this.call("HandleBranch", { transaction_id: transaction, welcome, ratchet_tree });
    return this.follower(reply.state_id);
  }

  // Closes the group by a commit with ReInit.
  async closeForReinit(group, suite) {
    const reinit = { proposal_type: base64("reinit"), group_id: base64(group), cipher_suite: suite };
    const { commit } = await this.call("ReInitCommit", { by_value: [reinit] });
    this.reinit = await this.call("HandlePendingReInitCommit");
    return commit;
  }

  async handleReinit(commit) {
    this.reinit = await this.call("HandleReInitCommit", { commit });
  }

  // A key package for the group that follows.
  async reinitPackage() {
    return this.reinit.key_package;
  }

  async foundReinitialized(group, keyPackages) {
    const { reinit_id } = this.reinit;
    const reply = await this.library.call("ReInitWelcome", { reinit_id, key_package: keyPackages });
    return { member: this.follower(reply.state_id), welcome: reply.welcome, tree: "" };
  }

  async joinReinitialized(welcome, ratchet_tree) {
    const { reinit_id } = this.reinit;
    const reply = await this.library.call("HandleReInitWelcome", { reinit_id, welcome, ratchet_tree });
    return this.follower(reply.state_id);
  }

  follower(state) {
    return new LibmlsMember(this.library, this.name, state);
  }

  async free() {
    await this.call("Free");
  }
}
