// SPDX-License-Identifier: EUPL-1.2
// ts-mls as a member, with the same functions as libmls.mjs.

import "./webcrypto.mjs";
import * as mls from "ts-mls";
import { createGroupInfoWithRatchetTree, createGroupInfo } from "ts-mls/createCommit.js";
import { decodeRatchetTree, encodeRatchetTree } from "ts-mls/ratchetTree.js";
import { base64 } from "./libmls.mjs";

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const utf8 = (text) => new Uint8Array(Buffer.from(text));
const decode = (message) => mls.decodeMlsMessage(bytes(message), 0)[0];
const encode = (message) => base64(mls.encodeMlsMessage({ version: "mls10", ...message }));

// ExternalPub is a vector (RFC 9420, 12.4.3.2); ts-mls takes the extension's data for the key itself.
const withLength = (key) => new Uint8Array([...(key.length < 64 ? [key.length] : [0x40, key.length]), ...key]);
const withoutLength = (data) => data.subarray(data[0] < 0x40 ? 1 : 2);

export class Tsmls {
  memberType = TsmlsMember;

  static async open(suite) {
    const self = new Tsmls();
    self.suiteName = Object.keys(mls.ciphersuites).find((key) => mls.ciphersuites[key] === suite);
    self.crypto = await mls.getCiphersuiteImpl(mls.getCiphersuiteFromName(self.suiteName));
    return self;
  }

  async end() {
    return 0;
  }

  // It takes a tree for invalid in which two parents of an unmerged leaf have different lists of unmerged leaves. RFC
  // 9420, 7.9.2 asks only that each of those below lists that leaf.
  refusesValidTree(error) {
    return error.message === "non-blank intermediate node must list leaf node in its unmerged_leaves";
  }

  async keyPackage(name, like) {
    const credential = { credentialType: "basic", identity: utf8(name) };
    const made = like
      ? await mls.generateKeyPackageWithKey(credential, mls.defaultCapabilities(), mls.defaultLifetime, [], like, this.crypto)
      : await mls.generateKeyPackage(credential, mls.defaultCapabilities(), mls.defaultLifetime, [], this.crypto);
    const keyPackage = encode({ wireformat: "mls_key_package", keyPackage: made.publicPackage });
    return { keyPackage, ...made };
  }

  async create(name, group, privately) {
    const own = await this.keyPackage(name);
    const state = await mls.createGroup(utf8(group), own.publicPackage, own.privatePackage, [], this.crypto);
    return new TsmlsMember(this, name, own, [], state, privately);
  }

  async join(name, own, psks, welcome, tree, privately) {
    const state = await mls.joinGroup(
      decode(welcome).welcome,
      own.publicPackage,
      own.privatePackage,
      mls.makePskIndex(undefined, Object.fromEntries(psks.map(([id, secret]) => [id, bytes(secret)]))),
      this.crypto,
      tree ? decodeRatchetTree(bytes(tree), 0)[0] : undefined,
    );
    return new TsmlsMember(this, name, own, psks, state, privately);
  }

  async joinExternally(name, psks, info, privately, prior) {
    const own = await this.keyPackage(name, prior?.signatureKey());
    const { groupInfo } = decode(info.groupInfo);
    // What was signed has to stay as it is; only who asks for the key gets it in the form that ts-mls expects.
    groupInfo.extensions.find = function (wanted) {
      const found = Array.prototype.find.call(this, wanted);
      return found?.extensionType === "external_pub"
        ? { ...found, extensionData: withoutLength(found.extensionData) }
        : found;
    };
    const { publicMessage, newState } = await mls.joinGroupExternal(
      groupInfo,
      own.publicPackage,
      own.privatePackage,
      prior !== undefined,
      this.crypto,
      info.tree ? decodeRatchetTree(bytes(info.tree), 0)[0] : undefined,
    );
    const commit = encode({ wireformat: "mls_public_message", publicMessage });
    return { member: new TsmlsMember(this, name, own, psks, newState, privately), commit };
  }
}

class TsmlsMember {
  implementation = "ts-mls";
  canUpdate = false; // it has no way to keep the private key of an Update proposal
  seesRemovalBesideAdds = false; // it takes the newcomer on its old leaf for itself

  constructor(library, name, own, psks, state, privately) {
    this.library = library;
    this.crypto = library.crypto;
    this.name = name;
    this.own = own;
    this.psks = Object.fromEntries(psks.map(([id, secret]) => [id, bytes(secret)]));
    this.state = state;
    this.privately = privately;
  }

  signatureKey() {
    return { signKey: this.own.privatePackage.signaturePrivateKey, publicKey: this.own.publicPackage.leafNode.signaturePublicKey };
  }

  pskIndex() {
    return mls.makePskIndex(this.state, this.psks);
  }

  leafOf(name) {
    const identity = base64(name);
    const at = this.state.ratchetTree.findIndex(
      (node) => node?.nodeType === "leaf" && base64(node.leaf.credential.identity) === identity,
    );
    return at / 2;
  }

  // Whether it would not follow a commit that removes these and adds nobody. RFC 9420, 12.4.1 has the commit secret derived
  // from the last path secret of the UpdatePath; ts-mls 1.6.4 (pathToRoot, getCommitSecret) goes on to the root, one secret
  // further where the root is not in the filtered direct path (4.1.2): where all members are in the tree's right half.
  losesRoot(gone) {
    const leaves = this.state.ratchetTree.flatMap((node, at) =>
      node?.nodeType === "leaf" && !gone.some((name) => base64(name) === base64(node.leaf.credential.identity)) ? [at / 2] : [],
    );
    const last = Math.max(...leaves);
    return last > 0 && Math.min(...leaves) >= 2 ** Math.floor(Math.log2(last));
  }

  async authenticator() {
    return base64(this.state.keySchedule.epochAuthenticator);
  }

  async export(label, context, length) {
    const secret = this.state.keySchedule.exporterSecret;
    return base64(await mls.mlsExporter(secret, label, utf8(context), length, this.crypto));
  }

  async storePsk(id, secret) {
    this.psks[id] = bytes(secret);
  }

  proposal(described) {
    const psk = (id) => ({
      proposalType: "psk",
      psk: { preSharedKeyId: { ...id, pskNonce: this.crypto.rng.randomBytes(this.crypto.kdf.size) } },
    });
    return {
      add: () => ({ proposalType: "add", add: { keyPackage: decode(described.keyPackage).keyPackage } }),
      remove: () => ({ proposalType: "remove", remove: { removed: this.leafOf(described.name) } }),
      psk: () => psk({ psktype: "external", pskId: bytes(described.id) }),
      resumption: () =>
        psk({
          psktype: "resumption",
          usage: "application",
          pskGroupId: this.state.groupContext.groupId,
          pskEpoch: BigInt(described.epoch),
        }),
    }[described.type]();
  }

  async propose(described) {
    const made = await mls.createProposal(this.state, !this.privately, this.proposal(described), this.crypto);
    this.state = made.newState;
    return encode(made.message);
  }

  async handleProposal(message) {
    await this.process(message);
  }

  async commit(referenced, proposals, path, externalTree) {
    const made = await mls.createCommit(
      { state: this.state, cipherSuite: this.crypto, pskIndex: this.pskIndex() },
      {
        extraProposals: proposals.map((proposal) => this.proposal(proposal)),
        wireAsPublicMessage: !this.privately,
        ratchetTreeExtension: !externalTree,
      },
    );
    this.state = made.newState;
    const welcome = made.welcome ? encode({ wireformat: "mls_welcome", welcome: made.welcome }) : "";
    const tree = externalTree ? base64(encodeRatchetTree(this.state.ratchetTree)) : "";
    return { commit: encode(made.commit), welcome, tree };
  }

  async process(message) {
    // Its processMessage() forgets the PSKs of private messages; the functions below it don't.
    const { wireformat, publicMessage, privateMessage } = decode(message);
    const result =
      wireformat === "mls_public_message"
        ? await mls.processPublicMessage(this.state, publicMessage, this.pskIndex(), this.crypto)
        : await mls.processPrivateMessage(this.state, privateMessage, this.pskIndex(), this.crypto);
    this.state = result.newState;
    return result;
  }

  async handleCommit(commit) {
    await this.process(commit);
    return this.state.groupActiveState.kind !== "removedFromGroup";
  }

  async groupInfo(externalTree) {
    const key = await this.crypto.hpke.deriveKeyPair(this.state.keySchedule.externalSecret);
    const publicKey = await this.crypto.hpke.exportPublicKey(key.publicKey);
    const extensions = [{ extensionType: "external_pub", extensionData: withLength(publicKey) }];
    const { groupContext, confirmationTag, ratchetTree } = this.state;
    const groupInfo = externalTree
      ? await createGroupInfo(groupContext, confirmationTag, this.state, extensions, this.crypto)
      : await createGroupInfoWithRatchetTree(groupContext, confirmationTag, this.state, ratchetTree, extensions, this.crypto);
    const tree = externalTree ? base64(encodeRatchetTree(ratchetTree)) : "";
    return { groupInfo: encode({ wireformat: "mls_group_info", groupInfo }), tree };
  }

  async protect(text) {
    const made = await mls.createApplicationMessage(this.state, utf8(text), this.crypto, utf8("aad"));
    this.state = made.newState;
    return encode({ wireformat: "mls_private_message", privateMessage: made.privateMessage });
  }

  async unprotect(ciphertext) {
    const result = await this.process(ciphertext);
    return Buffer.from(result.message).toString();
  }

  async branchPackage() {
    return this.library.keyPackage(this.name);
  }

  async branch(group, keyPackages) {
    const own = await this.library.keyPackage(this.name);
    const others = keyPackages.map((encoded) => decode(encoded).keyPackage);
    const made = await mls.branchGroup(this.state, own.publicPackage, own.privatePackage, others, utf8(group), this.crypto);
    return this.founded(this.library, own, made);
  }

  async joinBranch(own, welcome, tree) {
    const state = await mls.joinGroupFromBranch(
      this.state,
      decode(welcome).welcome,
      own.publicPackage,
      own.privatePackage,
      tree ? decodeRatchetTree(bytes(tree), 0)[0] : undefined,
      this.crypto,
    );
    return new TsmlsMember(this.library, this.name, own, [], state, this.privately);
  }

  async closeForReinit(group, suite) {
    this.next = await Tsmls.open(suite);
    const made = await mls.reinitGroup(this.state, utf8(group), "mls10", this.next.suiteName, [], this.crypto);
    this.state = made.newState;
    return encode(made.commit);
  }

  async handleReinit(commit) {
    await this.process(commit);
    this.next = await Tsmls.open(mls.ciphersuites[this.state.groupActiveState.reinit.cipherSuite]);
  }

  async reinitPackage() {
    this.nextOwn = await this.next.keyPackage(this.name);
    return this.nextOwn.keyPackage;
  }

  async foundReinitialized(group, keyPackages) {
    const own = await this.next.keyPackage(this.name);
    const others = keyPackages.map((encoded) => decode(encoded).keyPackage);
    const { publicPackage, privatePackage } = own;
    const id = utf8(group);
    const suite = this.next.suiteName;
    const made = await mls.reinitCreateNewGroup(this.state, publicPackage, privatePackage, others, id, suite, []);
    return this.founded(this.next, own, made);
  }

  async joinReinitialized(welcome, tree) {
    const state = await mls.joinGroupFromReinit(
      this.state,
      decode(welcome).welcome,
      this.nextOwn.publicPackage,
      this.nextOwn.privatePackage,
      tree ? decodeRatchetTree(bytes(tree), 0)[0] : undefined,
    );
    return new TsmlsMember(this.next, this.name, this.nextOwn, [], state, this.privately);
  }

  founded(library, own, { newState, welcome }) {
    return {
      member: new TsmlsMember(library, this.name, own, [], newState, this.privately),
      welcome: welcome ? encode({ wireformat: "mls_welcome", welcome }) : "", // a founder who is alone has nobody to welcome
      tree: base64(encodeRatchetTree(newState.ratchetTree)),
    };
  }

  async free() {}
}
