/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Positions of a consumer that gets everything: a table in memory and a file of our own host, as RocketMQ's clients keep it.
 * Owner: the client's loop, but for reading before the start and writing, which belong to who calls.
 */
#ifndef LMI_CLIENT_LOCAL_OFFSET_H
#define LMI_CLIENT_LOCAL_OFFSET_H

#include "base/arena.h"
#include "base/buf.h"

struct local_offset; /* one entry */

struct local_offsets {
	struct lmi_arena arena; /* the entries */
	struct local_offset *first;
	char *path;
	bool changed;
};

#define LOCAL_OFFSETS_FILE_MAX (16u << 20) /* bytes that are read */

/**
 * Read the file, or the copy of the one before it (.bak) when it cannot be read.  No file: an empty table.
 *
 * @path  of the file; takes
 *
 * Returns 0; -ENOMEM.
 */
int local_offsets_open(struct local_offsets *t, char *path);
void local_offsets_done(struct local_offsets *t);

/** -1: not there. */
int64_t local_offsets_get(const struct local_offsets *t, const char *topic, const char *broker, int32_t queue_id);
/** 0 or -ENOMEM. */
int local_offsets_set(struct local_offsets *t, const char *topic, const char *broker, int32_t queue_id, int64_t pos);

/** The file's text, appended.  Rule: OffsetSerializeWrapper. */
void local_offsets_put(const struct local_offsets *t, struct lmi_buf *b);

/** Replace the file; its folders are made.  Any thread; may block.  0 or -errno. */
int local_offsets_write(const char *path, struct lmi_span text);

#endif
