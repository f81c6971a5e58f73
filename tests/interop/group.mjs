// SPDX-License-Identifier: EUPL-1.2
// A group in which members of several implementations do random things. After each commit everybody must have the same
// epoch authenticator, and messages must reach everybody.

import assert from "node:assert/strict";
import { base64 } from "./libmls.mjs";

const GROUP = "interop";
const LATE_PSKS = 3; // external PSKs in use: those that a newcomer is given too

export class Group {
  // `libraries`: a Libmls, a Tsmls, …; `size`: how many members it has at most.
  constructor(random, libraries, size) {
    this.random = random;
    this.libraries = libraries;
    this.size = size;
    this.members = [];
    this.absent = []; // names in the tree of which nobody is there: the next commit removes them
    this.psks = [];
    this.counts = {};
    this.named = 0;
    this.population = 1; // leaves of the tree that are not blank
    this.epoch = 0;
  }

  count(what, by = 1) {
    this.counts[what] = (this.counts[what] ?? 0) + by;
  }

  newName() {
    return `member ${this.named++}`;
  }

  others(...members) {
    return this.members.filter((member) => !members.includes(member));
  }

  // Everybody's functions in turn: mls-interop answers in order, ts-mls has one thread anyway.
  async each(members, run) {
    for (const member of members) await run(member);
  }

  async found() {
    const library = this.random.pick(this.libraries);
    this.members.push(await library.create(this.newName(), GROUP, this.random.chance(50)));
    await this.check();
  }

  async check() {
    const first = await this.members[0].authenticator();
    await this.each(this.members, async (member) => {
      const authenticator = await member.authenticator();
      assert.equal(authenticator, first, `${member.name} (${member.implementation}) has another epoch authenticator`);
    });
    this.count("authenticators", this.members.length);
  }

  // ------------------------------------------------------------------------------------------------- commits ----

  // What a commit shall do: newcomers, who goes, who renews, PSKs; some by proposals of other members.
  async plan(committer, joining, leaving) {
    const items = [];
    const plan = { newcomers: [], removed: [], referenced: [], byValue: [] };
    plan.removed = this.random.shuffled(this.others(committer)).slice(0, leaving);
    const gone = [...plan.removed, ...this.absent.splice(0)];
    if (joining === 0 && this.members.some((member) => member.losesRoot?.(gone.map(({ name }) => name)))) joining = 1;
    for (let i = 0; i < joining; i++) {
      const library = this.random.pick(this.libraries);
      const name = this.newName();
      const own = await library.keyPackage(name);
      plan.newcomers.push({ library, name, own });
      items.push({ type: "add", keyPackage: own.keyPackage });
    }
    items.push(...gone.map(({ name }) => ({ type: "remove", name })));
    this.population += joining - gone.length;
    if (this.psks.length !== 0 && this.random.chance(25)) {
      items.push({ type: "psk", id: this.random.pick(this.psks.slice(-LATE_PSKS))[0] });
    }
    if (joining === 0 && this.random.chance(15)) {
      items.push({ type: "resumption", epoch: this.epoch });
    }
    for (const item of items) {
      if (this.members.length > 1 && this.random.chance(40)) {
        await this.propose(this.random.pick(this.others(committer)), item, plan);
      } else {
        plan.byValue.push(item);
      }
    }
    for (const member of this.others(committer, ...plan.removed)) {
      if (member.canUpdate && this.random.chance(20)) await this.propose(member, { type: "update" }, plan);
    }
    return plan;
  }

  async propose(member, item, plan) {
    const message = await member.propose(item);
    plan.referenced.push(message);
    await this.each(this.others(member), (other) => other.handleProposal(message));
    this.count("proposals by reference");
  }

  async commit(committer, plan, path, welcomed = (newcomers) => newcomers) {
    const externalTree = this.random.chance(50);
    const made = await committer.commit(plan.referenced, plan.byValue, path, externalTree);
    await this.everybodyFollows(committer, made.commit, plan);
    for (const newcomer of welcomed(plan.newcomers)) await this.welcome(newcomer, made);
    this.count("commits");
    this.count("adds", plan.newcomers.length);
    this.count("removes", plan.removed.length);
    this.epoch++;
    await this.check();
  }

  async welcome(newcomer, made) {
    const { library, name, own } = newcomer;
    const psks = this.psks.slice(-LATE_PSKS);
    try {
      this.members.push(await library.join(name, own, psks, made.welcome, made.tree, this.random.chance(50)));
    } catch (error) {
      if (!library.refusesValidTree(error)) throw error;
      this.count("joins that ts-mls refused");
      this.absent.push(newcomer);
    }
  }

  async everybodyFollows(committer, commit, plan) {
    const readers = this.others(committer).filter(
      (member) => !plan.removed.includes(member) || plan.newcomers.length === 0 || member.seesRemovalBesideAdds,
    );
    await this.each(readers, async (member) => {
      const stays = await member.handleCommit(commit, plan.referenced);
      assert.equal(stays, !plan.removed.includes(member), `${member.name} sees his removal`);
    });
    const after = plan.removed.length === 0 ? undefined : await committer.protect("not for the removed");
    for (const member of plan.removed) {
      await assert.rejects(member.unprotect(after), undefined, `${member.name} reads on after his removal`);
      await member.free();
    }
    this.members = this.others(...plan.removed);
    if (after !== undefined) await this.deliver(committer, after, "not for the removed");
  }

  // A member comes in by himself; or comes back, when he has lost his state.
  async externalJoin() {
    const again = this.members.length > 2 && this.random.chance(40) ? this.random.pick(this.members) : undefined;
    const library = again
      ? this.libraries.find((candidate) => again.constructor === candidate.memberType)
      : this.random.pick(this.libraries);
    const info = await this.random.pick(this.others(again)).groupInfo(this.random.chance(50));
    const psks = this.psks.slice(-LATE_PSKS);
    const name = again?.name ?? this.newName();
    let joined;
    try {
      joined = await library.joinExternally(name, psks, info, this.random.chance(50), again);
    } catch (error) {
      if (!library.refusesValidTree(error)) throw error;
      return this.count("joins that ts-mls refused");
    }
    await this.each(this.others(again), (member) => member.handleCommit(joined.commit, []));
    await again?.free();
    this.members = [...this.others(again), joined.member];
    this.epoch++;
    this.population += again ? 0 : 1;
    this.count(again ? "external commits that replace a leaf" : "external commits");
    await this.check();
  }

  async newPsk() {
    const id = base64(`psk ${this.psks.length}`);
    const secret = base64(`secret ${this.random.next()}`);
    this.psks.push([id, secret]);
    await this.each(this.members, (member) => member.storePsk(id, secret));
    this.count("PSKs");
  }

  // ------------------------------------------------------------------------------------- groups from groups ----

  // The members of another group take the place of these, for as long as it takes to see that they agree.
  async agree(members) {
    const here = this.members;
    this.members = members;
    await this.check();
    await this.everybodyWrites();
    this.members = here;
  }

  // Everybody in turn founds a branch of some others.
  async branch() {
    for (const [i, founder] of this.members.entries()) {
      const others = this.random.shuffled(this.others(founder)).slice(0, 4);
      const packages = new Map();
      await this.each(others, async (member) => packages.set(member, await member.branchPackage()));
      const keyPackages = [...packages.values()].map(({ keyPackage }) => keyPackage);
      const { member, welcome, tree } = await founder.branch(`branch ${i}`, keyPackages);
      const branch = [member];
      await this.each(others, async (other) => branch.push(await other.joinBranch(packages.get(other), welcome, tree)));
      await this.agree(branch);
      this.count("branches");
    }
  }

  // The group goes on in a new one of another cipher suite.
  async reinit(suite) {
    const closer = this.random.pick(this.members);
    const founder = this.random.pick(this.members);
    const commit = await closer.closeForReinit("reinitialized", suite);
    await this.each(this.others(closer), (member) => member.handleReinit(commit));
    const others = this.others(founder);
    const packages = [];
    await this.each(others, async (member) => packages.push(await member.reinitPackage()));
    const { member, welcome, tree } = await founder.foundReinitialized("reinitialized", packages);
    const next = [member];
    await this.each(others, async (other) => next.push(await other.joinReinitialized(welcome, tree)));
    await this.agree(next);
    this.count("re-initialisations");
  }

  // ------------------------------------------------------------------------------------------------ messages ----

  async deliver(sender, message, text) {
    await this.each(this.others(sender), async (member) => {
      assert.equal(await member.unprotect(message), text, `${member.name} reads`);
    });
    this.count("messages read", this.members.length - 1);
  }

  // Everybody writes; each reader gets the messages in an order of his own, and may miss some.
  async everybodyWrites() {
    const sent = [];
    await this.each(this.members, async (member) => {
      for (let i = 0; i <= this.random.below(2); i++) {
        const text = `${member.name} writes ${i} in epoch ${this.epoch}`;
        sent.push({ sender: member, text, message: await member.protect(text) });
      }
    });
    await this.each(this.members, async (member) => {
      for (const { sender, text, message } of this.random.shuffled(sent)) {
        if (sender === member || this.random.chance(10)) continue;
        assert.equal(await member.unprotect(message), text, `${member.name} reads ${sender.name}`);
        this.count("messages read");
      }
    });
  }

  // A message that arrives after the next commit still opens.
  async lateMessage(change) {
    const sender = this.random.pick(this.members);
    const text = `${sender.name} is late`;
    const message = await sender.protect(text);
    const readers = this.others(sender);
    await change();
    await this.each(
      readers.filter((reader) => this.members.includes(reader)),
      async (reader) => {
        assert.equal(await reader.unprotect(message), text, `${reader.name} reads a late message`);
        this.count("late messages read");
      },
    );
  }

  async compareExports() {
    const first = await this.members[0].export("interop test", "context", 40);
    await this.each(this.members, async (member) => {
      assert.equal(await member.export("interop test", "context", 40), first, `${member.name} exports another secret`);
    });
    this.count("exports", this.members.length);
  }

  // --------------------------------------------------------------------------------------------------- steps ----

  async change() {
    const room = this.size - this.members.length;
    const joining = Math.min(room, this.random.chance(50) ? 1 + this.random.below(3) : 0);
    const most = room < 3 ? 4 : 2;
    const leaving = Math.min(this.members.length - 1, this.random.chance(30) ? 1 + this.random.below(most) : 0);
    const committer = this.random.pick(this.members);
    await this.commit(committer, await this.plan(committer, joining, leaving), this.random.chance(50));
  }

  async step() {
    const dice = this.random.below(100);
    if (dice < 12 && this.members.length < this.size) return this.externalJoin();
    if (dice < 18) return this.newPsk();
    if (dice < 28) return this.everybodyWrites();
    if (dice < 32) return this.compareExports();
    if (dice < 45) return this.lateMessage(() => this.change());
    await this.change();
    const sender = this.random.pick(this.members);
    await this.deliver(sender, await sender.protect("a message"), "a message");
  }

  summary() {
    return Object.entries(this.counts)
      .map(([what, number]) => `${number} ${what}`)
      .join(", ");
  }
}
