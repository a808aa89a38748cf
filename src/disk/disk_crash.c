/* SPDX-License-Identifier: Apache-2.0 */
#include "disk/disk_crash.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "disk/disk_crash_inode.h"

/* A change of a name that is not on the disk yet: the name from goes away, the name to comes. */
struct name_change {
	char *from, *to;               /* either may be NULL */
	struct disk_crash_inode *node; /* referenced; what to names; NULL when only from goes */
};

struct name {
	char *path;
	struct disk_crash_inode *node; /* referenced */
};

/* A world of names, sorted by path. */
struct names {
	struct name *v;
	size_t count, cap;
};

struct failure {
	uint64_t seen, at; /* calls so far; the one that fails, 0: none */
	int err;
	bool lasting;
};

struct disk_crash {
	struct disk disk;
	pthread_mutex_t lock;
	struct names now, on_disk;
	struct name_change *changes;
	size_t count, cap;
	struct failure failures[DISK_CRASH_CALLS];
	int64_t room, used; /* room -1: no limit */
	uint64_t calls, die_at; /* of all kinds; 0: never */
};

struct crash_file {
	struct disk_file file;
	struct disk_crash *disk;
	struct disk_crash_inode *node;
};

static struct disk_crash *of_disk(struct disk *d)
{
	return lmi_container_of(d, struct disk_crash, disk);
}

static struct crash_file *of_file(struct disk_file *f)
{
	return lmi_container_of(f, struct crash_file, file);
}

static void *must(void *p)
{
	assert(p);
	return p;
}

static bool is_dead(const struct disk_crash *c)
{
	return c->die_at && c->calls >= c->die_at;
}

/** Count a call; its error when it is one that was told to fail. */
static int begin(struct disk_crash *c, enum disk_crash_call kind)
{
	struct failure *f = &c->failures[kind];
	f->seen++;
	c->calls++;
	if (is_dead(c))
		return -EIO;
	if (!f->at || f->seen < f->at || (f->seen > f->at && !f->lasting))
		return 0;
	return f->err;
}

/* ---- names ---- */

static size_t lower_bound(const struct names *n, const char *path)
{
	size_t lo = 0, hi = n->count;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (strcmp(n->v[mid].path, path) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct disk_crash_inode *find(const struct names *n, const char *path)
{
	size_t i = lower_bound(n, path);
	return i < n->count && strcmp(n->v[i].path, path) == 0 ? n->v[i].node : NULL;
}

static void names_remove_at(struct names *n, size_t i)
{
	free(n->v[i].path);
	disk_crash_inode_unref(n->v[i].node);
	memmove(&n->v[i], &n->v[i + 1], (n->count - i - 1) * sizeof(n->v[0]));
	n->count--;
}

static void names_remove(struct names *n, const char *path)
{
	size_t i = lower_bound(n, path);
	if (i < n->count && strcmp(n->v[i].path, path) == 0)
		names_remove_at(n, i);
}

static void names_put(struct names *n, const char *path, struct disk_crash_inode *node)
{
	node->refs++;
	names_remove(n, path);
	if (n->count == n->cap) {
		n->cap = n->cap ? 2 * n->cap : 16;
		n->v = must(realloc(n->v, n->cap * sizeof(n->v[0])));
	}
	size_t i = lower_bound(n, path);
	memmove(&n->v[i + 1], &n->v[i], (n->count - i) * sizeof(n->v[0]));
	n->v[i] = (struct name){ .path = must(strdup(path)), .node = node };
	n->count++;
}

static void names_done(struct names *n)
{
	while (n->count)
		names_remove_at(n, n->count - 1);
	free(n->v);
}

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);
	return strcmp(folder, ".") == 0 || (strncmp(path, folder, n) == 0 && path[n] == '/');
}

/** The folder that holds a name. */
static void parent_of(const char *path, char out[DISK_PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	if (slash)
		snprintf(out, DISK_PATH_MAX, "%.*s", (int)(slash - path), path);
	else
		snprintf(out, DISK_PATH_MAX, ".");
}

static bool is_folder(const struct names *n, const char *path)
{
	struct disk_crash_inode *node = strcmp(path, ".") == 0 ? NULL : find(n, path);
	return strcmp(path, ".") == 0 || (node && node->folder);
}

static bool parent_is_there(const struct names *n, const char *path)
{
	char folder[DISK_PATH_MAX];
	parent_of(path, folder);
	return is_folder(n, folder);
}

/** Move a name, and with a folder everything in it. */
static void names_move(struct names *n, const char *from, const char *to)
{
	struct names moved = { 0 };
	for (size_t i = 0; i < n->count; i++) {
		const struct name *x = &n->v[i];
		char path[2 * DISK_PATH_MAX];
		if (strcmp(x->path, from) != 0 && !is_below(x->path, from))
			continue;
		snprintf(path, sizeof(path), "%s%s", to, x->path + strlen(from));
		names_put(&moved, path, x->node);
	}
	for (size_t i = n->count; i-- > 0;)
		if (strcmp(n->v[i].path, from) == 0 || is_below(n->v[i].path, from))
			names_remove_at(n, i);
	for (size_t i = 0; i < moved.count; i++)
		names_put(n, moved.v[i].path, moved.v[i].node);
	names_done(&moved);
}

static void apply(struct names *n, const struct name_change *x)
{
	if (x->from && x->to) {
		if (!parent_is_there(n, x->to))
			return;
		if (find(n, x->from) == x->node)
			names_move(n, x->from, x->to);
		else
			names_put(n, x->to, x->node); /* its making was not on the disk: it comes under its new name */
	} else if (x->from) {
		names_remove(n, x->from);
	} else if (parent_is_there(n, x->to)) {
		names_put(n, x->to, x->node);
	}
}

/** Change the names as they are now, and remember that the disk does not know. */
static void change(struct disk_crash *c, const char *from, const char *to, struct disk_crash_inode *node)
{
	struct name_change x = { .from = from ? must(strdup(from)) : NULL, .to = to ? must(strdup(to)) : NULL, .node = node };
	if (node)
		node->refs++;
	if (c->count == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 16;
		c->changes = must(realloc(c->changes, c->cap * sizeof(c->changes[0])));
	}
	c->changes[c->count++] = x;
	apply(&c->now, &x);
}

static void forget_change(struct name_change *x)
{
	free(x->from);
	free(x->to);
	disk_crash_inode_unref(x->node);
}

static bool touches(const struct name_change *x, const char *folder)
{
	char parent[DISK_PATH_MAX];
	if (x->from) {
		parent_of(x->from, parent);
		if (strcmp(parent, folder) == 0)
			return true;
	}
	if (!x->to)
		return false;
	parent_of(x->to, parent);
	return strcmp(parent, folder) == 0;
}

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/** A name that is moved takes along what was done to it before. */
static void mark_history(const struct disk_crash *c, size_t moved, bool *marked)
{
	const char *from = c->changes[moved].from;
	for (size_t i = 0; i < moved; i++)
		if (same(c->changes[i].from, from) || same(c->changes[i].to, from))
			marked[i] = true;
}

/** Changes in a folder (all with NULL) reach the disk. */
static void sync_names(struct disk_crash *c, const char *folder)
{
	bool *marked = must(calloc(c->count + 1, sizeof(*marked)));
	for (size_t i = 0; i < c->count; i++) {
		marked[i] = !folder || touches(&c->changes[i], folder);
		if (marked[i] && c->changes[i].from && c->changes[i].to)
			mark_history(c, i, marked);
	}
	size_t kept = 0;
	for (size_t i = 0; i < c->count; i++) {
		if (!marked[i]) {
			c->changes[kept++] = c->changes[i];
			continue;
		}
		apply(&c->on_disk, &c->changes[i]);
		forget_change(&c->changes[i]);
	}
	c->count = kept;
	free(marked);
}

/* ---- room ---- */

static int charge(struct disk_crash *c, struct disk_crash_inode *n, int64_t end)
{
	int64_t more = end - n->charged;
	if (more <= 0)
		return 0;
	if (c->room >= 0 && c->used + more > c->room)
		return -ENOSPC;
	c->used += more;
	n->charged = end;
	return 0;
}

static void give_back(struct disk_crash *c, struct disk_crash_inode *n, int64_t keep)
{
	if (n->charged <= keep)
		return;
	c->used -= n->charged - keep;
	n->charged = keep;
}

/* ---- files ---- */

/* What the kernel refuses too; and files of sizes that no test means. */
static int check_range(int64_t at, int64_t n)
{
	if (at < 0 || n < 0)
		return -EINVAL;
	return at > DISK_CRASH_FILE_MAX || n > DISK_CRASH_FILE_MAX - at ? -EFBIG : 0;
}

static ssize_t read_now(struct crash_file *f, void *dst, size_t n, int64_t at)
{
	const struct disk_crash_image *m = &f->node->now;
	if (at >= m->bytes)
		return 0;
	if ((int64_t)n > m->bytes - at)
		n = (size_t)(m->bytes - at);
	memcpy(dst, m->mem + at, n);
	return (ssize_t)n;
}

static ssize_t crash_pread(struct disk_file *file, void *dst, size_t n, int64_t at)
{
	struct crash_file *f = of_file(file);
	pthread_mutex_lock(&f->disk->lock);
	ssize_t r = begin(f->disk, DISK_CRASH_READ);
	if (r == 0 && at < 0)
		r = -EINVAL;
	if (r == 0) {
		f->node->cold = false;
		r = read_now(f, dst, n, at);
	}
	pthread_mutex_unlock(&f->disk->lock);
	return r;
}

static ssize_t crash_pread_nowait(struct disk_file *file, void *dst, size_t n, int64_t at)
{
	struct crash_file *f = of_file(file);
	pthread_mutex_lock(&f->disk->lock);
	ssize_t r = begin(f->disk, DISK_CRASH_READ);
	if (r == 0 && at < 0)
		r = -EINVAL;
	if (r == 0)
		r = f->node->cold ? -EAGAIN : read_now(f, dst, n, at);
	pthread_mutex_unlock(&f->disk->lock);
	return r;
}

static int crash_pwrite(struct disk_file *file, const void *src, size_t n, int64_t at)
{
	struct crash_file *f = of_file(file);
	int bad = check_range(at, (int64_t)n);
	if (bad)
		return bad;
	pthread_mutex_lock(&f->disk->lock);
	int err = begin(f->disk, DISK_CRASH_WRITE);
	if (!err)
		err = charge(f->disk, f->node, at + (int64_t)n);
	int64_t put = err ? (int64_t)n / 2 : (int64_t)n;
	if (!is_dead(f->disk) || f->disk->calls == f->disk->die_at)
		disk_crash_inode_write(f->node, src, put, at);
	pthread_mutex_unlock(&f->disk->lock);
	return err;
}

static int crash_sync_data(struct disk_file *file)
{
	struct crash_file *f = of_file(file);
	pthread_mutex_lock(&f->disk->lock);
	int err = begin(f->disk, DISK_CRASH_SYNC);
	if (err && !is_dead(f->disk))
		disk_crash_inode_lose(f->node);
	else if (!err)
		disk_crash_inode_sync(f->node);
	pthread_mutex_unlock(&f->disk->lock);
	return err;
}

static int crash_allocate(struct disk_file *file, int64_t bytes)
{
	struct crash_file *f = of_file(file);
	pthread_mutex_lock(&f->disk->lock);
	int err = begin(f->disk, DISK_CRASH_ALLOCATE);
	if (!err)
		err = check_range(0, bytes);
	if (!err)
		err = charge(f->disk, f->node, bytes);
	if (!err && f->node->now.bytes < bytes)
		disk_crash_inode_resize(f->node, bytes);
	pthread_mutex_unlock(&f->disk->lock);
	return err;
}

static int crash_set_size(struct disk_file *file, int64_t bytes)
{
	struct crash_file *f = of_file(file);
	pthread_mutex_lock(&f->disk->lock);
	int err = begin(f->disk, DISK_CRASH_SET_SIZE);
	if (!err)
		err = check_range(0, bytes);
	if (!err) {
		disk_crash_inode_resize(f->node, bytes);
		give_back(f->disk, f->node, bytes);
	}
	pthread_mutex_unlock(&f->disk->lock);
	return err;
}

static int crash_size(struct disk_file *file, int64_t *out)
{
	struct crash_file *f = of_file(file);
	pthread_mutex_lock(&f->disk->lock);
	*out = f->node->now.bytes;
	pthread_mutex_unlock(&f->disk->lock);
	return 0;
}

static int crash_lock(struct disk_file *file)
{
	struct crash_file *f = of_file(file);
	pthread_mutex_lock(&f->disk->lock);
	int err = f->node->locked_by && f->node->locked_by != f ? -EAGAIN : 0;
	if (!err)
		f->node->locked_by = f;
	pthread_mutex_unlock(&f->disk->lock);
	return err;
}

static int crash_drop_cache(struct disk_file *file, int64_t at, int64_t n)
{
	struct crash_file *f = of_file(file);
	(void)at;
	(void)n;
	pthread_mutex_lock(&f->disk->lock);
	disk_crash_inode_drop_cache(f->node);
	pthread_mutex_unlock(&f->disk->lock);
	return 0;
}

static void crash_read_ahead(struct disk_file *file, bool on)
{
	(void)file;
	(void)on;
}

static int crash_next_data(struct disk_file *file, int64_t at, int64_t *out)
{
	int64_t bytes;
	crash_size(file, &bytes);
	if (at >= bytes)
		return -ENXIO;
	*out = at; /* no holes are told apart: all of it is data */
	return 0;
}

static void crash_close(struct disk_file *file)
{
	struct crash_file *f = of_file(file);
	struct disk_crash *c = f->disk;
	pthread_mutex_lock(&c->lock);
	if (f->node->locked_by == f)
		f->node->locked_by = NULL;
	disk_crash_inode_unref(f->node);
	pthread_mutex_unlock(&c->lock);
	free(f);
}

static const struct disk_file_ops crash_file_ops = {
	.pread = crash_pread,
	.pread_nowait = crash_pread_nowait,
	.pwrite = crash_pwrite,
	.sync_data = crash_sync_data,
	.allocate = crash_allocate,
	.set_size = crash_set_size,
	.size = crash_size,
	.lock = crash_lock,
	.drop_cache = crash_drop_cache,
	.read_ahead = crash_read_ahead,
	.next_data = crash_next_data,
	.close = crash_close,
};

/* ---- the disk ---- */

/** The inode to open, made when asked for. */
static int open_node(struct disk_crash *c, const char *path, int flags, struct disk_crash_inode **out)
{
	struct disk_crash_inode *n = find(&c->now, path);
	if (n && (flags & DISK_CREATE) && (flags & DISK_EXCLUSIVE))
		return -EEXIST;
	if (n && n->folder)
		return -EISDIR;
	if (n && n->cold && (flags & DISK_NOWAIT))
		return -EAGAIN;
	if (!n && !(flags & DISK_CREATE))
		return -ENOENT;
	if (!n && !parent_is_there(&c->now, path))
		return -ENOENT;
	if (!n) {
		n = disk_crash_inode_new(false);
		change(c, NULL, path, n);
	}
	*out = n;
	return 0;
}

static int crash_open(struct disk *d, const char *path, int flags, struct disk_file **out)
{
	struct disk_crash *c = of_disk(d);
	int err = disk_path_check(path);
	if (err)
		return err;
	pthread_mutex_lock(&c->lock);
	struct disk_crash_inode *n = NULL;
	err = begin(c, DISK_CRASH_OPEN);
	if (!err)
		err = open_node(c, path, flags, &n);
	if (!err) {
		struct crash_file *f = must(calloc(1, sizeof(*f)));
		f->file.ops = &crash_file_ops;
		f->disk = c;
		f->node = n;
		n->refs++;
		*out = &f->file;
	}
	pthread_mutex_unlock(&c->lock);
	return err;
}

static int crash_stat(struct disk *d, const char *path, struct disk_stat *out)
{
	struct disk_crash *c = of_disk(d);
	int err = disk_path_check(path);
	if (err)
		return err;
	pthread_mutex_lock(&c->lock);
	err = begin(c, DISK_CRASH_STAT);
	struct disk_crash_inode *n = find(&c->now, path);
	if (!err && !n && strcmp(path, ".") != 0)
		err = -ENOENT;
	if (!err)
		*out = (struct disk_stat){ .bytes = n ? n->now.bytes : 0, .is_folder = !n || n->folder };
	pthread_mutex_unlock(&c->lock);
	return err;
}

static bool has_entries(const struct names *n, const char *folder)
{
	for (size_t i = 0; i < n->count; i++)
		if (is_below(n->v[i].path, folder))
			return true;
	return false;
}

static int take_away(struct disk *d, const char *path, bool folder)
{
	struct disk_crash *c = of_disk(d);
	int err = disk_path_check(path);
	if (err)
		return err;
	pthread_mutex_lock(&c->lock);
	err = begin(c, DISK_CRASH_UNLINK);
	struct disk_crash_inode *n = find(&c->now, path);
	if (!err && !n)
		err = -ENOENT;
	if (!err && n->folder != folder)
		err = folder ? -ENOTDIR : -EISDIR;
	if (!err && folder && has_entries(&c->now, path))
		err = -ENOTEMPTY;
	if (!err) {
		give_back(c, n, 0);
		change(c, path, NULL, NULL);
	}
	pthread_mutex_unlock(&c->lock);
	return err;
}

static int crash_unlink(struct disk *d, const char *path)
{
	return take_away(d, path, false);
}

static int crash_rmdir(struct disk *d, const char *path)
{
	return take_away(d, path, true);
}

static int crash_rename(struct disk *d, const char *from, const char *to)
{
	struct disk_crash *c = of_disk(d);
	int err = disk_path_check(from);
	if (!err)
		err = disk_path_check(to);
	if (err)
		return err;
	pthread_mutex_lock(&c->lock);
	err = begin(c, DISK_CRASH_RENAME);
	struct disk_crash_inode *n = find(&c->now, from), *old = find(&c->now, to);
	if (!err && (!n || !parent_is_there(&c->now, to)))
		err = -ENOENT;
	if (!err && old && old->folder)
		err = -EISDIR;
	if (!err) {
		if (old && old != n)
			give_back(c, old, 0);
		change(c, from, to, n);
	}
	pthread_mutex_unlock(&c->lock);
	return err;
}

static int crash_mkdirs(struct disk *d, const char *path)
{
	struct disk_crash *c = of_disk(d);
	int err = disk_path_check(path);
	if (err)
		return err;
	char part[DISK_PATH_MAX];
	snprintf(part, sizeof(part), "%s", path);
	pthread_mutex_lock(&c->lock);
	err = begin(c, DISK_CRASH_MKDIR);
	for (char *end = part; !err && end;) {
		end = strchr(end + 1, '/');
		if (end)
			*end = '\0';
		struct disk_crash_inode *n = find(&c->now, part);
		if (n && !n->folder)
			err = -ENOTDIR;
		else if (!n && strcmp(part, ".") != 0)
			change(c, NULL, part, disk_crash_inode_new(true));
		if (end)
			*end = '/';
	}
	pthread_mutex_unlock(&c->lock);
	return err;
}

static int crash_sync_folder(struct disk *d, const char *path)
{
	struct disk_crash *c = of_disk(d);
	pthread_mutex_lock(&c->lock);
	int err = begin(c, DISK_CRASH_SYNC_FOLDER);
	if (!err && !is_folder(&c->now, path))
		err = find(&c->now, path) ? -ENOTDIR : -ENOENT;
	if (!err)
		sync_names(c, path);
	pthread_mutex_unlock(&c->lock);
	return err;
}

static int crash_sync_all(struct disk *d)
{
	struct disk_crash *c = of_disk(d);
	pthread_mutex_lock(&c->lock);
	int err = begin(c, DISK_CRASH_SYNC_ALL);
	for (size_t i = 0; i < c->now.count; i++) {
		if (err && !is_dead(c))
			disk_crash_inode_lose(c->now.v[i].node);
		else if (!err)
			disk_crash_inode_sync(c->now.v[i].node);
	}
	if (!err)
		sync_names(c, NULL);
	pthread_mutex_unlock(&c->lock);
	return err;
}

static int crash_list(struct disk *d, const char *path, int (*each)(void *ctx, const char *name), void *ctx)
{
	struct disk_crash *c = of_disk(d);
	char *names[4096];
	size_t n = 0, skip = strcmp(path, ".") == 0 ? 0 : strlen(path) + 1;
	pthread_mutex_lock(&c->lock);
	int err = begin(c, DISK_CRASH_STAT);
	if (!err && !is_folder(&c->now, path))
		err = find(&c->now, path) ? -ENOTDIR : -ENOENT;
	for (size_t i = 0; !err && i < c->now.count; i++) {
		const char *p = c->now.v[i].path;
		if (is_below(p, path) && !strchr(p + skip, '/')) {
			assert(n < sizeof(names) / sizeof(names[0]));
			names[n++] = must(strdup(p + skip));
		}
	}
	pthread_mutex_unlock(&c->lock);
	for (size_t i = 0; i < n; i++) {
		if (!err)
			err = each(ctx, names[i]);
		free(names[i]);
	}
	return err;
}

static int crash_space(struct disk *d, struct disk_space *out)
{
	struct disk_crash *c = of_disk(d);
	pthread_mutex_lock(&c->lock);
	int64_t total = c->room >= 0 ? c->room : INT64_MAX;
	*out = (struct disk_space){ .total_bytes = total, .free_bytes = total - c->used };
	pthread_mutex_unlock(&c->lock);
	return 0;
}

static void crash_free(struct disk *d)
{
	struct disk_crash *c = of_disk(d);
	for (size_t i = 0; i < c->count; i++)
		forget_change(&c->changes[i]);
	free(c->changes);
	names_done(&c->now);
	names_done(&c->on_disk);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static const struct disk_ops crash_ops = {
	.open = crash_open,
	.stat = crash_stat,
	.unlink = crash_unlink,
	.rename = crash_rename,
	.mkdirs = crash_mkdirs,
	.rmdir = crash_rmdir,
	.sync_folder = crash_sync_folder,
	.sync_all = crash_sync_all,
	.list = crash_list,
	.space = crash_space,
	.free = crash_free,
};

struct disk_crash *disk_crash_new(void)
{
	struct disk_crash *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->disk.ops = &crash_ops;
	c->room = -1;
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

struct disk *disk_crash_disk(struct disk_crash *c)
{
	return &c->disk;
}

/* ---- what tests do to it ---- */

/** Names whose folder did not survive. */
static void drop_unreachable(struct names *n)
{
	for (size_t i = 0; i < n->count;) {
		if (parent_is_there(n, n->v[i].path))
			i++;
		else
			names_remove_at(n, i);
	}
}

static void copy_names(struct names *to, const struct names *from)
{
	names_done(to);
	*to = (struct names){ 0 };
	for (size_t i = 0; i < from->count; i++)
		names_put(to, from->v[i].path, from->v[i].node);
}

void disk_crash_power_cut(struct disk_crash *c, uint64_t seed)
{
	struct lmi_rng_seeded r;
	struct disk_crash_fate f;
	lmi_rng_seeded_init(&r, seed);
	pthread_mutex_lock(&c->lock);
	disk_crash_fate_init(&f, &r.rng, c->count);
	for (size_t i = 0; i < c->count; i++) {
		if (disk_crash_fate_keeps(&f, i))
			apply(&c->on_disk, &c->changes[i]);
		forget_change(&c->changes[i]);
	}
	c->count = 0;
	drop_unreachable(&c->on_disk);
	copy_names(&c->now, &c->on_disk);
	c->used = 0;
	for (size_t i = 0; i < c->now.count; i++) {
		struct disk_crash_inode *n = c->now.v[i].node;
		disk_crash_inode_power_cut(n, &r.rng);
		n->charged = n->now.bytes;
		c->used += n->charged;
	}
	pthread_mutex_unlock(&c->lock);
}

void disk_crash_fail(struct disk_crash *c, enum disk_crash_call kind, uint64_t nth, int err, bool lasting)
{
	pthread_mutex_lock(&c->lock);
	struct failure *f = &c->failures[kind];
	*f = (struct failure){ .seen = f->seen, .at = nth ? f->seen + nth : 0, .err = err, .lasting = lasting };
	pthread_mutex_unlock(&c->lock);
}

void disk_crash_die(struct disk_crash *c, uint64_t nth)
{
	pthread_mutex_lock(&c->lock);
	c->die_at = nth ? c->calls + nth : 0;
	pthread_mutex_unlock(&c->lock);
}

bool disk_crash_is_dead(struct disk_crash *c)
{
	pthread_mutex_lock(&c->lock);
	bool dead = is_dead(c);
	pthread_mutex_unlock(&c->lock);
	return dead;
}

uint64_t disk_crash_count(struct disk_crash *c, enum disk_crash_call kind)
{
	pthread_mutex_lock(&c->lock);
	uint64_t n = c->failures[kind].seen;
	pthread_mutex_unlock(&c->lock);
	return n;
}

void disk_crash_set_room(struct disk_crash *c, int64_t bytes)
{
	pthread_mutex_lock(&c->lock);
	c->room = bytes;
	pthread_mutex_unlock(&c->lock);
}

void disk_crash_chill(struct disk_crash *c)
{
	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < c->now.count; i++)
		c->now.v[i].node->cold = !c->now.v[i].node->folder;
	pthread_mutex_unlock(&c->lock);
}

int disk_crash_flip(struct disk_crash *c, const char *path, int64_t at, uint8_t mask)
{
	pthread_mutex_lock(&c->lock);
	struct disk_crash_inode *n = find(&c->now, path);
	int err = !n ? -ENOENT : at < 0 || at >= n->now.bytes ? -EINVAL : 0;
	if (!err) {
		n->now.mem[at] ^= mask;
		if (at < n->disk.bytes)
			n->disk.mem[at] ^= mask;
	}
	pthread_mutex_unlock(&c->lock);
	return err;
}

uint64_t disk_crash_digest(struct disk_crash *c, const char *below)
{
	uint64_t sum = 0;
	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < c->now.count; i++) {
		const struct name *x = &c->now.v[i];
		if (!is_below(x->path, below))
			continue;
		uint32_t crc = lmi_crc32(0, x->path, strlen(x->path) + 1);
		if (x->node->now.bytes)
			crc = lmi_crc32(crc, x->node->now.mem, (size_t)x->node->now.bytes);
		sum = sum * 1000003 + crc;
	}
	pthread_mutex_unlock(&c->lock);
	return sum;
}
