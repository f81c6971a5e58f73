/* SPDX-License-Identifier: EUPL-1.2 */
/* What kind of thing a file is, as its name says: by that, clients show pictures and play sounds. */
#ifndef CLI_MEDIA_H
#define CLI_MEDIA_H

/** The media type of a file of this name. NULL: it says nothing. */
const char *media_type(const char *name);

#endif
