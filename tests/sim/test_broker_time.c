/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the broker's timers do what RocketMQ's do, when they do it: a silent client is forgotten after 120 s by the scan
 * every 10 s, a pull is held for 15 s, a queue's lock lives 60 s, offsets are saved every 5 s, a sync may take 5 s.
 * Shown by: stating that the time passes; nobody sleeps.
 */
#include <errno.h>

#include "tests/unit/broker/fixture.h"

static struct fx f;
static struct fx_peer a, b;

static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&a);
	fx_peer_init(&b);
}

static void tear_down(void)
{
	fx_peer_gone(&f, &a);
	fx_peer_gone(&f, &b);
	fx_done(&f);
	fx_peer_done(&a);
	fx_peer_done(&b);
}

static void forget(void)
{
	fx_forget_output(&a);
	fx_forget_output(&b);
}

static int notices(struct fx_peer *who)
{
	struct lmi_command c;
	int n = 0;
	while (fx_take(who, &c))
		n += c.code == LMI_REQ_NOTIFY_CONSUMER_IDS_CHANGED;
	return n;
}

START_TEST(a_client_silent_for_120_s_is_closed_by_the_scan_and_the_others_are_told)
{
	set_up();
	fx_beat(&f, &a, "c1", "g", "T", "*");
	fx_beat(&f, &b, "c2", "g", "T", "*");
	core_turn_end(&f.core);
	forget();
	for (int i = 0; i < 4; i++) { /* c2 goes on, c1 falls silent */
		fx_pass(&f, 30000);
		fx_beat(&f, &b, "c2", "g", "T", "*");
	}
	ck_assert(!a.closed); /* 120 s, not longer */
	forget();
	fx_pass(&f, 10000); /* the next scan */
	ck_assert(a.closed);
	ck_assert_int_eq(a.cause, -ETIMEDOUT);
	ck_assert(!b.closed);
	ck_assert_int_eq(notices(&b), 1);
	ck_assert(fx_logged(&f, "client c1 sent no heartbeat for 120 s"));
	struct lmi_command l = fx_ask(&f, &b, LMI_REQ_GET_CONSUMER_LIST_BY_GROUP, FX_FIELDS({ "consumerGroup", "g" }), LMI_SPAN_NULL);
	ck_assert(lmi_span_is(l.body, "{\"consumerIdList\":[\"c2\"]}"));
	tear_down();
}
END_TEST

START_TEST(heartbeats_every_30_s_keep_a_client_for_ever)
{
	set_up();
	for (int i = 0; i < 100; i++) {
		fx_beat(&f, &a, "c1", "g", "T", "*");
		fx_pass(&f, 30000);
		forget();
	}
	ck_assert(!a.closed);
	tear_down();
}
END_TEST

START_TEST(a_pull_is_held_for_15_s_and_no_longer_and_a_message_at_14_9_s_still_arrives)
{
	struct lmi_command got;
	set_up();
	fx_send(&f, &b, "T", "0", NULL, "first");
	fx_beat(&f, &a, "c1", "g", "T", "*");
	core_turn_end(&f.core);
	forget();
	for (int round = 0; round < 2; round++) {
		fx_hand_in(&f, &a, LMI_REQ_PULL_MESSAGE, 0, fx_pull_fields("g", "T", "0", round ? "2" : "1", "2"), LMI_SPAN_NULL);
		core_turn_end(&f.core);
		fx_pass(&f, 14900);
		ck_assert(!fx_take(&a, &got));
		if (round == 0)
			fx_send(&f, &b, "T", "0", NULL, "second");
		else
			fx_pass(&f, 200);
		ck_assert(fx_take(&a, &got));
		ck_assert_int_eq(got.code, round ? LMI_RSP_PULL_NOT_FOUND : LMI_RSP_SUCCESS);
	}
	tear_down();
}
END_TEST

static bool locks(struct fx_peer *who, const char *client)
{
	char body[256];
	snprintf(body, sizeof(body), "{\"clientId\":\"%s\",\"consumerGroup\":\"g\",\"mqSet\":[{\"brokerName\":\"broker-a\",\"queueId\":0,"
		 "\"topic\":\"T\"}]}", client);
	struct lmi_command r = fx_ask(&f, who, LMI_REQ_LOCK_BATCH_MQ, FX_NONE, lmi_span_str(body));
	return memmem(r.body.p, r.body.n, "queueId", 7) != NULL;
}

START_TEST(a_lock_is_handed_over_60_s_after_its_last_renewal)
{
	set_up();
	ck_assert(locks(&a, "c1"));
	for (int i = 0; i < 3; i++) { /* clients renew every 20 s */
		fx_pass(&f, 20000);
		ck_assert(locks(&a, "c1"));
		ck_assert(!locks(&b, "c2"));
	}
	fx_pass(&f, 60000);
	ck_assert(!locks(&b, "c2"));
	fx_pass(&f, 100);
	ck_assert(locks(&b, "c2"));
	ck_assert(!locks(&a, "c1"));
	fx_pass(&f, 200000);
	ck_assert_uint_eq(f.core.locks.count, 0); /* and forgotten */
	tear_down();
}
END_TEST

START_TEST(offsets_survive_a_kill_up_to_the_last_save_5_s_ago)
{
	struct offset_at at = { LMI_SPAN_LIT("g"), LMI_SPAN_LIT("T"), 0 };
	set_up();
	fx_send(&f, &b, "T", "0", NULL, "x");
	fx_beat(&f, &a, "c1", "g", "T", "*");
	core_turn_end(&f.core);
	forget();
	for (int i = 1; i <= 3; i++) {
		char pos[8];
		snprintf(pos, sizeof(pos), "%d", i);
		fx_ask(&f, &a, LMI_REQ_UPDATE_CONSUMER_OFFSET,
		       FX_FIELDS({ "consumerGroup", "g" }, { "topic", "T" }, { "queueId", "0" }, { "commitOffset", pos }), LMI_SPAN_NULL);
		if (i < 3)
			fx_pass(&f, 5000);
	}
	fx_peer_gone(&f, &a);
	fx_peer_gone(&f, &b);
	fx_kill(&f);
	fx_open(&f);
	ck_assert_int_eq(offset_table_get(&f.core.offsets, &at), 2);
	fx_done(&f);
	fx_peer_done(&a);
	fx_peer_done(&b);
}
END_TEST

START_TEST(a_thousand_clients_join_in_one_turn_and_each_is_told_once)
{
	static struct fx_peer many[1000];
	char id[32];
	fx_init(&f);
	for (int i = 0; i < 1000; i++) {
		char body[256];
		fx_peer_init(&many[i]);
		snprintf(id, sizeof(id), "c%04d", i);
		snprintf(body, sizeof(body), "{\"clientID\":\"%s\",\"consumerDataSet\":[{\"groupName\":\"g\",\"subscriptionDataSet\":[{\"topic\":"
			 "\"T\",\"subString\":\"*\",\"subVersion\":1}]}],\"producerDataSet\":[]}", id);
		fx_hand_in(&f, &many[i], LMI_REQ_HEART_BEAT, 0, FX_NONE, lmi_span_str(body));
	}
	core_turn_end(&f.core);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(notices(&many[i]), 1);
	for (int i = 0; i < 1000; i++) {
		fx_peer_gone(&f, &many[i]);
		fx_peer_done(&many[i]);
	}
	core_turn_end(&f.core);
	fx_done(&f);
}
END_TEST

LMT_MAIN("broker_time", a_client_silent_for_120_s_is_closed_by_the_scan_and_the_others_are_told,
	 heartbeats_every_30_s_keep_a_client_for_ever,
	 a_pull_is_held_for_15_s_and_no_longer_and_a_message_at_14_9_s_still_arrives,
	 a_lock_is_handed_over_60_s_after_its_last_renewal, offsets_survive_a_kill_up_to_the_last_save_5_s_ago,
	 a_thousand_clients_join_in_one_turn_and_each_is_told_once)
