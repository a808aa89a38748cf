/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a disk that is full, over quota, read-only or without descriptors has sends refused with the cause while reads go
 * on, acknowledges nothing it did not take, and sending works again by itself; reading without descriptors passes nothing
 * over.
 * Shown by: the simulated disk failing for a while under a whole broker.
 */
#include <errno.h>

#include "tests/unit/broker/fixture.h"

static struct fx f;
static struct fx_peer a;

static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&a);
	fx_send(&f, &a, "T", "0", NULL, "first");
	fx_beat(&f, &a, "c1", "g", "T", "*");
	core_turn_end(&f.core);
	fx_forget_output(&a);
}

static void tear_down(void)
{
	fx_peer_gone(&f, &a);
	fx_done(&f);
	fx_peer_done(&a);
}

static int64_t max_offset(void)
{
	struct lmi_command c = fx_ask(&f, &a, LMI_REQ_GET_MAX_OFFSET, FX_FIELDS({ "topic", "T" }, { "queueId", "0" }), LMI_SPAN_NULL);
	return fx_number(&c, LMI_EXT_OFFSET);
}

static void refused_for_a_while(int err, const char *cause)
{
	set_up();
	disk_crash_fail(f.disk, DISK_CRASH_WRITE, 1, err, true);
	struct lmi_command c = fx_send(&f, &a, "T", "0", NULL, "second"); /* it was taken when the disk did not take it */
	ck_assert_int_eq(c.code, LMI_RSP_SERVICE_NOT_AVAILABLE);
	ck_assert(fx_remark_has(&c, "not stored yet, and may be later"));
	ck_assert(fx_remark_has(&c, cause));
	c = fx_send(&f, &a, "T", "0", NULL, "third");
	ck_assert_int_eq(c.code, LMI_RSP_SERVICE_NOT_AVAILABLE);
	ck_assert(fx_remark_has(&c, cause));
	ck_assert_int_eq(max_offset(), 1);
	c = fx_ask(&f, &a, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "0", "0", "0"), LMI_SPAN_NULL);
	ck_assert_int_eq(c.code, LMI_RSP_SUCCESS);
	disk_crash_fail(f.disk, DISK_CRASH_WRITE, 0, 0, false);
	fx_pass(&f, 2500);
	c = fx_send(&f, &a, "T", "0", NULL, "fourth");
	ck_assert_int_eq(c.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(fx_number(&c, LMI_EXT_QUEUE_OFFSET), 2); /* the second was stored, the third was not */
	ck_assert_int_eq(max_offset(), 3);
	tear_down();
}

START_TEST(a_full_disk_refuses_sends_with_the_cause_and_takes_them_again)
{
	refused_for_a_while(-ENOSPC, "No space left on device");
}
END_TEST

START_TEST(a_used_up_quota_refuses_sends_with_the_cause_and_takes_them_again)
{
	refused_for_a_while(-EDQUOT, "Disk quota exceeded");
}
END_TEST

START_TEST(a_read_only_file_system_refuses_sends_with_the_cause_and_takes_them_again)
{
	refused_for_a_while(-EROFS, "Read-only file system");
}
END_TEST

START_TEST(a_pull_without_descriptors_is_told_so_and_goes_on_where_it_was)
{
	set_up();
	fx_pass(&f, 20000);
	fx_peer_gone(&f, &a);
	fx_peer_done(&a);
	fx_close(&f);
	fx_open(&f);
	fx_peer_init(&a);
	fx_beat(&f, &a, "c1", "g", "T", "*");
	core_turn_end(&f.core);
	fx_forget_output(&a);
	disk_crash_fail(f.disk, DISK_CRASH_OPEN, 1, -EMFILE, true);
	struct lmi_command c = fx_ask(&f, &a, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "0", "0", "0"), LMI_SPAN_NULL);
	ck_assert_int_eq(c.code, LMI_RSP_SYSTEM_ERROR);
	ck_assert(fx_remark_has(&c, "Too many open files"));
	disk_crash_fail(f.disk, DISK_CRASH_OPEN, 0, 0, false);
	c = fx_ask(&f, &a, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "0", "0", "0"), LMI_SPAN_NULL);
	ck_assert_int_eq(c.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(fx_number(&c, LMI_EXT_NEXT_BEGIN_OFFSET), 1);
	tear_down();
}
END_TEST

LMT_MAIN("refused", a_full_disk_refuses_sends_with_the_cause_and_takes_them_again,
	 a_used_up_quota_refuses_sends_with_the_cause_and_takes_them_again,
	 a_read_only_file_system_refuses_sends_with_the_cause_and_takes_them_again,
	 a_pull_without_descriptors_is_told_so_and_goes_on_where_it_was)
