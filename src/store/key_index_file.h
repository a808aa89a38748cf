/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file of the key index, index/YYYYMMDDhhmmssSSS: a hash table from keys to log positions.  Rule: IndexFile, IndexHeader.
 *
 * Header of 40 bytes, big-endian: 0 begin_ms | 8 end_ms | 16 begin_pos | 24 end_pos | 32 slots_used | 36 count; then a slot of
 * 4 bytes for each hash, the number of its newest entry or 0; then entries of 20 bytes: 0 hash | 4 log_pos | 12 seconds since
 * begin_ms | 16 number of the entry before it in the same slot.  Entry 0 is never used, so count begins at 1.
 *
 * Slot values and chains are checked whenever they are followed: a chain may only lead to lower numbers, so that no damage
 * makes it endless.  Blocks; start-up, a worker, or a tool.
 */
#ifndef LIGHTMQ_STORE_KEY_INDEX_FILE_H
#define LIGHTMQ_STORE_KEY_INDEX_FILE_H

#include "disk/disk.h"

#define KEY_INDEX_FOLDER "index"
#define KEY_INDEX_PATH_MAX 64
#define KEY_INDEX_NAME_DIGITS 17
#define KEY_INDEX_HEADER_BYTES 40
#define KEY_INDEX_SLOT_BYTES 4
#define KEY_INDEX_ENTRY_BYTES 20
/* Slots are read and written by pages. */
#define KEY_INDEX_PAGE 4096

/* The same for all files of a store. */
struct key_index_shape {
	int32_t slots;      /* maxHashSlotNum */
	int32_t entries;    /* maxIndexNum; a file is full at this count, which holds one entry less */
};

struct key_index_header {
	int64_t begin_ms, end_ms;   /* store times of the first and last record */
	int64_t begin_pos, end_pos; /* and their log positions; a new file begins with the end of the one before */
	int32_t slots_used;
	int32_t count;
};

struct key_index_info {
	int64_t name;               /* as a decimal number: local time at which it was made */
	struct key_index_header header;
};

struct key_index_entry {
	uint32_t hash;
	int64_t log_pos;
	int32_t seconds;
	int32_t prev;
};

static inline struct key_index_entry key_index_entry_get(const uint8_t *p)
{
	return (struct key_index_entry){ .hash = lmi_get32(p),
					 .log_pos = (int64_t)lmi_get64(p + 4),
					 .seconds = (int32_t)lmi_get32(p + 12),
					 .prev = (int32_t)lmi_get32(p + 16) };
}

static inline void key_index_entry_put(uint8_t *p, const struct key_index_entry *e)
{
	lmi_put32(p, e->hash);
	lmi_put64(p + 4, (uint64_t)e->log_pos);
	lmi_put32(p + 12, (uint32_t)e->seconds);
	lmi_put32(p + 16, (uint32_t)e->prev);
}

/** Size of a file.  Above INT32_MAX a Java broker cannot map it. */
int64_t key_index_file_bytes(const struct key_index_shape *s);

static inline int64_t key_index_slot_at(uint32_t slot)
{
	return KEY_INDEX_HEADER_BYTES + (int64_t)slot * KEY_INDEX_SLOT_BYTES;
}

static inline int64_t key_index_entry_at(const struct key_index_shape *s, int32_t number)
{
	return key_index_slot_at((uint32_t)s->slots) + (int64_t)number * KEY_INDEX_ENTRY_BYTES;
}

/** What of Java's hashCode is kept: its absolute value; 0 for the one that has none.  Rule: IndexFile.indexKeyHashMethod. */
static inline uint32_t key_index_hash(int32_t java_hash)
{
	return java_hash == INT32_MIN ? 0 : (uint32_t)(java_hash < 0 ? -java_hash : java_hash);
}

/** Seconds between two times as an entry has them.  Rule: IndexFile.putKey. */
int32_t key_index_seconds(int64_t begin_ms, int64_t ms);

void key_index_path(int64_t name, char out[KEY_INDEX_PATH_MAX]);
/** 0, or -LMQ_EMALFORMED for a name that is not 17 digits. */
int key_index_name_parse(const char *text, int64_t *out);

/** Read the header; a count below 1 is 1, as Java reads it.  0, -LMQ_ECORRUPT when the file is too short, or -errno. */
int key_index_header_read(struct disk_file *f, struct key_index_header *out);
int key_index_header_write(struct disk_file *f, const struct key_index_header *h);

/** Read one entry.  0, -LMQ_ECORRUPT past the end of file, or -errno. */
int key_index_entry_read(struct disk_file *f, const struct key_index_shape *s, int32_t number, struct key_index_entry *out);

/**
 * Read a file's header and see whether it can be true: the size, the count, the times, the last entry.
 *
 * Returns 0; -LMQ_ECORRUPT with a few words in *out_what (static text); -errno.
 */
int key_index_file_check(struct disk *d, const struct key_index_shape *s, int64_t name, struct key_index_header *out,
			 const char **out_what);

/**
 * Cut the file to its first count - 1 entries: write all slots anew from them, mend chains that do not lead where the slots
 * say, and write the header.  What lies behind is left: the next entries overwrite it.
 *
 * @h  count, begin and end as they shall be; slots_used is set
 *
 * Returns 0, -ENOMEM, -LMQ_ECORRUPT (an entry cannot be), or -errno.
 */
int key_index_file_relink(struct disk *d, const struct key_index_shape *s, int64_t name, struct key_index_header *h);

/** How many of the first count - 1 entries have a log position below @pos; they are in log order.  0 or -errno. */
int key_index_file_below(struct disk *d, const struct key_index_shape *s, int64_t name, int32_t count, int64_t pos,
			 int32_t *out);

/* What is looked for, and found. */
#define KEY_INDEX_FIND_MAX 64 /* rule: maxMsgsNumBatch */
struct key_index_find {
	uint32_t hash;
	int64_t begin_ms, end_ms;
	size_t max;                 /* at most KEY_INDEX_FIND_MAX */
	size_t count;
	int64_t found[KEY_INDEX_FIND_MAX]; /* log positions, each once, newest first */
};

/** Add a position unless it is there or max is reached. */
void key_index_found(struct key_index_find *q, int64_t log_pos);

/**
 * True when an entry that was stored so many seconds after begin_ms may lie in the range looked for.  Java compares whole
 * seconds and so misses messages of the range's first second; here they are found too.
 */
bool key_index_in_range(const struct key_index_find *q, int64_t begin_ms, int32_t seconds);

/**
 * Walk the chain of the hash.  Rule: IndexFile.selectPhyOffset.
 *
 * Returns 0; -ENOENT when the file is gone meanwhile; -errno.
 */
int key_index_file_find(struct disk *d, const struct key_index_shape *s, const struct key_index_info *file,
			struct key_index_find *q);

#endif
