/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: how full a disk is, is what df says: blocks that only the superuser may use count as neither used nor free.
 * Shown by: the numbers of a file system with such blocks, and this one's as statvfs gives them.
 */
#include <sys/statvfs.h>

#include "disk/disk.h"
#include "tests/support/lmt.h"

START_TEST(reserved_blocks_are_not_part_of_the_disk)
{
	/* ext4 of 252 GiB, 168 of them reserved, where df says 36 %. */
	struct disk_space s = disk_space_of(&(struct statvfs){
		.f_frsize = 4096, .f_blocks = 66053021, .f_bfree = 57671393, .f_bavail = 15493688,
	});
	ck_assert_int_eq(s.free_bytes, 15493688ll * 4096);
	ck_assert_int_eq(s.total_bytes - s.free_bytes, (66053021ll - 57671393) * 4096);
	ck_assert_int_eq(disk_space_percent(&s), 36);
}
END_TEST

START_TEST(a_percentage_is_rounded_up_and_unknown_without_a_disk)
{
	ck_assert_int_eq(disk_space_percent(&(struct disk_space){ .total_bytes = 1000, .free_bytes = 100 }), 90);
	ck_assert_int_eq(disk_space_percent(&(struct disk_space){ .total_bytes = 1000, .free_bytes = 99 }), 91);
	ck_assert_int_eq(disk_space_percent(&(struct disk_space){ .total_bytes = 7, .free_bytes = 7 }), 0);
	ck_assert_int_eq(disk_space_percent(&(struct disk_space){ .total_bytes = 7 }), 100);
	ck_assert_int_eq(disk_space_percent(&(struct disk_space){ .total_bytes = INT64_MAX, .free_bytes = 1 }), 100);
	ck_assert_int_eq(disk_space_percent(&(struct disk_space){ 0 }), -1);
}
END_TEST

START_TEST(the_real_disk_says_what_its_file_system_says)
{
	struct disk *d;
	struct disk_space s;
	struct statvfs v;
	ck_assert_int_eq(disk_posix_new(".", &d), 0);
	ck_assert_int_eq(statvfs(".", &v), 0);
	ck_assert_int_eq(d->ops->space(d, &s), 0);
	/* Others write here meanwhile; what is reserved stays. */
	ck_assert_int_eq(s.total_bytes, (int64_t)((v.f_blocks - v.f_bfree + v.f_bavail) * v.f_frsize));
	disk_free(d);
}
END_TEST

LMT_MAIN("disk_posix", reserved_blocks_are_not_part_of_the_disk, a_percentage_is_rounded_up_and_unknown_without_a_disk,
	 the_real_disk_says_what_its_file_system_says)
