/* SPDX-License-Identifier: EUPL-1.2 */
#ifndef STORE_SRC_LOG_FILE_H
#define STORE_SRC_LOG_FILE_H

/** The name of a file system for sqlite3_open_v2() that writes the write-ahead log in large pieces. */
const char *log_file_system(void);

#endif
