/* SPDX-License-Identifier: Apache-2.0 */
/* One file of the simulated disk: what is read, what is on the disk, and what lies between.  Under the disk's lock. */
#ifndef LIGHTMQ_DISK_DISK_CRASH_INODE_H
#define LIGHTMQ_DISK_DISK_CRASH_INODE_H

#include "base/bytes.h"
#include "base/rng.h"

struct disk_crash_image {
	uint8_t *mem;
	int64_t bytes, cap;
};

/* A change not yet on the disk: bytes written, or (data NULL) a new size. */
struct disk_crash_change {
	int64_t at, n;
	uint8_t *data;
	bool lost;          /* a sync of it failed */
};

struct disk_crash_inode {
	uint32_t refs;      /* names in both worlds, open files, pending changes of names */
	bool folder;
	bool cold;
	const void *locked_by;
	struct disk_crash_image now, disk;
	struct disk_crash_change *changes;
	size_t count, cap;
	int64_t charged;    /* of the disk's room */
};

/* How a power cut treats a list of changes: kept(i) for each of n. */
struct disk_crash_fate {
	enum { FATE_NONE, FATE_ALL, FATE_FIRST, FATE_SOME } kind;
	size_t first;
	int64_t sector;
	struct lmi_rng *rng;
};
void disk_crash_fate_init(struct disk_crash_fate *f, struct lmi_rng *r, size_t n);
bool disk_crash_fate_keeps(struct disk_crash_fate *f, size_t i);

struct disk_crash_inode *disk_crash_inode_new(bool folder);
void disk_crash_inode_unref(struct disk_crash_inode *n);
void disk_crash_inode_write(struct disk_crash_inode *n, const void *src, int64_t bytes, int64_t at);
void disk_crash_inode_resize(struct disk_crash_inode *n, int64_t bytes);
/** What is pending reaches the disk. */
void disk_crash_inode_sync(struct disk_crash_inode *n);
/** It will never. */
void disk_crash_inode_lose(struct disk_crash_inode *n);
/** Read again what the disk has; what is dirty and not lost stays. */
void disk_crash_inode_drop_cache(struct disk_crash_inode *n);
void disk_crash_inode_power_cut(struct disk_crash_inode *n, struct lmi_rng *r);

#endif
