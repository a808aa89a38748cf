/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real disk.  Everything is opened beneath the root's descriptor with openat2, so that neither a name nor a symbolic
 * link leads out of it; a kernel or a filter without openat2 gets openat with O_NOFOLLOW on the last component.
 */
#include "disk/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/list.h"

struct posix_disk {
	struct disk disk;
	int root;
	atomic_bool no_openat2; /* the kernel does not know it, or a filter forbids it */
};

struct posix_file {
	struct disk_file file;
	int fd;
	atomic_bool no_nowait;  /* the file system does not know RWF_NOWAIT */
};

static struct posix_disk *posix_disk(struct disk *d)
{
	return lmi_container_of(d, struct posix_disk, disk);
}

static struct posix_file *posix_file(struct disk_file *f)
{
	return lmi_container_of(f, struct posix_file, file);
}

/* ---- paths ---- */

/** A descriptor beneath the root, or -errno. */
static int open_beneath(struct posix_disk *p, const char *path, int flags, bool cached_only)
{
	if (!atomic_load_explicit(&p->no_openat2, memory_order_relaxed)) {
		struct open_how how = {
			.flags = (uint64_t)(unsigned int)flags | O_CLOEXEC,
			.mode = flags & O_CREAT ? 0640 : 0,
			.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
		};
		if (cached_only)
			how.resolve |= RESOLVE_CACHED;
		long fd = syscall(SYS_openat2, p->root, path, &how, sizeof(how));
		if (fd >= 0)
			return (int)fd;
		if (errno != ENOSYS && errno != EPERM)
			return errno == EXDEV ? -EINVAL : -errno;
		atomic_store_explicit(&p->no_openat2, true, memory_order_relaxed);
	}
	int fd = openat(p->root, path, flags | O_CLOEXEC | O_NOFOLLOW, 0640);
	return fd >= 0 ? fd : -errno;
}

/** The folder that holds a path's last component; *out_base points into path. */
static int open_parent(struct posix_disk *p, const char *path, const char **out_base)
{
	int err = disk_path_check(path);
	if (err)
		return err;
	const char *slash = strrchr(path, '/');
	if (!slash) {
		*out_base = path;
		return open_beneath(p, ".", O_PATH | O_DIRECTORY, false);
	}
	char folder[DISK_PATH_MAX];
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	*out_base = slash + 1;
	return open_beneath(p, folder, O_PATH | O_DIRECTORY, false);
}

/* ---- files ---- */

static ssize_t posix_pread(struct disk_file *f, void *dst, size_t n, int64_t at)
{
	struct posix_file *p = posix_file(f);
	size_t got = 0;
	while (got < n) {
		ssize_t r = pread(p->fd, (char *)dst + got, n - got, at + (int64_t)got);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (r == 0)
			break;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

static ssize_t posix_pread_nowait(struct disk_file *f, void *dst, size_t n, int64_t at)
{
	struct posix_file *p = posix_file(f);
	if (atomic_load_explicit(&p->no_nowait, memory_order_relaxed))
		return posix_pread(f, dst, n, at);
	struct iovec iov = { .iov_base = dst, .iov_len = n };
	ssize_t r;
	do
		r = preadv2(p->fd, &iov, 1, at, RWF_NOWAIT);
	while (r < 0 && errno == EINTR);
	if (r >= 0)
		return r;
	if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL)
		return -errno;
	atomic_store_explicit(&p->no_nowait, true, memory_order_relaxed); /* tmpfs: nothing to wait for */
	return posix_pread(f, dst, n, at);
}

static int posix_pwrite(struct disk_file *f, const void *src, size_t n, int64_t at)
{
	struct posix_file *p = posix_file(f);
	size_t put = 0;
	while (put < n) {
		ssize_t r = pwrite(p->fd, (const char *)src + put, n - put, at + (int64_t)put);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (r == 0)
			return -EIO;
		put += (size_t)r;
	}
	return 0;
}

static int posix_sync_data(struct disk_file *f)
{
	/* Not repeated on EINTR: whether a failed sync may be believed later is the caller's law (it may not). */
	return fdatasync(posix_file(f)->fd) < 0 ? -errno : 0;
}

static int posix_allocate(struct disk_file *f, int64_t bytes)
{
	struct posix_file *p = posix_file(f);
	int r;
	do
		r = fallocate(p->fd, 0, 0, bytes);
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != ENOSYS)
		return -errno;
	return ftruncate(p->fd, bytes) < 0 ? -errno : 0; /* such a file system reports ENOSPC at pwrite */
}

static int posix_set_size(struct disk_file *f, int64_t bytes)
{
	return ftruncate(posix_file(f)->fd, bytes) < 0 ? -errno : 0;
}

static int posix_size(struct disk_file *f, int64_t *out)
{
	struct stat st;
	if (fstat(posix_file(f)->fd, &st) < 0)
		return -errno;
	*out = st.st_size;
	return 0;
}

static int posix_lock(struct disk_file *f)
{
	/*
	 * An open-file-description lock: it conflicts with the POSIX lock that Java takes, also with a second store in
	 * this process, and closing another descriptor of the file does not drop it.
	 */
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };
	if (fcntl(posix_file(f)->fd, F_OFD_SETLK, &l) == 0)
		return 0;
	return errno == EACCES ? -EAGAIN : -errno;
}

static int posix_drop_cache(struct disk_file *f, int64_t at, int64_t n)
{
	return -posix_fadvise(posix_file(f)->fd, at, n, POSIX_FADV_DONTNEED);
}

static void posix_read_ahead(struct disk_file *f, bool on)
{
	(void)posix_fadvise(posix_file(f)->fd, 0, 0, on ? POSIX_FADV_NORMAL : POSIX_FADV_RANDOM);
}

static int posix_next_data(struct disk_file *f, int64_t at, int64_t *out)
{
	int64_t end;
	int err = posix_size(f, &end);
	if (err)
		return err;
	if (at >= end)
		return -ENXIO;
	off_t r = lseek(posix_file(f)->fd, at, SEEK_DATA);
	if (r < 0 && errno == ENXIO)
		return -ENXIO;
	*out = r < 0 ? at : r; /* a file system that cannot tell: all of it is data */
	return 0;
}

static void posix_close(struct disk_file *f)
{
	struct posix_file *p = posix_file(f);
	close(p->fd);
	free(p);
}

static const struct disk_file_ops posix_file_ops = {
	.pread = posix_pread,
	.pread_nowait = posix_pread_nowait,
	.pwrite = posix_pwrite,
	.sync_data = posix_sync_data,
	.allocate = posix_allocate,
	.set_size = posix_set_size,
	.size = posix_size,
	.lock = posix_lock,
	.drop_cache = posix_drop_cache,
	.read_ahead = posix_read_ahead,
	.next_data = posix_next_data,
	.close = posix_close,
};

static int flags_to_posix(int flags)
{
	int o = O_NOCTTY | O_NONBLOCK; /* opening a FIFO somebody left here must not hang */
	if (flags & DISK_WRITE)
		o |= O_RDWR;
	if (flags & DISK_CREATE)
		o |= O_CREAT;
	if (flags & DISK_EXCLUSIVE)
		o |= O_EXCL;
	return o;
}

static int posix_open(struct disk *d, const char *path, int flags, struct disk_file **out)
{
	struct posix_disk *p = posix_disk(d);
	int err = disk_path_check(path);
	if (err)
		return err;
	struct posix_file *f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->file.ops = &posix_file_ops;
	bool cached_only = (flags & DISK_NOWAIT) && !(flags & DISK_CREATE);
	f->fd = open_beneath(p, path, flags_to_posix(flags), cached_only);
	if (f->fd < 0) {
		err = f->fd == -ENXIO ? -EINVAL : f->fd; /* ENXIO: a FIFO or socket */
		free(f);
		return err;
	}
	struct stat st;
	if (fstat(f->fd, &st) < 0)
		err = -errno;
	else if (S_ISDIR(st.st_mode))
		err = -EISDIR;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	if (err) {
		posix_close(&f->file);
		return err;
	}
	*out = &f->file;
	return 0;
}

/* ---- folders ---- */

static int posix_stat(struct disk *d, const char *path, struct disk_stat *out)
{
	const char *base;
	int fd = open_parent(posix_disk(d), path, &base);
	if (fd < 0)
		return fd;
	struct stat st;
	int err = fstatat(fd, base, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return S_ISLNK(st.st_mode) ? -ELOOP : -EINVAL;
	*out = (struct disk_stat){
		.bytes = st.st_size,
		.mtime_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000,
		.is_folder = S_ISDIR(st.st_mode),
	};
	return 0;
}

static int unlink_flags(struct disk *d, const char *path, int flags)
{
	const char *base;
	int fd = open_parent(posix_disk(d), path, &base);
	if (fd < 0)
		return fd;
	int err = unlinkat(fd, base, flags) < 0 ? -errno : 0;
	close(fd);
	return err;
}

static int posix_unlink(struct disk *d, const char *path)
{
	return unlink_flags(d, path, 0);
}

static int posix_rmdir(struct disk *d, const char *path)
{
	return unlink_flags(d, path, AT_REMOVEDIR);
}

static int posix_rename(struct disk *d, const char *from, const char *to)
{
	const char *from_base, *to_base;
	int from_fd = open_parent(posix_disk(d), from, &from_base);
	if (from_fd < 0)
		return from_fd;
	int to_fd = open_parent(posix_disk(d), to, &to_base);
	if (to_fd < 0) {
		close(from_fd);
		return to_fd;
	}
	int err = renameat(from_fd, from_base, to_fd, to_base) < 0 ? -errno : 0;
	close(from_fd);
	close(to_fd);
	return err;
}

static int make_folder(struct disk *d, const char *path)
{
	const char *base;
	int fd = open_parent(posix_disk(d), path, &base);
	if (fd < 0)
		return fd;
	int err = mkdirat(fd, base, 0750) < 0 ? -errno : 0;
	close(fd);
	if (err != -EEXIST)
		return err;
	struct disk_stat st;
	err = posix_stat(d, path, &st);
	return err ? err : st.is_folder ? 0 : -ENOTDIR;
}

static int posix_mkdirs(struct disk *d, const char *path)
{
	int err = make_folder(d, path); /* mostly the parent is there */
	if (err != -ENOENT)
		return err;
	char part[DISK_PATH_MAX];
	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = strchr(part, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		err = make_folder(d, part);
		*slash = '/';
		if (err)
			return err;
	}
	return make_folder(d, path);
}

static int open_folder(struct disk *d, const char *path)
{
	int err = disk_path_check(path);
	return err ? err : open_beneath(posix_disk(d), path, O_RDONLY | O_DIRECTORY, false);
}

static int posix_sync_folder(struct disk *d, const char *path)
{
	int fd = open_folder(d, path);
	if (fd < 0)
		return fd;
	int err = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return err;
}

static int posix_sync_all(struct disk *d)
{
	return syncfs(posix_disk(d)->root) < 0 ? -errno : 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_dots(const struct dirent *e)
{
	return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

static int posix_list(struct disk *d, const char *path, int (*each)(void *ctx, const char *name), void *ctx)
{
	int fd = open_folder(d, path);
	if (fd < 0)
		return fd;
	struct dirent **names;
	int n = scandirat(fd, ".", &names, not_dots, by_name);
	int err = n < 0 ? -errno : 0;
	close(fd);
	for (int i = 0; i < n; i++) {
		if (!err)
			err = each(ctx, names[i]->d_name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return err;
}

struct disk_space disk_space_of(const struct statvfs *v)
{
	return (struct disk_space){
		.total_bytes = (int64_t)((v->f_blocks - v->f_bfree + v->f_bavail) * v->f_frsize),
		.free_bytes = (int64_t)(v->f_bavail * v->f_frsize),
	};
}

static int posix_space(struct disk *d, struct disk_space *out)
{
	struct statvfs v;
	if (fstatvfs(posix_disk(d)->root, &v) < 0)
		return -errno;
	*out = disk_space_of(&v);
	return 0;
}

static void posix_free(struct disk *d)
{
	struct posix_disk *p = posix_disk(d);
	close(p->root);
	free(p);
}

static const struct disk_ops posix_ops = {
	.open = posix_open,
	.stat = posix_stat,
	.unlink = posix_unlink,
	.rename = posix_rename,
	.mkdirs = posix_mkdirs,
	.rmdir = posix_rmdir,
	.sync_folder = posix_sync_folder,
	.sync_all = posix_sync_all,
	.list = posix_list,
	.space = posix_space,
	.free = posix_free,
};

/** Make the root with its parents.  The root itself is the administrator's word: links on the way to it are followed. */
static int make_root(const char *root)
{
	char part[PATH_MAX];
	if (snprintf(part, sizeof(part), "%s", root) >= (int)sizeof(part))
		return -ENAMETOOLONG;
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(part, 0750) < 0 && errno != EEXIST ? -errno : 0;
}

int disk_posix_new(const char *root, struct disk **out)
{
	if (!*root)
		return -EINVAL;
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		int err = make_root(root);
		if (err)
			return err;
		fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0)
		return -errno;
	struct posix_disk *p = calloc(1, sizeof(*p));
	if (!p) {
		close(fd);
		return -ENOMEM;
	}
	p->disk.ops = &posix_ops;
	p->root = fd;
	*out = &p->disk;
	return 0;
}
