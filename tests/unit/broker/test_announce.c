/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: who made or changed a topic is answered when the name servers know it, or after ANNOUNCE_WAIT_MS; nobody else waits.
 * Shown: requests to a broker without sockets, told by hand which version is known.
 */
#include "tests/unit/broker/fixture.h"

static struct fx f;
static struct fx_peer p;

static void set_up(void)
{
	fx_init(&f);
	f.core.announce.on = true;
	fx_peer_init(&p);
}

static void tear_down(void)
{
	fx_peer_gone(&f, &p);
	fx_peer_done(&p);
	fx_done(&f);
}

/* The turn's end as broker.c does it.  The answer's opaque, or -1. */
static int32_t turn(int64_t told)
{
	struct lmi_command a;
	announce_wake(&f.core.handle, told);
	core_turn_end(&f.core);
	if (!fx_take(&p, &a))
		return -1;
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	return a.opaque;
}

static int32_t send_new(int32_t flag)
{
	return fx_hand_in(&f, &p, LMI_REQ_SEND_MESSAGE_V2, flag, fx_send_fields("New", "0", ""), LMI_SPAN_LIT("body"));
}

static int32_t update(const char *topic)
{
	return fx_hand_in(&f, &p, LMI_REQ_UPDATE_AND_CREATE_TOPIC, 0,
			  FX_FIELDS({ "topic", topic }, { "readQueueNums", "2" }, { "writeQueueNums", "2" }, { "perm", "6" }),
			  LMI_SPAN_NULL);
}

START_TEST(the_first_send_to_a_topic_is_stored_at_once_and_answered_when_the_topic_is_known)
{
	set_up();
	int64_t before = f.core.topics.version.counter;
	int32_t first = send_new(0), second;
	ck_assert_int_eq(turn(before), -1);
	ck_assert_int_eq(p.in_flight, 1);
	ck_assert_int_eq(f.core.handle.counts.put_messages, 1);
	second = send_new(0); /* did not make the topic */
	ck_assert_int_eq(turn(before), second);
	ck_assert_int_eq(turn(before + 1), first);
	ck_assert_int_eq(p.in_flight, 0);
	tear_down();
}
END_TEST

START_TEST(an_update_of_topics_is_answered_when_they_are_known)
{
	set_up();
	int64_t before = f.core.topics.version.counter;
	int32_t one = update("T"), list;
	ck_assert_int_eq(turn(before), -1);
	ck_assert_int_eq(turn(before + 1), one);
	list = fx_hand_in(&f, &p, LMI_REQ_UPDATE_AND_CREATE_TOPIC_LIST, 0, FX_NONE,
			  LMI_SPAN_LIT("{\"topicConfigList\":[{\"topicName\":\"L\",\"readQueueNums\":1,\"writeQueueNums\":1,\"perm\":6}]}"));
	ck_assert_int_eq(turn(before + 1), -1);
	ck_assert_int_eq(turn(before + 2), list);
	tear_down();
}
END_TEST

START_TEST(waiting_ends_after_its_limit)
{
	set_up();
	int32_t opaque = update("T");
	lmi_clock_manual_pass(&f.clock, ANNOUNCE_WAIT_MS - 1);
	ck_assert_int_eq(turn(0), -1);
	lmi_clock_manual_pass(&f.clock, 1);
	ck_assert_int_eq(turn(0), opaque);
	tear_down();
}
END_TEST

START_TEST(nobody_waits_one_way_or_for_no_name_server_or_beyond_the_number_that_may)
{
	set_up();
	send_new(LMI_FLAG_ONEWAY);
	ck_assert_int_eq(turn(0), -1);
	ck_assert_int_eq(f.core.handle.counts.put_messages, 1);
	ck_assert_int_eq(p.in_flight, 0);
	int32_t opaque = (f.core.announce.on = false, update("T"));
	ck_assert_int_eq(turn(0), opaque);
	f.core.announce.on = true;
	f.core.announce.count = ANNOUNCE_MAX;
	opaque = update("U");
	f.core.announce.count = 0;
	ck_assert_int_eq(turn(0), opaque);
	opaque = (turn(INT64_MAX), update("V")); /* no name server can be reached */
	ck_assert_int_eq(turn(INT64_MAX), opaque);
	tear_down();
}
END_TEST

START_TEST(a_stop_lets_everybody_go_and_the_end_drops_who_is_left)
{
	set_up();
	int32_t opaque = update("T");
	core_stop_holding(&f.core);
	ck_assert_int_eq(turn(0), opaque);
	ck_assert_int_eq(p.in_flight, 0);
	opaque = update("U"); /* nobody waits any more */
	ck_assert_int_eq(turn(0), opaque);
	f.core.handle.stopping = false;
	update("V");
	ck_assert_int_eq(p.in_flight, 1);
	fx_close(&f);
	ck_assert_int_eq(p.in_flight, 0);
	fx_free_disk(&f);
	peer_unref(&p.peer);
	ck_assert(p.freed);
	fx_peer_done(&p);
}
END_TEST

LMT_MAIN("announce", the_first_send_to_a_topic_is_stored_at_once_and_answered_when_the_topic_is_known,
	 an_update_of_topics_is_answered_when_they_are_known, waiting_ends_after_its_limit,
	 nobody_waits_one_way_or_for_no_name_server_or_beyond_the_number_that_may,
	 a_stop_lets_everybody_go_and_the_end_drops_who_is_left)
