/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: what is not zero in a file is found, and blocks that nobody has written are not read for it.
 * Shown: on real files in the build folder; what was read is asked of the kernel.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/zeros.h"
#include "tests/support/lmt.h"

#define FILE_BYTES (64 << 20)

static struct disk *disk;
static struct disk_file *file;

static void set_up(int64_t allocated)
{
	ck_assert_int_eq(disk_posix_new(".", &disk), 0);
	(void)disk->ops->unlink(disk, "test-zeros.tmp");
	ck_assert_int_eq(disk->ops->open(disk, "test-zeros.tmp", DISK_READ | DISK_WRITE | DISK_CREATE, &file), 0);
	ck_assert_int_eq(disk->ops->unlink(disk, "test-zeros.tmp"), 0);
	ck_assert_int_eq(allocated ? file->ops->allocate(file, allocated) : file->ops->set_size(file, FILE_BYTES), 0);
}

static void tear_down(void)
{
	disk_file_close(file);
	disk_free(disk);
}

/** Bytes that this process has read so far, from the cache or not. */
static int64_t bytes_read(void)
{
	char line[128];
	long long n = -1;
	FILE *f = fopen("/proc/self/io", "r");
	while (f && n < 0 && fgets(line, sizeof(line), f))
		(void)sscanf(line, "rchar: %lld", &n);
	if (f)
		fclose(f);
	return n;
}

static void put(int64_t at, const char *text)
{
	ck_assert_int_eq(file->ops->pwrite(file, text, strlen(text), at), 0);
}

START_TEST(what_is_set_is_found_from_both_ends)
{
	int64_t found;
	set_up(0);
	put(5000, "a");
	put(900000, "bc");
	ck_assert_int_eq(zeros_end(file, 0, FILE_BYTES, &found), 0);
	ck_assert_int_eq(found, 5000);
	ck_assert_int_eq(zeros_end(file, 5001, FILE_BYTES, &found), 0);
	ck_assert_int_eq(found, 900000);
	ck_assert_int_eq(zeros_end(file, 900002, FILE_BYTES, &found), 0);
	ck_assert_int_eq(found, FILE_BYTES);
	ck_assert_int_eq(zeros_start(file, 0, FILE_BYTES, &found), 0);
	ck_assert_int_eq(found, 900002);
	ck_assert_int_eq(zeros_start(file, 900002, FILE_BYTES, &found), 0);
	ck_assert_int_eq(found, 900002);
	tear_down();
}
END_TEST

START_TEST(zeros_that_are_written_hide_what_was_there)
{
	int64_t found;
	set_up(0);
	put(5000, "abcdef");
	put(900000, "x");
	ck_assert_int_eq(zeros_write(file, 5003, 900001), 0);
	ck_assert_int_eq(zeros_start(file, 0, FILE_BYTES, &found), 0);
	ck_assert_int_eq(found, 5003);
	tear_down();
}
END_TEST

START_TEST(allocated_blocks_behind_the_tail_are_not_read)
{
	int64_t found, data;
	set_up(FILE_BYTES);
	put(100000, "the tail");
	ck_assert_int_eq(file->ops->sync_data(file), 0);
	ck_assert_int_eq(file->ops->drop_cache(file, 0, 0), 0);
	if (file->ops->next_data(file, FILE_BYTES / 2, &data) == 0) {
		tear_down(); /* a file system that does not tell allocated blocks from written ones */
		return;
	}
	/* As the scan of the log's last record does it: what is read counts as data from now on. */
	static char scanned[256 * 1024];
	ck_assert_int_eq(file->ops->pread(file, scanned, sizeof(scanned), 0), sizeof(scanned));
	int64_t before = bytes_read();
	ck_assert_int_eq(zeros_start(file, 100000, FILE_BYTES, &found), 0);
	ck_assert_int_eq(found, 100008);
	ck_assert_int_ge(before, 0);
	ck_assert_int_lt(bytes_read() - before, FILE_BYTES / 8);
	tear_down();
}
END_TEST

LMT_MAIN("zeros", what_is_set_is_found_from_both_ends, zeros_that_are_written_hide_what_was_there,
	 allocated_blocks_behind_the_tail_are_not_read)
