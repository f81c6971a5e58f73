/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The full-screen view (`weibel chat`): what it knows and shows. Events only change this; calls to the core are made
 * when a key is handled, or between events; the view draws what is here and changes nothing of it.
 *
 *     screen.c    opening, events, calls          thread.c   the messages of the chat that is open
 *     keys.c      what was pressed                people.c, info.c, find.c, help.c   pages over the conversation
 *     choose.c    the list of chats               layout.c, rows.c, wrap.c           rows of text, without a screen
 *     type.c      the typing line                 prompt.c   questions at the bottom
 *     share.c     polls and places                settings.c pages of settings and devices
 *     select.c    one message, and what to do     view.c     ncurses
 */
#ifndef SCREEN_SCREEN_H
#define SCREEN_SCREEN_H

#include "client.h"
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

enum {
    SCREEN_STATUS = 512,
    SCREEN_TITLE = 128,
    SCREEN_SUBJECT = 1024, /* a link, at most */
    SCREEN_TRANSFERS = 16,
    SCREEN_TYPING = 8,
    SCREEN_PAGE = 50,    /* messages that are read at once */
    SCREEN_WINDOW = 400, /* messages that are kept of a chat; of the others pages are read anew */
};

struct screen;

/** The open chat: some of its messages, next to each other, and which of their rows are seen. */
struct thread {
    char chat[SHOW_ID]; /* "": none is open */
    cJSON *messages;    /* oldest first */
    cJSON *quotes;      /* by id: what is answered in them and not among them */
    bool older, newer;  /* there are more on this side */
    uint64_t new_from;  /* number of the first that was unread when the chat was opened */
    bool show_new;      /* scroll there once its row is known */
    uint64_t read;      /* number up to which the core has been told that they were read */
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
    bool path;         /* Tab completes */
    bool secret;       /* it is not shown */
    bool may_be_empty; /* nothing is an answer as well */
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
    bool upload;
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
    cJSON *drafts; /* by chat */
    struct editor editor;
    char reply_to[SHOW_ID], edit[SHOW_ID], hangs_on[SHOW_ID]; /* the last: into the thread of this message */
    cJSON *files;                                             /* to be sent with the next message; NULL: none */
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
    bool quit, redraw;
};

/* --- screen.c --- */

/** Reads what there is; EX_OK, or what to end with. `chat`: to open, or NULL. */
int screen_open(struct screen *screen, struct client *client, const char *chat);
void screen_close(struct screen *screen);

/** An event of the core (client.h). */
void screen_event(void *user, const char *name, const cJSON *params);

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

/** Adds or replaces a message; one of another chat, or behind what is read, is left. */
void thread_put(struct thread *thread, const cJSON *message);
void thread_remove(struct thread *thread, const char *id);
void thread_state(struct thread *thread, const cJSON *change);

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

/* --- type.c --- */
void type_key(struct screen *screen, struct keys_press key);
void type_attach(struct screen *screen);
void type_keep_draft(struct screen *screen);
void type_take_draft(struct screen *screen);
void type_cancel(struct screen *screen);
bool type_may_write(const struct screen *screen);

/** Sends a message by the parameters of `send`, which are freed. False: it was refused, and the status line says why.
 */
bool type_send(struct screen *screen, cJSON *params);

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
void select_finish_transfer(struct screen *screen, struct screen_transfer *transfer, const cJSON *event);

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
void settings_open(struct screen *screen);
void find_begin(struct screen *screen);
void receipts_open(struct screen *screen, const char *id);

/* --- prompt.c --- */
void prompt_open(struct screen *screen, const char *label, const char *text, bool path,
                 void (*done)(struct screen *screen, const char *text));
void prompt_open_secret(struct screen *screen, const char *label,
                        void (*done)(struct screen *screen, const char *text));
void prompt_key(struct screen *screen, struct keys_press key);
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

#endif
