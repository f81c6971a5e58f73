/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Everything that a core holds in memory. What is durable of it is said at each member; the rest is forgotten with the
 * connection or with the process, and made again from what is durable.
 */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include "arrears_state.h"
#include "content/content.h"
#include "inbox_state.h"
#include "latecomer_state.h"
#include "list.h"
#include "mls/mls.h"
#include "out.h"
#include "tally_state.h"
#include "tree_state.h"
#include "trouble.h"
#include "wire/id.h"
#include "wire/link.h"
#include "wire/wire.h"

enum {
    STATE_SEED_LEN = 32,         /**< Ed25519 seeds */
    STATE_HASH_LEN = 16,         /**< of an account and its identity key: company.h */
    STATE_MAX_DIRECT_GROUPS = 8, /**< groups that one direct chat reads; made at the same moment, there are two */
    STATE_MAX_WAITING = 8,       /**< invitations into a group whose stream was not read up to our removal yet */
    STATE_MAX_HELPERS = 8,       /**< members whom a lost device asks for help at once */
    STATE_MAX_NEWCOMERS = 64,    /**< members of a group who were added by others and not heard of yet */
    STATE_MAX_CHANGES = 64,      /**< changes of one group that wait behind each other */
    STATE_MAX_FIRST = 64,        /**< besides: a repair of each of its groups, a successor, own devices */
    STATE_MAX_LEAVERS = 256,     /**< leave proposals that one commit may overtake */
    STATE_MAX_OLD_SAFES = 8,     /**< safes that are to be emptied, which needs a connection */
    STATE_MAX_GAPS = 32,         /**< runs of missing entries whose reason may still be told */
    STATE_MAX_EXPLAINED = 16,    /**< deletions of what may be missing, as is not known yet */
    STATE_MAX_ARREARS = 64, /**< own devices, times groups of a chat, that are owed what was written before they came */
    STATE_MAX_INVITATIONS = 64, /**< invitations whose ratchet trees are to be fetched */
};

struct weibel_core;
struct chat;

/** Who a request came from, until it is answered: its `id` as JSON, empty if no answer is wanted. */
struct call {
    struct base_bytes id;
};

/** Which earlier messages a new device has still to get. */
struct history_job {
    bool active;
    uint8_t to[WIRE_DEVICE_LEN];
    uint64_t chat, before; /**< the chat that comes next, and the number before which it goes on there */
    uint64_t left;         /**< how many at most */
};

/** Where the safe lies, the key that this is made of, what it is sealed with: safe.h. */
struct safe_keys {
    uint8_t door[WIRE_STREAM_LEN], key[WIRE_KEY_LEN], seal[WIRE_KEY_LEN];
};

/** What is being done about the safe. Not durable. */
struct safe {
    bool in_flight;
    uint64_t retry_at;
    struct call call;
    bool emptying;                    /**< the first of the old ones is being emptied … */
    uint8_t emptied[WIRE_STREAM_LEN]; /**< … at this door */
    uint64_t empty_at;                /**< when to go on with that */
    bool giving_up;                   /**< `call` waits for that */
    struct base_bytes passphrase;     /**< until it is fetched: of the one that this home is to be made from */
    struct safe_keys keys;            /**< of that one */
};

/** Another device of the account, and the key that it signs with. */
struct own_device {
    uint8_t device[WIRE_DEVICE_LEN];
    uint8_t key[WIRE_KEY_LEN];
};

/** The account of this home, and the counters of its tables. Durable as a whole. */
struct account {
    enum { ACCOUNT_NONE, ACCOUNT_ACTIVATING, ACCOUNT_ACTIVE } state;
    char url[WIRE_MAX_URL + 1];
    char code[WIRE_MAX_CODE + 1]; /**< while activating */
    bool linked;                  /**< this device has come by a link of another one */
    bool link_taken;              /**< activating: what the link's content has is here */
    uint8_t link_secret[STATE_SEED_LEN];
    char device_name[WIRE_MAX_NAME + 1];
    uint8_t id[WIRE_ACCOUNT_LEN];
    char domain[WIRE_MAX_DOMAIN + 1];
    char name[WIRE_MAX_NAME + 1];
    uint8_t role;
    uint8_t device[WIRE_DEVICE_LEN];
    uint8_t identity_seed[STATE_SEED_LEN];
    uint8_t identity_key[WIRE_KEY_LEN];
    uint8_t deletion_secret[STATE_SEED_LEN]; /**< makes the deletion keys of entries and blobs */
    uint8_t recovery[STATE_SEED_LEN];        /**< of this device's backups: backup.h; zeros: there is none yet */
    bool has_safe;
    struct safe_keys safe_keys;
    uint64_t
        safe_at; /**< when it was made fresh last, milliseconds; its version, which rises whatever the clock does */
    struct safe_keys safe_old[STATE_MAX_OLD_SAFES]; /**< those before, which are to be emptied */
    size_t safe_old_count;
    struct mls_keypair device_key;
    bool removing;                    /**< the server is to remove another device of the account … */
    uint8_t removed[WIRE_DEVICE_LEN]; /**< … this one: asked for again until it has answered */
    uint64_t next_contact, next_chat, next_group, next_key_package, next_letter, next_transfer, next_arrival, next_sync;
    bool sync_wanted;           /**< other devices are to be asked for all of their records */
    bool history_offered;       /**< a link has promised earlier messages to the device that comes by it */
    struct history_job history; /**< earlier messages on their way to a new device */
    bool history_room;          /**< this device leaves room for earlier messages before those that it gets */
    bool history_asked;         /**< it is to ask for them … */
    uint8_t history_from[WIRE_DEVICE_LEN]; /**< … the device that has made the link */
    struct own_device
        linked_to[WIRE_MAX_DEVICES]; /**< who may let this device in, as the link has said it: sibling.h */
    size_t linked_to_count;          /**< 0: it is in the own group, or has not come by a link */
    struct elders {
        enum { ELDERS_DUE, ELDERS_KNOWN, ELDERS_BY_CLOCK } state; /**< by clock: a Weibel before this one has come in */
        uint8_t devices[2 * WIRE_MAX_DEVICES][WIRE_DEVICE_LEN];
        size_t count;
    } elders; /**< own devices that were there before this one */
    uint64_t next_history;
    uint64_t next_run;   /**< of the index */
    uint64_t unreadable; /**< messages that could not be read, ever */
    bool dirty;
};

/** How it is known that an identity key is the contact's. */
enum trust {
    TRUST_UNKNOWN,      /**< the server says so, or nobody */
    TRUST_ORGANISATION, /**< its organisation's directory has signed it. (No directory has a key yet.) */
    TRUST_VERIFIED,     /**< compared in person */
    TRUST_END,
};

/** Another account: everybody who was ever seen in a chat. Durable. */
struct contact {
    uint64_t number;
    uint8_t id[WIRE_ACCOUNT_LEN];
    char domain[WIRE_MAX_DOMAIN + 1];
    bool pinned; /**< the identity key is known, and must not change */
    uint8_t identity_key[WIRE_KEY_LEN];
    bool vouched; /**< the server has said that it is this one; before, it is what an invitation has said */
    bool absent;  /**< the server has said that no account has this ID: whoever uses it is somebody else */
    enum trust trust;
    bool changed; /**< the server says another key now: nothing is sent to him until it is accepted */
    uint8_t new_identity_key[WIRE_KEY_LEN]; /**< changed: which */
    bool listed;                            /**< in the list of contacts: written to directly, or added */
    bool blocked;                           /**< what he writes in a direct chat, and his invitations, are dropped */
    bool request; /**< he has begun a direct chat, and was neither accepted nor rejected yet */
    bool doubted; /**< somebody has come with another key than his, and that was said */
    char name[WIRE_MAX_NAME + 1];
    bool announce; /* not durable, as what follows: tell the face about him at the end of this input */
    bool asking;   /**< the server is being asked for the identity key */
};

enum change_kind {
    CHANGE_NONE,
    CHANGE_CREATE,
    CHANGE_ADD,
    CHANGE_REMOVE,
    CHANGE_LEAVE,
    CHANGE_TIDY,    /**< commit what others have proposed */
    CHANGE_SET,     /**< name, description, picture, timer, policy: `edit` */
    CHANGE_ROLE,    /**< of the contacts: `edit` */
    CHANGE_DEVICES, /**< add and remove own devices (device.h) */
    CHANGE_REPAIR,  /**< a commit in the place of one that nobody can follow (heal.h) */
    CHANGE_REENTER, /**< let a device in again that has lost its place */
    CHANGE_KIND_END,
};

/** A key package that was taken for a change. */
struct taken {
    uint64_t contact;
    uint8_t device[WIRE_DEVICE_LEN];
    struct base_bytes key_package;
    bool unneeded; /**< its account has come in another way meanwhile */
};

/** A change of a group: under way, or waiting for its turn. */
struct change {
    enum change_kind kind; /* durable: kind to edit; made with its nonce, message and hash */
    uint64_t *contacts;    /**< whom it is about */
    size_t contact_count;
    uint8_t tries;          /**< how often those were added already whom no invitation has reached (unreached.h) */
    size_t done;            /**< contacts that were added: many come in several commits */
    uint64_t group;         /**< number of the group that it is for, or was made for; 0: the one that is written to;
                               create: the one that it takes the place of, if that is not lost */
    uint64_t after;         /**< number of the chat's last post when it was wished: later ones wait for it */
    struct base_bytes edit; /**< encoded struct about_edit, if it has one */
    bool made;              /**< the commit (leave: proposal) is written; it waits to be appended, or to come back */
    uint8_t nonce[WIRE_NONCE_LEN];
    uint8_t next_token_hash[WIRE_KEY_LEN];
    uint64_t known_commit;
    struct base_bytes message;
    struct tree_place tree;         /**< of the made commit's epoch, if its Welcomes don't have it */
    uint8_t tree_key[WIRE_KEY_LEN]; /**< of its doors: this one's and no other's; zeros: none was drawn yet */
    bool founds;         /**< made: the first commit of a group, which is too large for an entry, and needs none */
    struct tree_put put; /* not durable, as what follows */
    bool tree_there;     /**< all of the tree lies at its doors */
    struct call call;
    bool wants_link;    /**< its answer is the invitation link */
    struct list taken;  /**< struct taken */
    size_t taken_bytes; /**< of their key packages */
    size_t asked;       /**< contacts whose key packages were taken */
    unsigned waits;     /**< how often there were none, and it waited for some */
    bool in_flight;
    uint64_t retry_at;
};

/** Entries that are missing in a stream. */
struct gap {
    uint64_t first, last;
};

/** A member whom another device of ours has added, and who was not heard of since: newcomer.h. */
struct newcomer {
    uint32_t leaf, by;
    bool seen; /**< we have read the commit that has added him; or else he was there when we came */
};

/** An MLS group and its stream. Durable: number to generation, and libmls's records. */
struct group {
    uint64_t number;
    struct chat *chat;
    uint8_t id[WIRE_STREAM_LEN]; /**< also the MLS group_id */
    enum group_state {
        GROUP_MAKING,  /**< its first commit has not been accepted yet */
        GROUP_LEAVING, /**< left, but not taken out yet: only its commits are followed */
        GROUP_OPEN,
        GROUP_LEFT,
        GROUP_REMOVED,
        GROUP_WAITING, /**< joined anew, and behind another one that was not read to its end yet: of the same stream, or
                          which it succeeds */
        GROUP_LOST,    /**< can't be followed any more: heal.h finds a way back */
    } state;
    uint64_t position;                   /**< number of the last entry that was read */
    uint64_t last_commit;                /**< number of the last commit that was applied, 0 if none */
    bool fresh;                          /**< joined, and nothing read yet: where the epoch starts is not known */
    bool unsure;                         /**< nor is it since: what is missing before `first` has still to be told */
    bool late;                           /**< another own device has let us in, and nothing was read yet: what it has
                                            sent before comes first */
    bool by_member;                      /**< waiting: a member of the group before has invited, as we knew it then */
    uint8_t inviter[STATE_HASH_LEN];     /**< waiting: who has (company.h) */
    uint32_t leavers[STATE_MAX_LEAVERS]; /**< leaves of members who want to leave, and whom a commit has overtaken */
    size_t leaver_count;
    uint32_t skipped; /**< message keys of ours in this epoch that no entry of the stream has, since the last one */
    struct gap gaps[STATE_MAX_GAPS];
    size_t gap_count;
    struct list explained; /**< struct amendment: deletions that may explain what is missing: gap_keep() */
    uint64_t broken;       /**< number of a commit that we can't follow and that has replaced our token; 0: none */
    bool door_due;         /**< what lies at the door of the invitation link is old, and ours to renew */
    uint64_t door_at;      /**< when somebody has left something there last, as far as we know */
    struct helper helpers[STATE_MAX_HELPERS]; /**< members; while `maker` is open: who has told us of this group */
    size_t helper_count;
    struct newcomer newcomers[STATE_MAX_NEWCOMERS];
    size_t newcomer_count;
    struct latecomers latecomers;
    uint32_t maker;      /**< chat of two: at which leaf we were invited, plus one, until the server has said that
                              this is a device of its account; 0: nothing is open */
    uint32_t generation; /**< how many groups of its chat there were before it */
    uint64_t first;      /**< what stands behind this entry was read here, up to position */
    uint64_t former;     /**< number of the first group in whose place it is here, of the same stream: we had gone, or
                              lost our place, and have come back; 0: none */
    uint64_t passed; /**< what own devices hand on of it up to this entry was written before this one came; 0: none */
    bool old_told;   /**< that something from before is missing here was told: they do not hand on everything */
    bool vanished;   /**< lost as the server has its stream no more: what was written there last may be missing */
    bool unread;     /**< chat of two: what we have written up to the last commit the peer could not read … */
    bool sent_again; /**< … or nobody of his who is left: that was sent again */
    struct group_tally tally;
    struct mls_group *mls; /**< NULL: damaged; the group is lost then */
    bool dirty;

    bool token_known; /* not durable, as what follows */
    uint8_t token[WIRE_KEY_LEN];
    bool stream_made;       /**< making: the server has the stream */
    bool in_flight;         /**< create_stream or read */
    bool live;              /**< read to its end; what is new comes by itself */
    uint64_t quiet_until;   /**< what the server was told of it: stream.c */
    struct base_bytes said; /**< what the server has said of members: member.h. Durable by itself */
    uint32_t known_leaves;  /**< of members before this leaf it is known who they are: vouch.h … */
    uint32_t asked_leaves;  /**< … and up to this one the server is being asked for … */
    bool asking;            /**< … at this moment */
    unsigned good, denied;  /**< how many were vouched for, and how many are said not to be there at all */
    uint64_t ask_at;        /**< when to ask on, if those are many */
    uint32_t wisher;        /**< at which leaf another own device wishes to leave, plus one, until it is known whether
                               the account still has it; 0: none does */
    unsigned forged_told;   /**< how many have used others' IDs, and were said to */
    bool door_in_flight;
    uint64_t door_retry_at;
    struct tree_put door_put; /**< what lies beside the door … */
    uint64_t door_put_epoch;  /**< … of this epoch */
    bool repairing;           /**< the next commit is a repair */
    unsigned repairs;         /**< how many came too late */
    uint64_t heal_at;         /**< when heal.h takes its next step; 0: there is none */
    unsigned heal_rounds;     /**< how often others were asked for help */
    unsigned heal_tries;      /**< chat of two, where nobody is: how often another group was begun instead */
    bool others_lost;         /**< somebody else has asked for help, too */
    uint64_t tidy_at;         /**< when to commit what others have proposed, 0: nothing to do */
    uint64_t retry_at;
};

enum post_kind {
    POST_MESSAGE = 1, /**< a message of the chat */
    POST_CONTROL,     /**< what changes or reports on other messages: nothing is shown of it here */
    POST_ERASE,       /**< an entry of ours is to be deleted on the server */
    POST_ERASE_BLOB,  /**< a blob that we hold likewise: `content` is its name, and what makes our key of it */
    POST_AGAIN,       /**< what somebody misses, for `into` alone, and for nobody who comes in now: missed.h */
    POST_KIND_END,
};

/** Something of ours on its way into a stream. Durable: number to token. */
struct post {
    uint64_t number; /**< in its chat: the order of writing. Before a control there is room for its copies */
    enum post_kind kind;
    uint64_t message; /**< number of the message in its chat; control: 0 */
    uint8_t nonce[WIRE_NONCE_LEN];
    struct base_bytes content;    /**< MIMI content; erase: the stream's name */
    uint64_t group;               /**< whose ciphertext it is, 0: not encrypted yet */
    uint64_t entry;               /**< erase: its number. `nonce` is the entry's */
    uint64_t into;                /**< number of the group that it is for; 0, or not open any more: the usual one */
    bool spread;                  /**< control: its copies for other groups than `into` are there */
    struct base_bytes ciphertext; /**< the first one goes out until the server refuses it */
    uint32_t audience;            /**< other accounts in its epoch: who gives receipts */
    uint8_t token[WIRE_KEY_LEN];  /**< of the ciphertext's epoch */
    uint32_t sequence;            /**< the ciphertext's number among ours in its group: tally.h */
    uint64_t after;               /**< number of an entry of the stream: the ciphertext's can only stand behind it */
    bool in_flight;               /* not durable, as what follows */
    bool held; /**< its upload is paused, or that of one before it which it may be about; erase: not read yet */
    uint64_t retry_at;
};

/** Somebody else who is typing. Not durable. */
struct typing {
    uint64_t contact;
    uint64_t until; /**< forgotten then, unless heard again */
};

enum { MAX_USED_EMOJI = 256 /**< bytes: some twenty */ };

/** What this account's people have set. Durable: setting.h. */
struct settings {
    bool receipts;                  /**< others may know that we have received and read what they wrote */
    bool typing;                    /**< others may know that we type; if not, we don't hear of them either */
    char emoji[MAX_USED_EMOJI + 1]; /**< that a face has offered and that were used last; of this device alone */
};

/** What was set for one chat. Durable: setting.h. */
struct thread_draft {
    uint8_t thread[10]; /**< the first bytes of the hash in the id of its message */
    struct base_bytes text;
};

enum {
    MAX_THREAD_DRAFTS = 8, /**< of a chat: then the oldest goes */
    MAX_THREAD_DRAFT = 16 << 10,
};

struct chat_setting {
    bool pinned, archived;
    bool marked;                                          /**< as unread, by hand */
    uint64_t muted_until;                                 /**< milliseconds since 1970, 0: not muted */
    struct base_bytes draft;                              /**< text that was begun and not sent */
    struct thread_draft thread_drafts[MAX_THREAD_DRAFTS]; /**< those begun in threads, on this device, oldest first */
    size_t thread_draft_count;
};

enum chat_kind {
    CHAT_DIRECT = 1,
    CHAT_GROUP = 2,
    CHAT_OWN = 3, /**< the account's own devices: no face sees it (device.h) */
};
enum { SEARCH_BUCKETS = 256 };

/** A message whose words are not in the index's pages as others' are. Durable: all to buckets. */
struct search_loose {
    uint64_t chat, message;
    bool held;                           /**< its words are held in memory … */
    bool fleeting;                       /**< … for good: it disappears */
    uint8_t buckets[SEARCH_BUCKETS / 8]; /**< where words that it does not say any more are still to be taken out */
    bool read;                           /* not durable, as what follows: its words are in memory */
    bool thinning;                       /**< they are being taken out of one bucket */
    bool fresh;                          /**< forgotten in this input */
};

/** The index of words: search/index.h. Durable: loose. */
struct search {
    bool started;        /**< messages are read into memory: somebody has searched, or a run is due */
    bool busy;           /**< something is being read for it */
    bool forgotten;      /**< something is fresh */
    bool stuck, unread;  /**< of loose there may be some whose words are in pages still, or are to be read */
    struct list holds;   /**< struct search_hold */
    size_t messages;     /**< of holds that are not fleeting … */
    size_t words;        /**< … and their words */
    size_t fleeting;     /**< words of those that are */
    struct list loose;   /**< struct search_loose, sorted */
    struct list waiting; /**< searches until everything is in memory: rpc_search.c */
};

/** What people see as one conversation. Durable: number to waiting. */
struct chat {
    uint64_t number;
    enum chat_kind kind;
    uint64_t peer; /**< direct: the contact's number */
    char name[WEIBEL_MAX_GROUP_NAME + 1];
    uint64_t next_message, next_post;
    uint64_t history_next; /**< the number of the next earlier message: they are filed backwards; 0: no room */
    uint64_t read_to;      /**< this account has read the messages up to this number */
    uint64_t deleted_to;   /**< what was in it up to this number is deleted: chat_delete.h, … */
    bool deleting;         /**< … and some of it may be there still */
    bool hollow;           /**< deleted on another device, and nothing was in it here */
    bool deletion_reads;   /* not durable, as this: */
    bool deletion_again;   /**< it has to be looked through from its end again */
    uint64_t told_read, told_delivered; /**< up to where the others were told so */
    uint64_t last_at;                   /**< when the newest message was written or came */
    uint64_t last_number;               /**< of the newest message, if it is still there; 0: it isn't */
    struct base_bytes last;             /**< its record, shortened: chat_keep_last() */
    uint8_t room[WIRE_STREAM_LEN];      /**< group: id of its first MLS group, of which room URIs are made */
    struct change change;               /**< under way */
    struct list waiting;                /**< struct change: those behind it, in order */
    struct list arrears;                /**< struct arrears */
    struct came came[WIRE_MAX_DEVICES]; /**< in order */
    size_t came_count;
    struct base_bytes company; /**< restored from a backup: who was in its group (company.h) */
    struct base_bytes gone;    /**< direct: devices that the peer has removed (deserted.h) */
    struct base_bytes past;    /**< what was read of groups that are gone (again.c) */
    uint32_t generation;       /**< direct: of the groups that it gets, at least: see chat_next_generation() */
    uint64_t indexed;          /**< messages up to here are in the index's pages, or loose … */
    uint64_t scanned;          /* … and up to here in memory; not durable, as what follows */
    bool dirty;
    uint64_t was_read;  /**< the last message that came in this input and had been read elsewhere; 0: none did */
    bool announce;      /**< tell the face about it at the end of this input */
    bool hidden;        /**< it was told that it is deleted */
    bool forgotten;     /**< goes at the end of this input */
    uint64_t doubt_at;  /**< when the server may be asked about the peer's devices again (deserted.h) */
    bool sending_again; /**< messages are being read for that (again.h) */
    bool change_over;   /**< a change has come to its end: what waited for it may go */
    struct list groups; /**< struct group, owned here */
    struct list outbox; /**< struct post, in order */
    uint64_t unread;
    uint64_t called; /**< of these, those that mention this account */
    struct chat_setting setting;
    uint64_t report_at; /**< when the others are told what was read and delivered; 0: nothing to tell */
    bool reporting;     /**< messages are being read for that */
    bool report_first;  /**< what was read was read on this device */
    bool report_turn;   /**< the devices that tell it before this one have had their time */
    uint64_t devices_seen, devices_epoch; /**< the devices_version and epoch at which own devices were looked at, … */
    uint64_t devices_at;                  /**< … when to do something about them, 0: nothing to do … */
    unsigned devices_tries;               /**< … and how often that was tried */
    struct list typing;                   /**< struct typing */
    enum { TYPING_NOTHING, TYPING_STARTED, TYPING_STOPPED } typing_wanted; /**< what is to be said of us */
    uint64_t typing_sent_at;                                               /**< when it was said last */
    bool typing_told;                                                      /**< what was said last: that we type */
};

enum message_state {
    MESSAGE_RECEIVED, /**< not ours */
    MESSAGE_QUEUED,
    MESSAGE_SENT,
    MESSAGE_FAILED,
};

enum amendment_kind {
    AMEND_STATE = 1, /**< an own message was sent, or has failed, or waits */
    AMEND_RETRY,     /**< a failed one is to be sent after all */
    AMEND_EDIT,
    AMEND_DELETE, /**< for everyone */
    AMEND_HIDE,   /**< for me */
    AMEND_REACT,
    AMEND_UNREACT,
    AMEND_DELIVERED,
    AMEND_READ,
    AMEND_VOTE,
    AMEND_CLOSE, /**< a poll */
    AMEND_AGAIN, /**< a message that may be there already (again.h): `data` is its content */
    AMEND_COPY,  /**< the server has what it says as one more entry (copy.h) */
    AMEND_KIND_END,
};

/** How the text of an edit is written. */
enum amend_format { AMEND_SAME_FORMAT, AMEND_PLAIN, AMEND_MARKDOWN };

/** Where a message stood before it was sent again (again.h), as its author says (own: as this device knows). `entry` 0:
 * it was not. */
struct stood {
    uint8_t stream[WIRE_STREAM_LEN];
    uint64_t entry;
};

/**
 * What changes a message that is in the store. It waits until the message has been read. Durable, if it says so: number
 * to stood.
 */
struct amendment {
    uint64_t number;
    enum amendment_kind kind;
    uint64_t chat;
    uint64_t message; /**< number of the message; 0: `target` names it */
    uint8_t target[CONTENT_ID_LEN];
    uint64_t by;                   /**< contact; 0: this account */
    uint8_t id[CONTENT_ID_LEN];    /**< of the content that brought it; UNREACT: of the reaction */
    uint64_t at;                   /**< when it was written, milliseconds since 1970 */
    struct base_bytes mentions;    /**< EDIT: extra_write_mentions(); empty: whom the message has mentioned */
    struct base_bytes data;        /**< EDIT: text; REACT, UNREACT: emoji; STATE: what can be sent again (failed), the
                                      ciphertext (sent, not durable); DELETE: struct copy_named, one behind the other */
    uint64_t group, entry;         /**< STATE, sent: where; DELETE: the first of them that was missing; VOTE:
                                      `entry` has a bit for each option; EDIT: it is an enum amend_format */
    uint8_t nonce[WIRE_NONCE_LEN]; /**< STATE, COPY: of the entry */
    enum message_state state;      /**< STATE; COPY, sent: this device has written it */
    uint32_t audience;             /**< STATE, sent: other accounts that it went to */
    uint32_t sequence;             /**< STATE, sent: of the post */
    struct trouble trouble;        /**< STATE: failed, or waiting: why */
    bool moderates;                /**< DELETE: who says it may delete what others have written */
    struct stood stood;            /**< AGAIN; COPY, EDIT: where */
    bool durable;
    bool wish;        /**< of a face: only the beginning of `target` is known */
    uint64_t post;    /**< STATE: its record in the outbox, which goes with this */
    struct call call; /**< a wish's */
};

/** A place in a stream. `turn`: how often the server has set that back. */
struct place {
    uint64_t turn, entry;
};

/** A message from others that no face has shown, or that this account has not read. Durable. */
struct arrival {
    uint64_t number;
    uint64_t chat;
    uint64_t message;
    uint8_t stream[WIRE_STREAM_LEN]; /**< of the group by which it came, … */
    struct place place;              /**< … and where it stands there; entry 0: nowhere, or it is not known */
    bool shown, read;
    bool calls; /**< it mentions this account, … */
    bool anew;  /**< … since an edit, and `place` is that one's */
};

/** A message that is going to be deleted. Durable. */
struct expiry {
    uint64_t chat;
    uint64_t message;
    uint64_t at;                /**< milliseconds since 1970; UINT64_MAX: it was not read (own: sent) yet, … */
    uint32_t seconds;           /**< … and stays for so long then */
    uint8_t id[CONTENT_ID_LEN]; /**< of the message */
};

enum transfer_kind {
    TRANSFER_UPLOAD = 1,
    TRANSFER_DOWNLOAD = 2,
    TRANSFER_BACKUP = 3, /* these two are no records: backup.h */
    TRANSFER_RESTORE = 4,
};

/** A file on its way. Durable: all to the bound. */
struct transfer {
    uint64_t number;
    enum transfer_kind kind;
    enum transfer_stage { TRANSFER_SEALING = 1, TRANSFER_CREATING, TRANSFER_MOVING, TRANSFER_HOLDING } stage;
    uint64_t chat, message;     /**< whose file it is, … */
    uint8_t id[CONTENT_ID_LEN]; /**< (the message's) */
    uint32_t file;              /**< … and which */
    bool paused;                /**< by hand: it goes on when it is told to */
    struct base_bytes path;     /**< with a final zero */
    uint8_t blob[WIRE_BLOB_LEN];
    uint8_t upload_key[WIRE_KEY_LEN];
    struct weibel_blob_key key;
    uint64_t size;
    bool bare;      /**< what a picture says beside itself is left out when it is sealed */
    bool in_flight; /* not durable, as what follows */
    uint64_t done;  /**< bytes, as far as the host has said */
    uint64_t retry_at;
    unsigned attempts;
};

/** What was damaged when the home was opened, or since: damage.h. */
struct damage {
    bool lost;    /**< something that does not come again */
    bool sending; /**< … and it may have been what carried a message, … */
    bool files;   /**< … or one of its files */
    enum { SEARCH_WHOLE, SEARCH_DAMAGED, SEARCH_TOLD } search; /**< pages of the index, whenever they are read */
};

/** The connection. Nothing of it is durable. */
struct session {
    bool wanted;
    enum { SESSION_OFFLINE, SESSION_CONNECTING, SESSION_GREETING, SESSION_SIGNING_IN, SESSION_ONLINE } state;
    bool closing;      /**< a disconnect effect is out */
    uint64_t retry_at; /**< when to connect again */
    unsigned attempts;
    bool hopeless;          /**< refused for a reason that waiting doesn't change: not tried again before `connect` */
    struct trouble trouble; /**< why there is no connection */
    char domain[WIRE_MAX_DOMAIN + 1];
    uint8_t challenge[WIRE_KEY_LEN];
    uint32_t next_request;
    struct list requests; /**< struct request */
    bool inbox_in_flight, inbox_live;
    uint64_t inbox_position; /**< read up to here on this connection */
    bool inbox_whole;        /**< all that was there has been taken: what is pushed comes behind it */
    bool inbox_waits;        /**< a letter waits for the list of own devices, and all behind it do */
    uint64_t inbox_unread;   /**< … until this group is read to its end; 0: it waits for that list */
    bool keys_in_flight;
    uint64_t keys_at;            /**< when to look whether key packages are to be made */
    uint32_t keys_left;          /**< one-time key packages on the server, … */
    uint64_t keys_made;          /**< … the oldest of which is from then, in seconds */
    bool keys_last_resort;       /**< the server has our newest last resort */
    bool keys_foreign;           /**< the server has some that we can't use (any more): all are to be replaced */
    struct wire_devices devices; /**< own ones, as the server has them */
    bool devices_known;
    bool devices_in_flight, devices_asked; /**< because of a letter: sibling.h */
    uint64_t devices_at;                   /**< when it may be asked again */
    bool devices_first;  /**< this device has begun a change of them: it goes on without waiting for others */
    uint64_t read_at;    /**< when everything that the server had had been read; 0: not yet */
    bool synced;         /**< … and that has been said */
    uint64_t letters_at; /**< when letters may go on: the server has had enough of them */
    size_t vouching;     /**< contacts whose identity keys are being asked for */
    uint64_t vouch_at;   /**< when to ask on */
};

struct weibel_core {
    struct weibel_options options;
    struct mls_context mls;
    base_result dead; /**< why, or BASE_OK */
    enum { HOME_LOADING, HOME_NEW, HOME_LOCKED, HOME_OPENING, HOME_OPEN } home;
    struct base_bytes vault_record;
    struct vault vault;
    struct out out;
    struct list held;   /**< lines that came while records were being read: struct base_bytes */
    struct list reads;  /**< struct read */
    struct list pieces; /**< while the home is being opened: records of libmls */
    bool foreign;       /**< while the home is being opened: another version of Weibel has written it */
    struct damage damage;
    uint32_t next_read;
    struct call activate_call, link_call, removal_call, push_call;
    bool pushes; /**< not durable: a face has said where this device is pushed to while it is away */
    uint8_t link_secret[STATE_SEED_LEN]; /**< of the link that is being made */
    uint64_t devices_version;            /**< rises when something about own devices changes */
    uint64_t lonely_at;                  /**< waiting for somebody who won't come: when to go on alone */
    uint64_t unreached_at;               /**< when the server is asked whether devices are gone: unreached.h */
    bool devices_first;                  /**< the last change of the own group was ours: chats follow at once */
    struct account account;
    uint32_t *contact_slots; /**< contact_find(): a hash table of places in the list from 1 on, 0 where there is none */
    size_t contact_capacity; /**< a power of two, or 0 */
    struct settings settings;
    struct search search;
    struct safe safe;
    struct backup *backup;  /**< that is being written or read, or NULL: backup.h */
    bool clearing;          /**< what an earlier attempt has left is being deleted: fresh.h */
    bool announce_contacts; /**< some of them have changed */
    struct list lookups;    /**< calls that wait for an identity key: vouch.h */
    struct list contacts, chats, key_packages, letters, arrivals, expiries, transfers, invitations;
    uint64_t last_put;   /**< number of the last struct tree_put */
    struct list hands;   /**< struct hand: hand.h; durable */
    struct list syncs;   /**< struct sync_record, sorted; durable */
    uint64_t sync_clock; /**< the highest of theirs; not durable by itself, as what follows */
    bool history_in_flight,
        history_reading;                  /**< a part for a new device is on its way, or its messages are being read */
    uint64_t history_count;               /**< how many are in that part */
    uint64_t history_until;               /**< whoever has not asked by then has not come by a link that promised any */
    uint64_t history_at, arrears_at;      /**< when to go on with that, and with arrears */
    bool history_filing, history_nothing; /**< a part that has come is being filed; none is there */
    struct base_bytes history_part;       /**< that part, … */
    uint64_t history_number;              /**< … its record, … */
    size_t history_offset;                /**< … how far it has come, … */
    bool history_late;                    /**< … whether this device is owed it, … */
    bool history_bare;                    /**< … whether its chat had no message before, … */
    bool history_first;                   /**< … or had none when the part was begun, … */
    unsigned history_tries;               /**< … and how often its chat, or a group of it, was not there */
    uint64_t late_after;                  /**< which of what is owed to this device was looked at in this round … */
    bool late_done;                       /**< … which is over, … */
    bool late_again;                      /**< … and is followed by another one at once, … */
    bool late_blocked;                    /**< … with some that were for a group that is not here yet … */
    uint64_t late_at;                     /**< … until when they are looked at again */
    uint64_t history_read;                /**< the record before which its chat's streams were read once more, … */
    uint64_t history_opened;              /**< … and the last one that was there when the home was opened */
    bool sync_taking;                     /**< a record of another device is being handled */
    bool sync_waiting;                    /**< there may be some that other devices don't have */
    bool sync_in_flight;                  /**< a message with some of them is under way, … */
    uint64_t sync_message;                /**< … the last one's number, … */
    unsigned sync_wants;                  /**< … what it asks for, … */
    uint64_t sync_at;                     /**< … and when the next one may go */
    struct list gone;                     /**< struct gone: gone.h; durable */
    struct list amendments;               /**< struct amendment, in the order in which they are applied */
    size_t unread_shown;                  /**< arrivals that were shown and not read */
    struct list sends;                    /**< requests to send: send_queue.h … */
    bool send_looks;                      /**< … and something is being looked up for the one that was first */
    uint64_t keys_swept_at;               /**< when old ones of those keys were looked for; 0: not yet */
    bool amending;                        /**< messages are being read for the first ones */
    size_t deletions;                     /**< chats that are being looked through: amendments wait meanwhile */
    struct session session;
    struct list joining; /**< struct joining: joining.h; some are durable */
    uint64_t last_joining;
    bool by_link;       /**< what is being processed came sealed with the secret of its group's link */
    uint64_t pumped_at; /**< when pump_all() ran last */
};

static inline uint64_t state_now(const struct weibel_core *core) {
    return core->options.clock->now(core->options.clock->user);
}

#endif
