/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The connection with the server: asking for it, signing in or activating, coming back after it was lost.
 */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include "state.h"

/** From now on keep a connection. */
BASE_MUST_USE base_result session_want(struct weibel_core *core);

/** Ends the connection and stays offline. */
BASE_MUST_USE base_result session_stop(struct weibel_core *core);

/** This device has been activated on this connection: it is signed in. */
BASE_MUST_USE base_result session_activated(struct weibel_core *core);

/** Ends the connection because of a trouble; `hopeless`: it is not tried again before it is wanted anew. */
BASE_MUST_USE base_result session_close(struct weibel_core *core, const struct trouble *trouble, bool hopeless);

/** From the host. */
BASE_MUST_USE base_result session_connected(struct weibel_core *core);
BASE_MUST_USE base_result session_disconnected(struct weibel_core *core, const char *reason);
BASE_MUST_USE base_result session_frame(struct weibel_core *core, struct base_slice bytes);

/** Connects if it is time; sends what can be sent; notices when everything has been read. Called after each input. */
BASE_MUST_USE base_result session_pump(struct weibel_core *core);

/** The next moment at which session_pump() has something to do by itself. */
uint64_t session_deadline(const struct weibel_core *core);

#endif
