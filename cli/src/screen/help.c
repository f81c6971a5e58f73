/* SPDX-License-Identifier: EUPL-1.2 */
/* The page that says what the keys do. */
#include <stddef.h>

#include "screen/screen.h"
#include "words.h"

static const struct {
    const char *keys; /* NULL: `words` is a heading */
    const char *words;
} lines[] = {
    { NULL, N_("Writing") },
    { N_("Enter"), N_("send") },
    { N_("Alt-Enter, Ctrl-J"), N_("begin a new line") },
    { "Ctrl-O", N_("send a file along") },
    { "Ctrl-X", N_("send a file, a picture as it is, a voice message, a poll or a place") },
    { "Ctrl-A/E/W/U/K/Y", N_("beginning, end, delete a word, to the beginning, to the end, bring back") },
    { N_("@ and Tab"), N_("mention a member: the name, or a part of it, is completed") },
    { N_("Esc"), N_("no answer, no file after all; back from a thread, to the list") },
    { NULL, N_("Reading") },
    { N_("Page Up, Page Down"), N_("scroll through the conversation") },
    { N_("↑ in an empty line"), N_("select a message") },
    { "Ctrl-F", N_("search in all chats") },
    { "Ctrl-R", N_("threads of this chat") },
    { NULL, N_("With a selected message") },
    { N_("r or Enter"), N_("answer") },
    { "w", N_("open the thread that hangs on it, and write there") },
    { "+", N_("react") },
    { "e, d", N_("edit, delete") },
    { "f, s", N_("forward, save its files") },
    { "p, x", N_("pause its files on their way, or have them go on; end that") },
    { "v, c", N_("vote in a poll, end one of yours") },
    { "j", N_("jump to what it answers") },
    { "i", N_("who has received and read it") },
    { "t", N_("try again, if it could not be sent") },
    { NULL, N_("Chats") },
    { "Tab", N_("between the list and the typing line") },
    { "Ctrl-N, Ctrl-P", N_("next chat, previous chat") },
    { "Ctrl-G", N_("about this chat: members, safety number, settings") },
    { "Ctrl-T", N_("contacts") },
    { NULL, N_("In the list of chats") },
    { "n, g, j", N_("write to somebody new, make a group, join a group by its link") },
    { "i, c, s", N_("about the chat, contacts, settings and devices") },
    { "p, m, a", N_("pin, mute, archive or bring back") },
    { "A", N_("show what is archived, or not") },
    { "J", N_("groups that you are joining by a link; x there: join no more") },
    { NULL, N_("About a group") },
    { "a, x, i", N_("add a member, remove the selected one, show about that one") },
    { "n, d, t, p", N_("name, description, timer, policy: who may do what") },
    { "o", N_("role of the selected member") },
    { "l, L", N_("link by which people can join, end it") },
    { "e", N_("leave the group") },
    { "k", N_("delete the chat from all your devices") },
    { NULL, N_("About a person") },
    { "n, v, b, t", N_("name, verify, block or not, timer") },
    { "r", N_("take the person off your contacts") },
    { "a, x", N_("accept or refuse who asks to write with you") },
    { NULL, N_("Everywhere") },
    { "F1, ?", N_("this page") },
    { "Ctrl-C, Ctrl-Q", N_("end") },
    { NULL, N_("Signs") },
    { "✓", N_("the server has the message") },
    { "✓✓", N_("everybody's device has it") },
    { N_("✓✓ read"), N_("everybody has read it") },
    { "⧖ 5 min", N_("it disappears after this time") },
    { "@ 3", N_("three unread messages, and you are mentioned") },
};

static void build(struct screen *screen, unsigned width) {
    struct page *page = &screen->page;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (lines[i].keys == NULL) {
            rows_begin(&page->rows, -1);
            rows_begin(&page->rows, -1);
            (void)rows_put(&page->rows, 1, width, STYLE_BOLD, _(lines[i].words));
        } else {
            enum { COLUMN = 22 };
            rows_labelled(&page->rows, -1, 2, COLUMN, width, STYLE_PERSON, _(lines[i].keys), _(lines[i].words));
        }
    }
}

static bool help_key(struct screen *screen, struct keys_press key) {
    if (key.kind == KEYS_CHARACTER && key.c == '?') {
        page_close(screen);
        return true;
    }
    return false;
}

void help_open(struct screen *screen) {
    page_open(screen, _("Help"), build, help_key, N_("↑ ↓ scroll · Esc back"));
}
