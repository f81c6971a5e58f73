/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The full-screen view (`weibel chat`): what it knows and shows. Events only change this; calls to the core are made
 * when a key is handled, or between events; the view draws what is here and changes nothing of it.
 *
 *     screen.c    opening, events, calls          thread.c   the messages of the chat that is open
 *     keys.c      what was pressed                people.c, info.c, find.c, help.c   pages over the conversation
 *     choose.c    the list of chats               layout.c, rows.c, wrap.c           rows of text, without a screen
 *     topics.c    its threads                     call.c     mentions
 *     type.c      the typing line                 prompt.c   questions at the bottom
 *     share.c     polls and places                settings.c pages of settings and devices
 *     files.c     files on their way              bell.c     what rings
 *     select.c    one message, and what to do     view.c     ncurses
 */
#ifndef SCREEN_SCREEN_H
#define SCREEN_SCREEN_H

#include "client.h"
#include "media.h"
#include "screen/editor.h"
#include "screen/keys.h"
#include "screen/rows.h"
#include "show.h"
#include "target.h"

enum focus {
    FOCUS_TYPE,
    FOCUS_LIST,
    FOCUS_SELECT,
    FOCUS_PAGE,
    FOCUS_PROMPT,
    FOCUS_ASK,
};

enum bell {
    BELL_ON,
    BELL_NOTIFY, /* and the terminal is asked to notify, without a word of what was written */
    BELL_OFF,
    BELL_KINDS,
};

enum {
    SCREEN_STATUS = 512,
    SCREEN_TITLE = 128,
    SCREEN_SUBJECT = 1024, /* a link, at most */
    SCREEN_TRANSFERS = 16,
    SCREEN_TYPING = 8,
    SCREEN_PAGE = 50,    /* messages that are read at once */
    SCREEN_WINDOW = 400, /* messages that are kept of a chat; of the others pages are read anew */
    SCREEN_TOPICS = 100, /* threads that are listed */
    SCREEN_CALLS = 8,    /* names that are shown for what begins with @ */
};

struct screen;

/** The open chat: some of its messages, next to each other, and which of their rows are seen. */
struct thread {
    char chat[SHOW_ID];  /* "": none is open */
    char topic[SHOW_ID]; /* only what hangs on this message, and itself; "": all of the chat */
    cJSON *topics;       /* what hangs on which message of the chat: of `threads` */
    bool topics_stale;
    cJSON *messages;   /* oldest first */
    cJSON *quotes;     /* by id: what is answered in them and not among them */
    bool older, newer; /* there are more on this side */
    bool behind;       /* something was written here by another program of this home, or may have been */
    bool changed;      /* the chat, since it was looked whether older ones have come */
    uint64_t new_from; /* number of the first that was unread when the chat was opened */
    bool show_new;     /* scroll there once its row is known */
    uint64_t read;     /* number up to which the core has been told that they were read */
    struct rows rows;
    unsigned width;     /* for which the rows were made; 0: they have to be made anew */
    size_t up;          /* rows between the last one and the lowest that is seen */
    uint64_t anchor;    /* number of the message that the lowest row belongs to, or stands below */
    size_t anchor_rows; /* rows from that message's first to the lowest one */
    int selected;       /* message; -1: none */
    bool follow;        /* scroll to the selected one */
};

/** A page over the conversation. */
struct page {
    char title[SCREEN_TITLE];
    char subject[SCREEN_SUBJECT]; /* chat, contact or words that it is about */
    const char *hint;             /* what keys do, by N_() */
    cJSON *items;                 /* what the rows' items stand for */
    struct rows rows;
    unsigned width; /* as in struct thread */
    size_t top;
    int selected; /* item; -1: nothing can be selected */
    void (*build)(struct screen *screen, unsigned width);
    bool (*key)(struct screen *screen, struct keys_press key);
};

/** A question for a line of text. */
struct prompt {
    const char *label; /* by N_() */
    struct editor line;
    bool path;                                                                   /* Tab completes it … */
    enum prompt_whom { WHOM_NOBODY, WHOM_PERSON, WHOM_SEVERAL, WHOM_CHAT } whom; /* … or the name of one of these */
    bool secret;                                                                 /* it is not shown */
    bool may_be_empty;                                                           /* nothing is an answer as well */
    void (*done)(struct screen *screen, const char *text);
    enum focus back;
};

/** A question for one key. */
struct ask {
    char words[SCREEN_STATUS];
    const char *keys;
    void (*done)(struct screen *screen, char key);
    enum focus back;
};

/** A file on its way. */
struct screen_transfer {
    uint64_t number; /* 0: free */
    bool upload, paused;
    bool given_up; /* by the user: it is no failure */
    char message[SHOW_ID];
    unsigned file;
    uint64_t done, size;
    struct target *target; /* of a download */
};

struct screen {
    struct client *client;
    struct keys *keys;
    struct show show; /* contacts and chats */
    char own[SHOW_ID];
    bool chats_stale, people_stale;
    uint64_t chats_at; /* when they were asked for */
    bool online;
    char connection[32], reason[SCREEN_STATUS];
    char typing_chat[SCREEN_TYPING][SHOW_ID], typing_who[SCREEN_TYPING][SHOW_ID];
    uint64_t typing_until[SCREEN_TYPING], typed_at;
    uint64_t keep_at; /* when what is typed goes to the core as a draft, so that no crash takes it; 0: it has gone */
    struct thread thread;
    cJSON *joins;  /* groups that are being joined, as docs/api.md has them */
    cJSON *drafts; /* by chat, or chat and thread: {"text", "reply_to"?, "files"?} */
    struct editor editor;
    char reply_to[SHOW_ID], edit[SHOW_ID];
    cJSON *files; /* to be sent with the next message; NULL: none */
    struct {
        size_t begin, end; /* in the editor: what was put in last; end 0: nothing, or another key has followed */
        char typed[SCREEN_TITLE];
        unsigned turn;
    } completion;       /* of a name behind @ */
    uint64_t back_to;   /* number of the message that the chat is opened at when its thread is left; 0: at its end */
    uint64_t back_new;  /* and where what is new in it begins */
    cJSON *topics_seen; /* by thread: number of the newest message that was seen in its own view */
    enum bell bell;
    bool rings, away; /* something has come that is not in view; the terminal says that another window is used */
    uint64_t rang_at;
    struct screen_transfer transfers[SCREEN_TRANSFERS];
    enum focus focus;
    struct page page;
    enum focus page_back;
    struct prompt prompt;
    struct ask ask;
    int listed;    /* row in the list of chats */
    bool archived; /* those are listed too */
    char status[SCREEN_STATUS];
    bool status_bad;
    uint64_t status_until;
    int errors; /* standard error, while it is not the terminal's */
    size_t errors_read;
    bool lacks_read, lacks_typing, lacks_draft; /* the core has no such method */
    char picked[SHOW_ID];                       /* message or person that an action under way is about */
    cJSON *asked;                               /* what it has asked for so far */
    bool locked;                                /* the home, by another program */
    bool quit, redraw;
};

/* --- screen.c --- */

/** Reads what there is; EX_OK, or what to end with. `chat`: to open, or NULL. */
int screen_open(struct screen *screen, struct client *client, const char *chat);
void screen_close(struct screen *screen);

/** An event of the core (client.h). */
void screen_event(void *user, const char *name, const cJSON *params);

/** Goes to the list, at the chat that is open. */
void screen_to_list(struct screen *screen);

/** Does what events have left to do: asks the core for what is stale. */
void screen_settle(struct screen *screen);

/** Handles a key. */
void screen_key(struct screen *screen, struct keys_press key);

/**
 * Calls the core; `params` is freed, `result` may be NULL. False: it has failed, and the status line says why.
 */
bool screen_call(struct screen *screen, const char *method, cJSON *params, cJSON **result);

/** As screen_call(), for what takes a while: says so first. */
bool screen_call_slowly(struct screen *screen, const char *method, cJSON *params, cJSON **result);

/** Says something in the status line for a while. */
void screen_say(struct screen *screen, const char *words);
void screen_say_bad(struct screen *screen, const char *words);

/** An object with one text member, for parameters. */
cJSON *screen_params(const char *name, const char *value);

/** The object of a chat, or NULL. */
const cJSON *screen_chat(const struct screen *screen, const char *chat);

/** Copies what fits. */
void screen_copy(char *out, size_t size, const char *text);

/** Adds to an array what stands in a text between any of the characters of `between`, without spaces around it. */
void screen_add_list(cJSON *list, const char *text, const char *between);

/* --- thread.c --- */

/** Opens a chat at its end, or where the message with this number stands (0: at the end). */
void thread_open(struct screen *screen, const char *chat, uint64_t number);
void thread_clear(struct thread *thread);

/** Opens the thread that hangs on a message of the open chat, and goes back from it. */
void thread_open_topic(struct screen *screen, const char *topic);
void thread_leave_topic(struct screen *screen);

/** A message of this ID that is at hand, or NULL. */
const cJSON *thread_message(const struct screen *screen, const char *id);

/** Adds or replaces a message; one of another chat, or behind what is read, is left. */
void thread_put(struct thread *thread, const cJSON *message);
void thread_remove(struct thread *thread, const char *id);
void thread_state(struct thread *thread, const cJSON *change);

/** Asks for what was written meanwhile and has not come as an event. */
void thread_catch_up(struct screen *screen);

/** Asks for what is answered and not there. */
void thread_quote(struct screen *screen);

/** Makes the rows again if they are stale. `height`: how many are seen. */
void thread_lay(struct screen *screen, unsigned width, unsigned height);

/** Scrolls by rows, upwards if `rows` > 0; reads further pages at the ends. */
void thread_scroll(struct screen *screen, long rows, unsigned height);
void thread_to_end(struct screen *screen);

/** Moves the selection by messages; from none to the last one. */
void thread_select(struct screen *screen, int by);

/** The selected message, or NULL. */
const cJSON *thread_selected(const struct screen *screen);

/* --- topics.c --- */

/** Asks for what hangs on which message, if that is stale. */
void topics_ask(struct screen *screen);

/** Marks those of a list in which something is new; remembers what is seen of the open one. */
void topics_mark(const struct screen *screen, cJSON *topics);
void topics_see(struct screen *screen);
void topics_open(struct screen *screen); /**< the page */

/* --- call.c --- */

/** Completes the name behind the @ before the cursor, at each further call by the next one that fits. False: there is
 * no @, so that the key means something else. */
bool call_complete(struct screen *screen);

/** The same in a question for people: the ID takes the place of what was typed of the name. */
void call_complete_whom(struct screen *screen);

/** Writes the names that fit, for the status line. False: there is nothing to complete. */
bool call_words(const struct screen *screen, char *out, size_t size);

/** Sets `text`, with IDs for the names of members, and whom it mentions: as a new message, or in the place of what
 * `edited` says. */
void call_add(const struct screen *screen, cJSON *params, const char *text, const cJSON *edited);

/** The reverse: puts a text that is to be changed into the typing line. */
void call_edit(struct screen *screen, const char *text);

/* --- type.c --- */
void type_key(struct screen *screen, struct keys_press key);
/** Asks for a file that is going to be sent. */
void type_attach(struct screen *screen, enum media_as as);
void type_keep_draft(struct screen *screen);
void type_take_draft(struct screen *screen);
void type_cancel(struct screen *screen);
bool type_may_write(const struct screen *screen);

/** Sends a message by the parameters of `send`, which are freed. False: it was refused, and the status line says why.
 */
bool type_send(struct screen *screen, cJSON *params);

/** Parameters of `send` for the open chat, its thread, and what is answered. */
cJSON *type_params(const struct screen *screen);
void type_answered(struct screen *screen); /**< what was being answered is */

/* --- share.c --- */
void share_open(struct screen *screen);

/* --- choose.c --- */
void choose_key(struct screen *screen, struct keys_press key);
void choose_begin(struct screen *screen); /**< a chat with somebody new */
void choose_next(struct screen *screen, int by);

/** How many chats are listed, and one of them. */
int choose_count(const struct screen *screen);
const cJSON *choose_at(const struct screen *screen, int index);

/* --- select.c --- */
void select_key(struct screen *screen, struct keys_press key);

/* --- bell.c --- */

/** What this home wishes, and the next of what it can wish. */
void bell_read(struct screen *screen);
void bell_next(struct screen *screen);

/** Takes note of a message that has come; rings, if it is time to. */
void bell_hear(struct screen *screen, const cJSON *message);
void bell_ring(struct screen *screen);

/* --- files.c --- */

/** Takes up what is on its way already, and what the core says of it. */
void files_ask(struct screen *screen);
void files_event(struct screen *screen, const cJSON *params);

/** Follows a file that is being saved to `target`, which is taken over. False: too many are on their way. */
bool files_follow(struct screen *screen, const cJSON *answer, const char *message, unsigned file,
                  struct target *target);

/** Whether anything of a message is on its way. */
bool files_move(const struct screen *screen, const char *message);

/** Pauses what is on its way of the picked message, or has it go on; ends it. */
void files_pause(struct screen *screen);
void files_cancel(struct screen *screen, const cJSON *message);

/* --- pages --- */
void page_open(struct screen *screen, const char *title, void (*build)(struct screen *screen, unsigned width),
               bool (*key)(struct screen *screen, struct keys_press key), const char *hint);
void page_close(struct screen *screen);

/** Makes its rows again if they are stale; may call the core. */
void page_lay(struct screen *screen, unsigned width);
void page_key(struct screen *screen, struct keys_press key);
const cJSON *page_selected(const struct screen *screen);
void page_line(struct page *page, int item, unsigned width, const char *label, const char *text);
void page_qr(struct page *page, const char *text);

void help_open(struct screen *screen);
void info_open(struct screen *screen, const char *chat);
void people_open(struct screen *screen);

/** Asks what is being joined; shows it. */
void joins_ask(struct screen *screen);
void joins_open(struct screen *screen);
void settings_open(struct screen *screen);
void find_begin(struct screen *screen);
void receipts_open(struct screen *screen, const char *id);

/* --- prompt.c --- */
void prompt_open(struct screen *screen, const char *label, const char *text, bool path,
                 void (*done)(struct screen *screen, const char *text));
void prompt_open_secret(struct screen *screen, const char *label,
                        void (*done)(struct screen *screen, const char *text));
void prompt_key(struct screen *screen, struct keys_press key);

/** As prompt_open(), for IDs: Tab completes names that this account knows to them. */
void prompt_open_whom(struct screen *screen, const char *label, enum prompt_whom whom,
                      void (*done)(struct screen *screen, const char *text));
void ask_open(struct screen *screen, const char *words, const char *keys,
              void (*done)(struct screen *screen, char key));
void ask_key(struct screen *screen, struct keys_press key);

/* --- view.c --- */

/** Takes the terminal over; EX_UNAVAILABLE: it can't be, with words on standard error. */
int view_open(void);
void view_close(void);

/** Draws what is here; the rows have been laid. */
void view_draw(const struct screen *screen);

/** Rows and columns of the conversation (or page), and columns of the typing line. */
unsigned view_height(const struct screen *screen);
unsigned view_width(const struct screen *screen);
unsigned view_typing_width(const struct screen *screen);
void view_suspend(void);
void view_lend(bool away); /**< gives the terminal to somebody else, or has it back; nothing if it is not ours */
void view_reset(void);
void view_ring(bool notify);

#endif
