/* SPDX-License-Identifier: Apache-2.0 */
/* A disk that reads only, so that looking at a store cannot change it whatever the store's functions do. */
#include <errno.h>
#include <stdlib.h>

#include "storetool/storetool.h"

struct storetool_disk {
	struct disk disk;
	struct disk *real; /* borrowed */
};

static struct disk *real_of(struct disk *d)
{
	return lmi_container_of(d, struct storetool_disk, disk)->real;
}

static int ro_open(struct disk *d, const char *path, int flags, struct disk_file **out)
{
	struct disk *r = real_of(d);
	return r->ops->open(r, path, DISK_READ | (flags & DISK_NOWAIT), out); /* a descriptor that cannot write */
}

static int ro_stat(struct disk *d, const char *path, struct disk_stat *out)
{
	struct disk *r = real_of(d);
	return r->ops->stat(r, path, out);
}

/** The store's functions remove what is empty and go on without it. */
static int ro_unlink(struct disk *d, const char *path)
{
	(void)d;
	(void)path;
	return 0;
}

static int ro_rename(struct disk *d, const char *from, const char *to)
{
	(void)d;
	(void)from;
	(void)to;
	return -EROFS;
}

static int ro_folder(struct disk *d, const char *path)
{
	(void)d;
	(void)path;
	return -EROFS;
}

static int ro_sync_all(struct disk *d)
{
	(void)d;
	return -EROFS;
}

static int ro_list(struct disk *d, const char *path, int (*each)(void *ctx, const char *name), void *ctx)
{
	struct disk *r = real_of(d);
	return r->ops->list(r, path, each, ctx);
}

static int ro_space(struct disk *d, struct disk_space *out)
{
	struct disk *r = real_of(d);
	return r->ops->space(r, out);
}

static void ro_free(struct disk *d)
{
	free(lmi_container_of(d, struct storetool_disk, disk));
}

static const struct disk_ops ops = {
	.open = ro_open,
	.stat = ro_stat,
	.unlink = ro_unlink,
	.rename = ro_rename,
	.mkdirs = ro_folder,
	.rmdir = ro_folder,
	.sync_folder = ro_folder,
	.sync_all = ro_sync_all,
	.list = ro_list,
	.space = ro_space,
	.free = ro_free,
};

struct disk *storetool_disk_new(struct disk *d)
{
	struct storetool_disk *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->disk.ops = &ops;
	s->real = d;
	return &s->disk;
}
