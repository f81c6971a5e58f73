/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts of mls/errors.h.
 */
#include "mls/errors.h"

/* Form */
BASE_DEFINE_ERROR(MLS_ERR_VERSION, BASE_PEER, "RFC 9420 §6", "the protocol version is not MLS 1.0");
BASE_DEFINE_ERROR(MLS_ERR_WIRE_FORMAT, BASE_PEER, "RFC 9420 §6", "the wire format is unknown or not allowed here");
BASE_DEFINE_ERROR(MLS_ERR_CONTENT_TYPE, BASE_PEER, "RFC 9420 §6", "the content type is unknown");
BASE_DEFINE_ERROR(MLS_ERR_SENDER_TYPE, BASE_PEER, "RFC 9420 §6", "the sender type is unknown");
BASE_DEFINE_ERROR(MLS_ERR_LEAF_NODE_SOURCE, BASE_PEER, "RFC 9420 §7.3",
                  "the leaf node's source is unknown or not the one that belongs here");
BASE_DEFINE_ERROR(MLS_ERR_NODE_TYPE, BASE_PEER, "RFC 9420 §12.4.3.3", "a tree node is neither a leaf nor a parent");
BASE_DEFINE_ERROR(MLS_ERR_PROPOSAL_TYPE, BASE_PEER, "RFC 9420 §12.1", "the proposal type is unknown");
BASE_DEFINE_ERROR(MLS_ERR_PROPOSAL_OR_REF, BASE_PEER, "RFC 9420 §12.4",
                  "an entry of a commit is neither a proposal nor a reference");
BASE_DEFINE_ERROR(MLS_ERR_PSK_TYPE, BASE_PEER, "RFC 9420 §8.4", "the type or usage of a pre-shared key is unknown");
BASE_DEFINE_ERROR(MLS_ERR_EXTENSION_DUPLICATE, BASE_PEER, "RFC 9420 §13.4",
                  "a list of extensions has two of the same type");
BASE_DEFINE_ERROR(MLS_ERR_UNMERGED_LEAVES, BASE_PEER, "RFC 9420 §7.1",
                  "the unmerged leaves of a parent node are not in increasing order");

/* Framing */
BASE_DEFINE_ERROR(MLS_ERR_SENDER_NOT_MEMBER, BASE_PEER, "RFC 9420 §6",
                  "the sender is not a member, but only members may send this");
BASE_DEFINE_ERROR(MLS_ERR_SENDER_CONTENT, BASE_PEER, "RFC 9420 §6.1",
                  "a sender of this type may not send this content");
BASE_DEFINE_ERROR(MLS_ERR_APPLICATION_PUBLIC, BASE_PEER, "RFC 9420 §6", "application data was not encrypted");
BASE_DEFINE_ERROR(MLS_ERR_PADDING, BASE_PEER, "RFC 9420 §6.3.1", "the padding is not all zero");
BASE_DEFINE_ERROR(MLS_ERR_MEMBERSHIP_TAG, BASE_CRYPTO, "RFC 9420 §6.2", "the membership tag is wrong");
BASE_DEFINE_ERROR(MLS_ERR_CONFIRMATION_TAG, BASE_CRYPTO, "RFC 9420 §6.1", "the confirmation tag is wrong");
BASE_DEFINE_ERROR(MLS_ERR_WRONG_GROUP, BASE_PEER, "RFC 9420 §6", "the message belongs to another group");

/* Leaf nodes and key packages */
BASE_DEFINE_ERROR(MLS_ERR_LEAF_SIGNATURE, BASE_CRYPTO, "RFC 9420 §7.3", "the signature of a leaf node is wrong");
BASE_DEFINE_ERROR(MLS_ERR_KEY_PACKAGE_SIGNATURE, BASE_CRYPTO, "RFC 9420 §10.1",
                  "the signature of a key package is wrong");
BASE_DEFINE_ERROR(MLS_ERR_KEY_PACKAGE_SUITE, BASE_PEER, "RFC 9420 §10.1",
                  "the key package is for another protocol version or cipher suite");
BASE_DEFINE_ERROR(MLS_ERR_KEY_PACKAGE_KEYS, BASE_PEER, "RFC 9420 §10.1",
                  "the key package uses one key as init key and as encryption key");
BASE_DEFINE_ERROR(MLS_ERR_LIFETIME, BASE_PEER, "RFC 9420 §7.3", "the leaf node is not valid yet, or not any more");
BASE_DEFINE_ERROR(MLS_ERR_LIFETIME_RANGE, BASE_PEER, "RFC 9420 §7.2",
                  "the leaf node is valid for longer than is accepted");
BASE_DEFINE_ERROR(MLS_ERR_CAPABILITIES_VERSION, BASE_USAGE, "RFC 9420 §7.2",
                  "the own leaf node does not list MLS 1.0 among its capabilities");
BASE_DEFINE_ERROR(MLS_ERR_CAPABILITIES_SUITE, BASE_USAGE, "RFC 9420 §7.2",
                  "the own leaf node does not list its cipher suite among its capabilities");
BASE_DEFINE_ERROR(MLS_ERR_CAPABILITIES_CREDENTIAL, BASE_PEER, "RFC 9420 §7.3",
                  "the leaf node does not support a type of credential that is in use");
BASE_DEFINE_ERROR(MLS_ERR_CAPABILITIES_EXTENSION, BASE_PEER, "RFC 9420 §7.3",
                  "the leaf node does not support an extension that is in use");
BASE_DEFINE_ERROR(MLS_ERR_CAPABILITIES_REQUIRED, BASE_PEER, "RFC 9420 §11.1",
                  "the leaf node does not support what the group requires");
