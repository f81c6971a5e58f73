// SPDX-License-Identifier: EUPL-1.2
// The operations of mls-interop that random groups do without: external signers, new members that propose themselves,
// branching, re-initialisation, and what is refused.

import assert from "node:assert/strict";
import { base64 } from "./libmls.mjs";

// A group of alice and bob.
async function found(library, suite, privately) {
  const common = { cipher_suite: suite, encrypt_handshake: privately };
  const alice = (await library.call("CreateGroup", { ...common, group_id: base64("group"), identity: base64("alice") }))
    .state_id;
  const own = await library.call("CreateKeyPackage", { cipher_suite: suite, identity: base64("bob") });
  const add = { proposal_type: base64("add"), key_package: own.key_package };
  const { commit, welcome, ratchet_tree } = await library.call("Commit", {
    state_id: alice,
    by_value: [add],
    external_tree: privately,
  });
  assert.notEqual(commit, "");
  await library.call("HandlePendingCommit", { state_id: alice });
  const join = { transaction_id: own.transaction_id, welcome, ratchet_tree, encrypt_handshake: privately };
  const bob = (await library.call("JoinGroup", { ...join, identity: base64("bob") })).state_id;
  return { alice, bob };
}

async function assertReads(library, from, to, text) {
  const { ciphertext } = await library.call("Protect", {
    state_id: from,
    plaintext: base64(text),
    authenticated_data: base64("seen by all"),
  });
  assert.deepEqual(await library.call("Unprotect", { state_id: to, ciphertext }), {
    authenticated_data: base64("seen by all"),
    plaintext: base64(text),
  });
  await assert.rejects(library.call("Unprotect", { state_id: to, ciphertext }), /MLS_ERR_GENERATION_USED/);
}

async function branch(library, suite, { alice, bob }, external_tree) {
  const own = await library.call("CreateKeyPackage", { cipher_suite: suite, identity: base64("bob") });
  const made = await library.call("CreateBranch", {
    state_id: alice,
    group_id: base64("branch"),
    key_packages: [own.key_package],
    external_tree,
  });
  const joined = await library.call("HandleBranch", {
    state_id: bob,
    transaction_id: own.transaction_id,
    welcome: made.welcome,
    ratchet_tree: made.ratchet_tree,
  });
  assert.equal(joined.epoch_authenticator, made.epoch_authenticator);
  await assertReads(library, made.state_id, joined.state_id, "among the branch");
  // The parent may go, the branch stays; its PSKs are its own business.
  const psk = { psk_id: base64("psk"), psk_secret: base64("secret") };
  for (const state of [made.state_id, joined.state_id]) {
    await library.call("StorePSK", { state_or_transaction_id: state, ...psk });
  }
  const { proposal } = await library.call("ExternalPSKProposal", { state_id: joined.state_id, psk_id: psk.psk_id });
  const { commit } = await library.call("Commit", { state_id: made.state_id, by_reference: [proposal] });
  const own_ = await library.call("HandlePendingCommit", { state_id: made.state_id });
  const theirs = await library.call("HandleCommit", { state_id: joined.state_id, proposal: [proposal], commit });
  assert.equal(theirs.epoch_authenticator, own_.epoch_authenticator);
}

async function externalSigner(library, suite, { alice, bob }, external_tree) {
  const signer = await library.call("CreateExternalSigner", { cipher_suite: suite, identity: base64("signer") });
  const { proposal, signer_index } = await library.call("AddExternalSigner", {
    state_id: bob,
    external_sender: signer.external_sender,
  });
  const { commit } = await library.call("Commit", { state_id: alice, by_reference: [proposal] });
  await library.call("HandlePendingCommit", { state_id: alice });
  await library.call("HandleCommit", { state_id: bob, proposal: [proposal], commit });

  const info = await library.call("GroupInfo", { state_id: alice, external_tree });
  const own = await library.call("CreateKeyPackage", { cipher_suite: suite, identity: base64("carol") });
  const byOthers = [
    (
      await library.call("ExternalSignerProposal", {
        signer_id: signer.signer_id,
        signer_index,
        ...info,
        description: { proposal_type: base64("add"), key_package: own.key_package },
      })
    ).proposal,
  ];
  const dave = await library.call("NewMemberAddProposal", { ...info, identity: base64("dave") });
  byOthers.push(dave.proposal);
  const made = await library.call("Commit", { state_id: bob, by_reference: byOthers });
  const after = await library.call("HandlePendingCommit", { state_id: bob });
  const others = [await library.call("HandleCommit", { state_id: alice, proposal: byOthers, commit: made.commit })];
  for (const { transaction_id } of [own, dave]) {
    others.push(await library.call("JoinGroup", { transaction_id, welcome: made.welcome }));
  }
  for (const other of others) assert.equal(other.epoch_authenticator, after.epoch_authenticator);
  await assertReads(library, others[1].state_id, others[2].state_id, "from carol to dave");

  // And they go again, by the signer's word.
  const now = await library.call("GroupInfo", { state_id: alice, external_tree });
  const remove = (name) =>
    library.call("ExternalSignerProposal", {
      signer_id: signer.signer_id,
      signer_index,
      ...now,
      description: { proposal_type: base64("remove"), removed_id: base64(name) },
    });
  const removals = [(await remove("carol")).proposal, (await remove("dave")).proposal];
  await assert.rejects(remove("nobody"), /INTEROP_ERR_MEMBER/);
  const last = await library.call("Commit", { state_id: alice, by_reference: removals });
  const left = await library.call("HandlePendingCommit", { state_id: alice });
  const same = await library.call("HandleCommit", { state_id: bob, proposal: removals, commit: last.commit });
  assert.equal(same.epoch_authenticator, left.epoch_authenticator);
}

async function reinit(library, suite, { alice, bob }, external_tree) {
  const next = (suite % 7) + 1;
  const { proposal } = await library.call("ReInitProposal", {
    state_id: bob,
    cipher_suite: next,
    group_id: base64("next"),
    extensions: [],
  });
  const { commit } = await library.call("ReInitCommit", { state_id: alice, by_reference: [proposal] });
  const a = await library.call("HandlePendingReInitCommit", { state_id: alice });
  const b = await library.call("HandleReInitCommit", { state_id: bob, proposal: [proposal], commit });
  assert.equal(a.epoch_authenticator, b.epoch_authenticator);
  await assert.rejects(library.call("Protect", { state_id: alice, plaintext: "" }), /MLS_ERR_GROUP_STATE/);
  const made = await library.call("ReInitWelcome", {
    reinit_id: b.reinit_id,
    key_package: [a.key_package],
    external_tree,
  });
  const joined = await library.call("HandleReInitWelcome", {
    reinit_id: a.reinit_id,
    welcome: made.welcome,
    ratchet_tree: made.ratchet_tree,
  });
  assert.equal(joined.epoch_authenticator, made.epoch_authenticator);
  await assertReads(library, made.state_id, joined.state_id, "in the group that follows");
  await library.call("Free", { state_id: alice });
  await library.call("Free", { state_id: bob });
  await assertReads(library, joined.state_id, made.state_id, "after the old group is gone");
}

async function refused(library) {
  await assert.rejects(library.call("Nonsense"), /INTEROP_ERR_OPERATION/);
  await assert.rejects(library.call("Export", { state_id: -1 }), /INTEROP_ERR_FIELD/);
  await assert.rejects(library.call("Protect", { state_id: 4711 }), /INTEROP_ERR_HANDLE/);
  await assert.rejects(library.call("CreateGroup", { cipher_suite: 9 }), /MLS_ERR_SUITE/);
  await assert.rejects(library.call("CreateGroup", { group_id: "no base64", cipher_suite: 1 }), /INTEROP_ERR_FIELD/);
  await assert.rejects(library.call("ExternalJoin", { group_info: "AAEAAQ==" }), /_ERR_/);
}

export async function operations(library, suite) {
  await refused(library);
  const { ciphersuites } = await library.call("SupportedCiphersuites");
  assert.ok(ciphersuites.includes(suite));
  for (const privately of [false, true]) {
    const group = await found(library, suite, privately);
    await assertReads(library, group.alice, group.bob, "hello");
    await branch(library, suite, group, privately);
    await externalSigner(library, suite, group, privately);
    await reinit(library, suite, group, privately);
  }
}
