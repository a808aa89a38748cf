/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk's simulated twin, for tests: files in memory, of which only what was synced survives a power cut.
 *
 * Data reaches "the disk" by sync_data of its file or sync_all, names by sync_folder of their folder or sync_all (a
 * rename by either of its folders).  A power cut keeps what was synced and, of the rest, nothing, everything, the first
 * part, or a random choice, torn at 512 or 4096 bytes: the seed says which.  A folder that is gone takes along what is
 * in it.
 *
 * Any thread may call; one lock for all.
 */
#ifndef LIGHTMQ_DISK_DISK_CRASH_H
#define LIGHTMQ_DISK_DISK_CRASH_H

#include "disk/disk.h"

struct disk_crash;

#define DISK_CRASH_FILE_MAX (1ll << 30) /* bytes; beyond, -EFBIG */

/* Kinds of calls that can be made to fail and are counted. */
enum disk_crash_call {
	DISK_CRASH_OPEN,
	DISK_CRASH_READ,
	DISK_CRASH_WRITE,
	DISK_CRASH_SYNC,        /* of a file */
	DISK_CRASH_SYNC_FOLDER,
	DISK_CRASH_SYNC_ALL,
	DISK_CRASH_ALLOCATE,
	DISK_CRASH_SET_SIZE,
	DISK_CRASH_RENAME,
	DISK_CRASH_UNLINK,      /* and rmdir */
	DISK_CRASH_MKDIR,
	DISK_CRASH_STAT,        /* and list */
	DISK_CRASH_CALLS
};

/** NULL without memory. */
struct disk_crash *disk_crash_new(void);
/** The disk; freeing it (disk_free) frees the twin.  Files must be closed. */
struct disk *disk_crash_disk(struct disk_crash *c);

/** Lose power.  Open files stay valid, as those of a process that does not know yet. */
void disk_crash_power_cut(struct disk_crash *c, uint64_t seed);

/**
 * Let the nth call of a kind from now on fail (1 is the next one), and with lasting all after it.  A failed sync loses
 * what was to be synced: it reads well until the cache is dropped or the power fails, and never reaches the disk, also not
 * by a later sync that succeeds.  A failed write takes half of its bytes.
 *
 * @nth  0: no failure of this kind any more
 */
void disk_crash_fail(struct disk_crash *c, enum disk_crash_call kind, uint64_t nth, int err, bool lasting);

/**
 * The process dies at the nth call from now on, of whatever kind: that one does nothing or, when it is a write, half of it,
 * and all after it do nothing and fail.  What was done before stays, as the kernel lives on.
 *
 * @nth  0: back to life
 */
void disk_crash_die(struct disk_crash *c, uint64_t nth);
/** True once that call came. */
bool disk_crash_is_dead(struct disk_crash *c);

/** Calls of a kind so far. */
uint64_t disk_crash_count(struct disk_crash *c, enum disk_crash_call kind);

/** Room for file contents, -1 for as much as wanted (holes are free): beyond, -ENOSPC. */
void disk_crash_set_room(struct disk_crash *c, int64_t bytes);

/** Nothing is in the page cache: reading without waiting says -EAGAIN until the file was read with waiting. */
void disk_crash_chill(struct disk_crash *c);

/** Change a byte of a file as it is now and on the disk.  0 or -ENOENT, -EINVAL beyond its end. */
int disk_crash_flip(struct disk_crash *c, const char *path, int64_t at, uint8_t mask);

/** A number that says what all files hold and are called, as read now. */
uint64_t disk_crash_digest(struct disk_crash *c, const char *below);

#endif
