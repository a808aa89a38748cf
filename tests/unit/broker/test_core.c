/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the broker as a whole survives a kill: what was answered is there, and so are topics that only their queues know.
 * Shown by: dropping everything in memory and opening the folder again.
 */
#include <errno.h>

#include "fixture.h"

static struct fx f;
static struct fx_peer p;

static int64_t max_of(const char *topic, int32_t queue)
{
	struct store_bounds b = { 0 };
	store_queue_bounds(f.core.store, lmi_span_str(topic), queue, &b);
	return b.max_pos;
}

static void kill_and_open(void)
{
	fx_peer_gone(&f, &p);
	fx_peer_done(&p);
	fx_kill(&f);
	fx_open(&f);
	fx_peer_init(&p);
}

static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&p);
}

static void tear_down(void)
{
	fx_peer_gone(&f, &p);
	fx_done(&f);
	fx_peer_done(&p);
}

START_TEST(answered_messages_are_there_after_a_kill)
{
	set_up();
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(fx_send(&f, &p, "T", "0", NULL, "x").code, LMI_RSP_SUCCESS);
	kill_and_open();
	ck_assert_int_eq(max_of("T", 0), 100);
	struct lmi_command a = fx_send(&f, &p, "T", "0", NULL, "x");
	ck_assert_int_eq(fx_number(&a, LMI_EXT_QUEUE_OFFSET), 100);
	tear_down();
}
END_TEST

START_TEST(a_topic_that_did_not_reach_its_file_is_taken_back_from_its_queues)
{
	set_up();
	fx_pass(&f, 200);
	fx_send(&f, &p, "New", "3", NULL, "x"); /* topics.json would be saved at the next tick */
	kill_and_open();
	const struct topic *t = topic_table_get(&f.core.topics, LMI_SPAN_LIT("New"));
	ck_assert_ptr_nonnull(t);
	ck_assert_int_eq(t->config.read_queues, 4);
	ck_assert_int_eq(t->config.perm, 6);
	ck_assert(fx_logged(&f, "topic New"));
	ck_assert_int_eq(max_of("New", 3), 1);
	tear_down();
}
END_TEST

START_TEST(a_deleted_topic_stays_deleted)
{
	set_up();
	fx_send(&f, &p, "T", "0", NULL, "x");
	fx_pass(&f, 100);
	fx_ask(&f, &p, LMI_REQ_DELETE_TOPIC_IN_BROKER, FX_FIELDS({ "topic", "T" }), LMI_SPAN_NULL);
	fx_pass(&f, 2000);
	fx_peer_gone(&f, &p);
	fx_peer_done(&p);
	fx_close(&f);
	fx_open(&f);
	fx_peer_init(&p);
	ck_assert_ptr_null(topic_table_get(&f.core.topics, LMI_SPAN_LIT("T")));
	tear_down();
}
END_TEST

START_TEST(a_store_in_use_is_refused_in_words)
{
	static struct core other;
	char *why = NULL;
	set_up();
	ck_assert_int_eq(core_open(&other, &f.cfg, &why), -EAGAIN);
	ck_assert_ptr_nonnull(strstr(why, "another broker"));
	free(why);
	tear_down();
}
END_TEST

START_TEST(a_power_cut_loses_nothing_that_a_sync_was_waited_for)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		fx_prepare(&f);
		f.cfg.settings.sync_flush = true;
		f.cfg.store.flush = STORE_SYNC_FLUSH;
		fx_open(&f);
		fx_peer_init(&p);
		for (int i = 0; i < 20; i++)
			ck_assert_int_eq(fx_send(&f, &p, "T", "0", NULL, "x").code, LMI_RSP_SUCCESS);
		fx_peer_gone(&f, &p);
		fx_peer_done(&p);
		disk_crash_power_cut(f.disk, seed);
		fx_kill(&f);
		fx_open(&f);
		fx_peer_init(&p);
		ck_assert_int_eq(max_of("T", 0), 20);
		ck_assert_ptr_nonnull(topic_table_get(&f.core.topics, LMI_SPAN_LIT("T")));
		tear_down();
	}
}
END_TEST

START_TEST(an_idle_broker_is_quiet)
{
	set_up();
	ck_assert(core_is_quiet(&f.core));
	fx_hand_in(&f, &p, LMI_REQ_SEND_MESSAGE_V2, 0, fx_send_fields("T", "0", NULL), LMI_SPAN_LIT("x"));
	ck_assert(!core_is_quiet(&f.core));
	core_turn_end(&f.core);
	ck_assert(core_is_quiet(&f.core));
	fx_forget_output(&p);
	tear_down();
}
END_TEST

LMT_MAIN("core", answered_messages_are_there_after_a_kill, a_topic_that_did_not_reach_its_file_is_taken_back_from_its_queues,
	 a_deleted_topic_stays_deleted, a_store_in_use_is_refused_in_words,
	 a_power_cut_loses_nothing_that_a_sync_was_waited_for, an_idle_broker_is_quiet)
