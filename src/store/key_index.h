/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From keys to log positions: what each record's UNIQ_KEY, KEYS and TAGS hash to goes, in log order, into files that a Java
 * broker reads (key_index_file.h).  Rule: IndexService; tags as topic#T#tag, which 5.5.0 has and 5.3.3 has not.
 *
 * Owner: the core loop.  Keys wait in memory as their hashes; a worker links and writes them in batches (key_index_write.c),
 * which costs a page of slots at most once a batch.  What waits is searched beside the files, so a key is found as soon as
 * its record was dispatched.  One batch at a time.
 */
#ifndef LIGHTMQ_STORE_KEY_INDEX_H
#define LIGHTMQ_STORE_KEY_INDEX_H

#include "store/key_index_file.h"
#include "wire/record.h"

/* Keys in memory from which a batch is written without waiting for the interval. */
#define KEY_INDEX_URGENT 131072u
#define KEY_INDEX_KEY_BYTES 20u

/* Keys in log order, as columns, so that a search runs over hashes alone. */
struct key_index_run {
	uint32_t *hash;
	int64_t *log_pos, *ms;
	size_t n, cap;
};

/* How far the files go, for the mark: entries are in log order. */
struct key_index_reach {
	int64_t name;      /* the last file; 0: there is none */
	int32_t count;     /* of its header */
	int64_t full_ms;   /* end of the last file that is full: the checkpoint's indexMsgTimestamp */
};

/* What a worker writes.  On failure it is kept and tried again: nothing in it is lost or done twice. */
struct key_index_batch {
	struct disk *disk;
	struct key_index_shape shape;
	int64_t now_name;             /* for files to be made */
	struct key_index_run keys;
	size_t done;                  /* keys that are in files */
	int32_t *prev;                /* of the part in hand, once its slots were looked at */
	struct key_index_info *files; /* the last one as it was, and those made after it */
	size_t count, cap;
	int64_t *expired;             /* names of files to be deleted */
	size_t expired_count;
	struct key_index_reach reach; /* after it was written */
	int err;
};

struct key_index {
	struct disk *disk;
	bool enabled;                 /* messageIndexEnable; else nothing below is used */
	struct key_index_shape shape;
	struct key_index_info *files; /* oldest first, as of the last batch */
	size_t count, cap;
	struct key_index_run tail;
	size_t reserved;              /* keys that the turn's records may have at most */
	struct key_index_batch *fly;  /* with a worker, or failed */
	bool flying;
	int64_t end_pos, end_ms;      /* of the last record that has keys; -1, 0: none */
	size_t end_keys;              /* how many of its keys are in the index */
	/* the hash of "topic#" of the record before */
	uint8_t topic[256];
	size_t topic_bytes;
	int32_t topic_hash;
};

/** Reads nothing; see key_index_load.  @enabled false: every other function does nothing. */
void key_index_init(struct key_index *ix, struct disk *d, bool enabled, const struct key_index_shape *shape);
void key_index_done(struct key_index *ix);

/**
 * Have memory for the keys of one more record of this turn.
 *
 * @props_bytes  of its properties
 *
 * 0 or -ENOMEM.
 */
int key_index_reserve(struct key_index *ix, size_t props_bytes);

/** Take a record's keys; memory was reserved.  Keys that the index has already (recovery) are left out. */
void key_index_add(struct key_index *ix, struct lmi_span topic, struct lmi_span props, int32_t sysflag, int64_t log_pos,
		   int64_t ms);

/** All reserved memory was used or is not needed. */
static inline void key_index_turn_over(struct key_index *ix)
{
	ix->reserved = 0;
}

/** Bytes of keys in memory. */
size_t key_index_buffered(const struct key_index *ix);

/** A batch should be written now. */
static inline bool key_index_urgent(const struct key_index *ix)
{
	return ix->tail.n >= KEY_INDEX_URGENT && !ix->fly;
}

/**
 * Begin a batch of everything that waits; after a failure, of what failed.
 *
 * @log_min      files that end below it are deleted, but never the last
 * @out_missed   set when keys stay behind, as an older batch goes first or memory is short
 *
 * NULL when there is nothing to write or no memory.
 */
struct key_index_batch *key_index_collect(struct key_index *ix, int64_t wall_ms, int64_t log_min, bool *out_missed);

/** Write.  Blocks; a worker.  Sets err; sets reach when there is none. */
void key_index_write(struct key_index_batch *b);

/** Take over what was written.  Core loop.  The batch is gone, or kept for the next one. */
void key_index_settle(struct key_index *ix, struct key_index_batch *b);

/** Collect, write and settle here and now.  0 or -errno. */
int key_index_flush(struct key_index *ix, int64_t wall_ms, int64_t log_min);

/** How far the files go as of the last batch. */
struct key_index_reach key_index_reach(const struct key_index *ix);

/** The hash of topic#key, or with @by_tag of topic#T#key. */
uint32_t key_index_hash_of(struct lmi_span topic, struct lmi_span key, bool by_tag);

/** Look for what waits in memory, newest first. */
void key_index_find_waiting(const struct key_index *ix, struct key_index_find *q);

/**
 * The files in which to go on looking, newest first, as copies that a worker may use.
 *
 * @out  gives malloc'ed memory, NULL for none
 *
 * 0 or -ENOMEM.
 */
int key_index_files_for(const struct key_index *ix, const struct key_index_find *q, struct key_index_info **out,
			size_t *out_count);

/* ---- key_index_load.c; blocks, start-up only ---- */

/* What key_index_load starts from. */
struct key_index_known {
	bool marked;       /* reach is that of a sync which covered the entries of all records below pos */
	bool clean;        /* and nothing was written since */
	struct key_index_reach reach;
	int64_t pos;
	bool crashed;      /* without a mark: files that end after checkpoint_ms are not to be believed.  Rule: IndexService.load */
	int64_t checkpoint_ms;
	int64_t log_min, tail;
};

/**
 * Find the files, delete those that cannot be believed, cut the last one to what is known to be whole.
 *
 * @record_ms  store time of the record at a log position, -1 when there is none: for the end of a file that was cut
 * @out_from   records from here on are to be added; what the index has of them already is left out then
 * @out_gone   how many files were not believed
 * @what       why the first of them was not, NUL-terminated
 *
 * 0, -ENOMEM or -errno.
 */
int key_index_load(struct key_index *ix, const struct key_index_known *known, int64_t (*record_ms)(void *ctx, int64_t log_pos),
		   void *ctx, int64_t *out_from, unsigned int *out_gone, char what[256]);

#endif
