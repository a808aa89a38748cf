/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/disk, L1: the disk as an argument, its real body (disk_posix.c) and atomic file replacement.
 * Whoever keeps a file goes through it.  Uses base only.
 *
 * Calls block; the threads that may call are said by the callers' headers (both bodies may be called from any thread).
 * Paths are relative to the disk's root and never leave it: no "..", no absolute path (-EINVAL), no symbolic link on the way
 * (-ELOOP).  "." is the root itself.  Files are regular files or nothing (-EINVAL).  Errors are -errno.
 */
#ifndef LIGHTMQ_DISK_DISK_H
#define LIGHTMQ_DISK_DISK_H

#include <sys/types.h>

#include "base/bytes.h"
#include "base/error.h"

struct disk;
struct disk_file;

enum {
	DISK_READ = 1,
	DISK_WRITE = 2,
	DISK_CREATE = 4,    /* make it when missing */
	DISK_EXCLUSIVE = 8, /* with CREATE: fail with -EEXIST */
	DISK_NOWAIT = 16    /* -EAGAIN when the disk would have to be asked where the file is (not with CREATE) */
};

struct disk_stat {
	int64_t bytes;      /* file size */
	int64_t mtime_ms;
	bool is_folder;
};

/* Of the file system, as an unprivileged user sees it: what is reserved for the superuser is in neither. */
struct disk_space {
	int64_t total_bytes, free_bytes;
};
struct statvfs;
struct disk_space disk_space_of(const struct statvfs *v);

/** Share in use, rounded up: 90 % and a bit is above 90.  -1 unknown.  Rule: UtilAll.getDiskPartitionSpaceUsedPercent. */
static inline int disk_space_percent(const struct disk_space *s)
{
	uint64_t total = (uint64_t)s->total_bytes, used = (uint64_t)(s->total_bytes - s->free_bytes);
	if (s->total_bytes <= 0)
		return -1;
	for (; total > UINT64_MAX / 128; total /= 2)
		used /= 2; /* 2^57 bytes and more: a part of a percent is lost */
	return (int)((used * 100 + total - 1) / total);
}

struct disk_ops {
	int (*open)(struct disk *d, const char *path, int flags, struct disk_file **out);
	int (*stat)(struct disk *d, const char *path, struct disk_stat *out);
	int (*unlink)(struct disk *d, const char *path);
	int (*rename)(struct disk *d, const char *from, const char *to); /* replaces a file of the new name */
	int (*mkdirs)(struct disk *d, const char *path);                 /* with parents; 0 when it exists */
	int (*rmdir)(struct disk *d, const char *path);
	int (*sync_folder)(struct disk *d, const char *path);            /* entries of the folder become durable */
	int (*sync_all)(struct disk *d);                                 /* syncfs */
	/** Names in a folder, C-locale order, without "." and "..": each() until it returns non-zero, which is returned. */
	int (*list)(struct disk *d, const char *path, int (*each)(void *ctx, const char *name), void *ctx);
	int (*space)(struct disk *d, struct disk_space *out);
	void (*free)(struct disk *d);
};

struct disk {
	const struct disk_ops *ops;
};

struct disk_file_ops {
	ssize_t (*pread)(struct disk_file *f, void *dst, size_t n, int64_t at);            /* short only at end of file */
	ssize_t (*pread_nowait)(struct disk_file *f, void *dst, size_t n, int64_t at);     /* -EAGAIN when it would wait for the disk; may be short */
	int (*pwrite)(struct disk_file *f, const void *src, size_t n, int64_t at);         /* all or an error */
	int (*sync_data)(struct disk_file *f);
	int (*allocate)(struct disk_file *f, int64_t bytes);       /* blocks and size, zeros */
	int (*set_size)(struct disk_file *f, int64_t bytes);       /* sparse growth, or cut */
	int (*size)(struct disk_file *f, int64_t *out);
	int (*lock)(struct disk_file *f);                          /* exclusive POSIX record lock on byte 0; -EAGAIN when held by another process */
	int (*drop_cache)(struct disk_file *f, int64_t at, int64_t n); /* forget clean cached pages; n 0: to the end */
	/** Whether reads may bring in more than they ask for, which next_data would then take for data.  They may at first. */
	void (*read_ahead)(struct disk_file *f, bool on);
	/** First offset at or after at that may hold something else than zeros; -ENXIO when only holes follow. */
	int (*next_data)(struct disk_file *f, int64_t at, int64_t *out);
	void (*close)(struct disk_file *f);
};

struct disk_file {
	const struct disk_file_ops *ops;
};

/** Gives the real disk below root (made when missing), or an error. */
int disk_posix_new(const char *root, struct disk **out);
static inline void disk_free(struct disk *d) { if (d) d->ops->free(d); }
static inline void disk_file_close(struct disk_file *f) { if (f) f->ops->close(f); }

/**
 * Replace a small file as a whole: write aside (PATH.tmp), sync, keep the old one as PATH.bak, rename, sync the folder.
 * At every instant PATH or PATH.bak is whole.
 *
 * Returns 0, or the -errno of the first call that failed; then PATH or, where that is missing, PATH.bak is the old content.
 */
int disk_replace(struct disk *d, const char *path, struct lmi_span content);

/**
 * Read a whole file into fresh memory.
 *
 * @max_bytes  above: -EFBIG
 * @out        gives malloc'ed bytes with a NUL after them (not counted)
 */
int disk_read_all(struct disk *d, const char *path, size_t max_bytes, uint8_t **out, size_t *out_bytes);

/** What every body refuses: an empty or absolute path, "..", longer than DISK_PATH_MAX with its NUL.  0, -EINVAL or -ENAMETOOLONG. */
int disk_path_check(const char *path);
#define DISK_PATH_MAX 1024

#endif
