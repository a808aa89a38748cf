/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: sends are checked, stored and answered as SendMessageProcessor does, and never before their mark.
 * Shown by: each check in turn, the stored record read back, both flush modes, batches, a store that fails.
 */
#include "fixture.h"
#include "wire/props.h"

static struct fx f;
static struct fx_peer p;

static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&p);
}

static void tear_down(void)
{
	ck_assert_int_eq(p.in_flight, 0);
	fx_peer_gone(&f, &p);
	fx_done(&f);
	ck_assert(p.freed);
	fx_peer_done(&p);
}

/* The record at a position of a queue. */
static struct lmi_record stored(const char *topic, int32_t queue, int64_t pos)
{
	static uint8_t bytes[1 << 20];
	struct lmi_record r;
	struct store_get *g = &f.core.handle.get;
	*g = (struct store_get){ .topic = lmi_span_str(topic), .queue_id = queue, .queue_pos = pos, .max_messages = 1 };
	ck_assert_int_eq(store_get(f.core.store, g), 0);
	ck_assert_msg(g->status == STORE_FOUND, "%s", store_get_status_name(g->status));
	ck_assert_int_eq(store_read(f.core.store, &g->extents[0], bytes, true), 0);
	ck_assert_int_eq(lmi_record_decode(lmi_span(bytes, (size_t)g->extents[0].bytes), &r), 0);
	return r;
}

static struct lmi_span prop(const struct lmi_record *r, const char *key)
{
	return lmi_props_get(r->props, lmi_span_str(key));
}

START_TEST(a_message_is_answered_with_its_id_queue_position_and_unique_id)
{
	set_up();
	struct lmi_command a = fx_send(&f, &p, "T", "2", "UNIQ_KEY\001ABC\002TAGS\001TagA\002", "hello");
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_QUEUE_ID), 2);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_QUEUE_OFFSET), 0);
	ck_assert(lmi_span_is(lmi_command_ext(&a, LMI_EXT_TRANSACTION_ID), "ABC"));
	ck_assert(lmi_span_is(lmi_command_ext(&a, LMI_EXT_MSG_ID), "7F00000100002A9F0000000000000000"));
	ck_assert(lmi_span_is(lmi_command_ext(&a, LMI_EXT_MSG_REGION), "DefaultRegion"));
	ck_assert(lmi_span_is(lmi_command_ext(&a, LMI_EXT_TRACE_ON), "true"));
	a = fx_send(&f, &p, "T", "2", "UNIQ_KEY\001ABD\002", "hello");
	ck_assert_int_eq(fx_number(&a, LMI_EXT_QUEUE_OFFSET), 1);
	tear_down();
}
END_TEST

START_TEST(the_record_holds_what_was_sent_and_what_the_broker_adds)
{
	set_up();
	fx_send(&f, &p, "T", "1", "a\001b\002TAGS\001TagA\002WAIT\001true\002POP_CK\001x\002MSG_REGION\001liar\002", "hello");
	struct lmi_record r = stored("T", 1, 0);
	ck_assert(lmi_span_is(r.body, "hello"));
	ck_assert(lmi_span_is(r.topic, "T"));
	ck_assert_int_eq(r.queue_id, 1);
	ck_assert_int_eq(r.born_ms, 1);
	ck_assert_int_eq(r.store_ms, FX_WALL_MS);
	ck_assert_int_eq(r.born.port, 4567);
	ck_assert_int_eq(r.store.port, 10911);
	ck_assert(lmi_span_is(prop(&r, "a"), "b"));
	ck_assert(lmi_span_is(prop(&r, "TAGS"), "TagA"));
	ck_assert(lmi_span_is(prop(&r, "MSG_REGION"), "DefaultRegion"));
	ck_assert(lmi_span_is(prop(&r, "TRACE_ON"), "true"));
	ck_assert(lmi_span_is(prop(&r, "CLUSTER"), "C"));
	ck_assert_uint_eq(prop(&r, "UNIQ_KEY").n, 32); /* made, since it came without */
	ck_assert_ptr_null(prop(&r, "WAIT").p);
	ck_assert_ptr_null(prop(&r, "POP_CK").p);
	tear_down();
}
END_TEST

START_TEST(an_unknown_topic_is_made_with_four_queues_and_told_to_name_servers)
{
	set_up();
	f.core.topics.unregistered = false;
	struct lmi_command a = fx_send(&f, &p, "New", "3", NULL, "x");
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(topic_table_get(&f.core.topics, LMI_SPAN_LIT("New"))->config.read_queues, 4);
	ck_assert(f.core.topics.unregistered);
	ck_assert(fx_logged(&f, "made topic New with 4 queues"));
	tear_down();
}
END_TEST

START_TEST(a_negative_queue_lets_the_broker_choose)
{
	int seen[4] = { 0 };
	set_up();
	for (int i = 0; i < 64; i++) {
		struct lmi_command a = fx_send(&f, &p, "T", "-1", NULL, "x");
		int64_t q = fx_number(&a, LMI_EXT_QUEUE_ID);
		ck_assert(q >= 0 && q < 4);
		seen[q]++;
	}
	for (int i = 0; i < 4; i++)
		ck_assert_int_gt(seen[i], 0);
	tear_down();
}
END_TEST

START_TEST(bad_names_closed_topics_and_queues_that_are_not_there_are_refused)
{
	static char long_name[129];
	set_up();
	memset(long_name, 'a', 128);
	struct lmi_command a = fx_send(&f, &p, "a b", "0", NULL, "x");
	ck_assert_int_eq(a.code, LMI_RSP_INVALID_PARAMETER);
	a = fx_send(&f, &p, "", "0", NULL, "x");
	ck_assert_int_eq(a.code, LMI_RSP_INVALID_PARAMETER);
	a = fx_send(&f, &p, long_name, "0", NULL, "x");
	ck_assert_int_eq(a.code, LMI_RSP_INVALID_PARAMETER);
	a = fx_send(&f, &p, "SCHEDULE_TOPIC_XXXX", "0", NULL, "x");
	ck_assert_int_eq(a.code, LMI_RSP_NO_PERMISSION);
	a = fx_send(&f, &p, "T", "4", NULL, "x"); /* the topic gets four: 0 to 3 */
	ck_assert_int_eq(a.code, LMI_RSP_INVALID_PARAMETER);
	ck_assert(fx_remark_has(&a, "queue 4"));
	tear_down();
}
END_TEST

START_TEST(without_automatic_creation_an_unknown_topic_is_17)
{
	fx_prepare(&f);
	f.cfg.settings.auto_create_topic = false;
	fx_open(&f);
	fx_peer_init(&p);
	struct lmi_command a = fx_send(&f, &p, "T", "0", NULL, "x");
	ck_assert_int_eq(a.code, LMI_RSP_TOPIC_NOT_EXIST);
	ck_assert(fx_remark_has(&a, "autoCreateTopicEnable"));
	tear_down();
}
END_TEST

START_TEST(a_missing_field_is_named)
{
	set_up();
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_SEND_MESSAGE, FX_FIELDS({ "producerGroup", "g" }), LMI_SPAN_LIT("x"));
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	ck_assert(fx_remark_has(&a, "lacks its field topic"));
	tear_down();
}
END_TEST

START_TEST(empty_and_oversized_messages_are_illegal_and_the_connection_lives)
{
	set_up();
	struct lmi_command a = fx_send(&f, &p, "T", "0", NULL, "");
	ck_assert_int_eq(a.code, LMI_RSP_MESSAGE_ILLEGAL);
	uint8_t *big = calloc(1, (4 << 20) + 1);
	a = fx_ask(&f, &p, LMI_REQ_SEND_MESSAGE_V2, fx_send_fields("T", "0", NULL), lmi_span(big, (4 << 20) + 1));
	ck_assert_int_eq(a.code, LMI_RSP_MESSAGE_ILLEGAL);
	a = fx_ask(&f, &p, LMI_REQ_SEND_MESSAGE_V2, fx_send_fields("T", "0", NULL), lmi_span(big, 4 << 20));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	free(big);
	static char props[LMI_PROPS_MAX + 8];
	memset(props, 'v', sizeof(props) - 2);
	memcpy(props, "k\001", 2);
	props[sizeof(props) - 2] = '\002';
	a = fx_send(&f, &p, "T", "0", props, "x");
	ck_assert_int_eq(a.code, LMI_RSP_MESSAGE_ILLEGAL);
	ck_assert(!p.closed);
	tear_down();
}
END_TEST

START_TEST(properties_that_ask_for_nothing_change_nothing)
{
	set_up();
	struct lmi_command a = fx_send(&f, &p, "T", "0", "DELAY\0010\002TRAN_MSG\001false\002", "x");
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	tear_down();
}
END_TEST

START_TEST(a_one_way_send_is_stored_and_not_answered)
{
	struct lmi_command a;
	set_up();
	fx_hand_in(&f, &p, LMI_REQ_SEND_MESSAGE_V2, LMI_FLAG_ONEWAY, fx_send_fields("T", "0", NULL), LMI_SPAN_LIT("x"));
	fx_hand_in(&f, &p, LMI_REQ_SEND_MESSAGE_V2, LMI_FLAG_ONEWAY, fx_send_fields("a b", "0", NULL), LMI_SPAN_LIT("x"));
	core_turn_end(&f.core);
	ck_assert(!fx_take(&p, &a));
	ck_assert(lmi_span_is(stored("T", 0, 0).body, "x"));
	tear_down();
}
END_TEST

START_TEST(nothing_is_answered_before_the_turn_has_written_it)
{
	struct lmi_command a;
	set_up();
	fx_hand_in(&f, &p, LMI_REQ_SEND_MESSAGE_V2, 0, fx_send_fields("T", "0", NULL), LMI_SPAN_LIT("x"));
	ck_assert_int_eq(p.in_flight, 1);
	ck_assert(!fx_take(&p, &a));
	core_turn_end(&f.core);
	ck_assert(fx_take(&p, &a));
	ck_assert_int_eq(p.in_flight, 0);
	tear_down();
}
END_TEST

/* A broker that syncs, whose workers wait to be let go. */
static void set_up_sync(void)
{
	fx_prepare(&f);
	f.cfg.settings.sync_flush = true;
	f.cfg.store.flush = STORE_SYNC_FLUSH;
	fx_open(&f);
	fx_peer_init(&p);
	f.executor.lazy = true;
}

START_TEST(with_sync_flush_the_answer_waits_for_the_disk)
{
	struct lmi_command a;
	set_up_sync();
	fx_hand_in(&f, &p, LMI_REQ_SEND_MESSAGE_V2, 0, fx_send_fields("T", "0", NULL), LMI_SPAN_LIT("x"));
	core_turn_end(&f.core);
	ck_assert(!fx_take(&p, &a));
	fx_run_jobs(&f);
	core_turn_end(&f.core);
	ck_assert(fx_take(&p, &a));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	f.executor.lazy = false;
	tear_down();
}
END_TEST

/* A topic whose attribute says when its messages count as kept. */
static void put_topic(const char *name, struct lmi_span attributes)
{
	struct lmi_topic_config c;
	lmi_topic_config_init(&c, lmi_span_str(name));
	c.read_queues = c.write_queues = 1;
	c.attributes = attributes;
	ck_assert_int_eq(topic_table_put(&f.core.topics, &c, 1), 0);
	ck_assert_int_eq(topic_tell_flush(f.core.store, topic_table_get(&f.core.topics, c.name)), 0);
}

START_TEST(the_attribute_of_a_topic_decides_whether_its_answers_wait)
{
	struct lmi_command a;
	set_up_sync();
	put_topic("A", LMI_SPAN_LIT("{\"lightmq.flushDiskType\":\"ASYNC_FLUSH\"}"));
	fx_hand_in(&f, &p, LMI_REQ_SEND_MESSAGE_V2, 0, fx_send_fields("A", "0", NULL), LMI_SPAN_LIT("x"));
	core_turn_end(&f.core);
	ck_assert(fx_take(&p, &a));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	f.core.cfg.settings.sync_flush = false;
	put_topic("S", LMI_SPAN_LIT("{\"lightmq.flushDiskType\":\"SYNC_FLUSH\"}"));
	fx_hand_in(&f, &p, LMI_REQ_SEND_MESSAGE_V2, 0, fx_send_fields("S", "0", NULL), LMI_SPAN_LIT("x"));
	core_turn_end(&f.core);
	ck_assert(!fx_take(&p, &a));
	fx_run_jobs(&f);
	core_turn_end(&f.core);
	ck_assert(fx_take(&p, &a));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	f.executor.lazy = false;
	tear_down();
}
END_TEST

START_TEST(with_sync_flush_wait_false_does_not_wait)
{
	struct lmi_command a;
	set_up_sync();
	fx_hand_in(&f, &p, LMI_REQ_SEND_MESSAGE_V2, 0, fx_send_fields("T", "0", "WAIT\001false\002"), LMI_SPAN_LIT("x"));
	core_turn_end(&f.core);
	ck_assert(fx_take(&p, &a));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	fx_run_jobs(&f);
	f.executor.lazy = false;
	tear_down();
}
END_TEST

START_TEST(a_sync_that_takes_too_long_is_10_with_the_whole_answer)
{
	struct lmi_command a;
	set_up_sync();
	fx_hand_in(&f, &p, LMI_REQ_SEND_MESSAGE_V2, 0, fx_send_fields("T", "0", "UNIQ_KEY\001U\002"), LMI_SPAN_LIT("x"));
	core_turn_end(&f.core);
	lmi_clock_manual_pass(&f.clock, 4999);
	core_turn_end(&f.core);
	ck_assert(!fx_take(&p, &a));
	lmi_clock_manual_pass(&f.clock, 1);
	core_turn_end(&f.core);
	ck_assert(fx_take(&p, &a));
	ck_assert_int_eq(a.code, LMI_RSP_FLUSH_DISK_TIMEOUT);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_QUEUE_OFFSET), 0);
	ck_assert(lmi_span_is(lmi_command_ext(&a, LMI_EXT_TRANSACTION_ID), "U"));
	fx_run_jobs(&f);
	f.executor.lazy = false;
	tear_down();
}
END_TEST

static void batch_body(struct lmi_buf *b, int n)
{
	char body[16];
	for (int i = 0; i < n; i++) {
		struct lmi_batch_item item = { .flag = i, .props = LMI_SPAN_LIT("TAGS\001TagA\002") };
		item.body = lmi_span(body, (size_t)snprintf(body, sizeof(body), "m%d", i));
		lmi_batch_put(b, &item);
	}
}

START_TEST(a_batch_gets_consecutive_positions_and_all_ids)
{
	struct lmi_buf b = { 0 };
	set_up();
	batch_body(&b, 3);
	const struct fx_field fields[] = { { "a", "PG" }, { "b", "T" }, { "c", "TBW102" }, { "d", "4" }, { "e", "1" }, { "f", "0" },
					   { "g", "1" },  { "h", "0" }, { "m", "true" },   { NULL, NULL } };
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_SEND_BATCH_MESSAGE, fields, lmi_buf_span(&b));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_uint_eq(lmi_command_ext(&a, LMI_EXT_MSG_ID).n, 3 * 32 + 2);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_QUEUE_OFFSET), 0);
	for (int i = 0; i < 3; i++) {
		char want[16];
		snprintf(want, sizeof(want), "m%d", i);
		struct lmi_record r = stored("T", 1, i);
		ck_assert(lmi_span_is(r.body, want));
		ck_assert_int_eq(r.flag, i);
		ck_assert(lmi_span_is(r.props, "TAGS\001TagA\002")); /* only its own */
	}
	lmi_buf_done(&b);
	tear_down();
}
END_TEST

START_TEST(batches_that_may_not_be_are_illegal)
{
	struct lmi_buf b = { 0 };
	set_up();
	batch_body(&b, 2);
	struct fx_field fields[] = { { "a", "PG" }, { "b", "%RETRY%g" }, { "c", "TBW102" }, { "d", "4" }, { "e", "0" }, { "f", "0" },
				     { "g", "1" },  { "h", "0" },        { "m", "true" },   { "i", NULL }, { NULL, NULL } };
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_SEND_BATCH_MESSAGE, fields, lmi_buf_span(&b));
	ck_assert_int_eq(a.code, LMI_RSP_MESSAGE_ILLEGAL);
	fields[1].value = "T";
	a = fx_ask(&f, &p, LMI_REQ_SEND_BATCH_MESSAGE, fields, LMI_SPAN_LIT("garbage"));
	ck_assert_int_eq(a.code, LMI_RSP_MESSAGE_ILLEGAL);
	a = fx_ask(&f, &p, LMI_REQ_SEND_BATCH_MESSAGE, fields, LMI_SPAN_LIT(""));
	ck_assert_int_eq(a.code, LMI_RSP_MESSAGE_ILLEGAL);
	fields[9].value = "DELAY\0012\002";
	a = fx_ask(&f, &p, LMI_REQ_SEND_BATCH_MESSAGE, fields, lmi_buf_span(&b));
	ck_assert_int_eq(a.code, LMI_RSP_MESSAGE_ILLEGAL);
	fields[9].value = NULL;
	fields[5].value = "4"; /* prepared */
	a = fx_ask(&f, &p, LMI_REQ_SEND_BATCH_MESSAGE, fields, lmi_buf_span(&b));
	ck_assert_int_eq(a.code, LMI_RSP_MESSAGE_ILLEGAL);
	lmi_buf_done(&b);
	tear_down();
}
END_TEST

static const struct fx_field *retry_fields(const char *times, const char *max, const char *props)
{
	static struct fx_field v[16];
	const struct fx_field all[] = { { "a", "g" }, { "b", "%RETRY%g" }, { "c", "TBW102" }, { "d", "4" }, { "e", "0" },
					{ "f", "0" }, { "g", "1" }, { "h", "0" }, { "i", props }, { "j", times }, { "l", max },
					{ NULL, NULL } };
	memcpy(v, all, sizeof(all));
	return v;
}

START_TEST(a_delayed_message_waits_in_the_schedule_topic_and_knows_where_it_belongs)
{
	set_up();
	struct lmi_command a = fx_send(&f, &p, "T", "2", "TAGS\001A\002DELAY\0013\002", "x");
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_QUEUE_ID), 2);
	struct lmi_record r = stored("SCHEDULE_TOPIC_XXXX", 2, 0);
	ck_assert(lmi_span_is(prop(&r, "REAL_TOPIC"), "T"));
	ck_assert(lmi_span_is(prop(&r, "REAL_QID"), "2"));
	ck_assert(lmi_span_is(prop(&r, "DELAY"), "3"));
	a = fx_send(&f, &p, "T", "2", "DELAY\00199\002", "y"); /* the highest level counts */
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	r = stored("SCHEDULE_TOPIC_XXXX", 17, 0);
	ck_assert(lmi_span_is(r.body, "y"));
	tear_down();
}
END_TEST

START_TEST(a_retry_sent_by_the_client_waits_for_its_delay)
{
	set_up();
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_SEND_MESSAGE_V2, retry_fields("2", "16", "DELAY\0015\002RETRY_TOPIC\001T\002"),
				      LMI_SPAN_LIT("x"));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_ptr_nonnull(topic_table_get(&f.core.topics, LMI_SPAN_LIT("%RETRY%g")));
	ck_assert(lmi_span_is(stored("SCHEDULE_TOPIC_XXXX", 4, 0).body, "x"));
	fx_pass(&f, 60000);
	struct lmi_record r = stored("%RETRY%g", 0, 0);
	ck_assert_int_eq(r.reconsume_times, 2);
	ck_assert_ptr_null(prop(&r, "DELAY").p);
	ck_assert(lmi_span_is(prop(&r, "RETRY_TOPIC"), "T"));
	tear_down();
}
END_TEST

START_TEST(a_retry_above_its_maximum_goes_to_the_dead_letters)
{
	set_up();
	fx_ask(&f, &p, LMI_REQ_SEND_MESSAGE_V2, retry_fields("16", NULL, NULL), LMI_SPAN_LIT("x"));
	ck_assert_ptr_null(topic_table_get(&f.core.topics, LMI_SPAN_LIT("%DLQ%g")));
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_SEND_MESSAGE_V2, retry_fields("17", NULL, NULL), LMI_SPAN_LIT("y"));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	struct lmi_record r = stored("%DLQ%g", 0, 0);
	ck_assert(lmi_span_is(r.body, "y"));
	ck_assert(lmi_span_is(prop(&r, "DELAY"), "-1"));
	const struct topic *t = topic_table_get(&f.core.topics, LMI_SPAN_LIT("%DLQ%g"));
	ck_assert_int_eq(t->config.read_queues, 1);
	ck_assert_int_eq(t->config.perm, 6);
	tear_down();
}
END_TEST

START_TEST(a_retry_of_an_ordered_group_goes_to_the_dead_letters_at_once)
{
	struct lock_who w = { LMI_SPAN_LIT("g"), LMI_SPAN_LIT("c1") };
	struct lmi_message_queue q = { LMI_SPAN_LIT("T"), LMI_SPAN_LIT("broker-a"), 0 };
	set_up();
	ck_assert_int_eq(lock_table_try(&f.core.locks, &w, &q, lmi_mono_ms(&f.clock.clock)), 1);
	fx_ask(&f, &p, LMI_REQ_SEND_MESSAGE_V2, retry_fields("0", NULL, NULL), LMI_SPAN_LIT("x"));
	ck_assert(lmi_span_is(stored("%DLQ%g", 0, 0).body, "x"));
	tear_down();
}
END_TEST

START_TEST(a_retry_of_an_unknown_group_is_26_when_groups_are_not_made)
{
	fx_prepare(&f);
	f.cfg.settings.auto_create_group = false;
	fx_open(&f);
	fx_peer_init(&p);
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_SEND_MESSAGE_V2, retry_fields("0", NULL, NULL), LMI_SPAN_LIT("x"));
	ck_assert_int_eq(a.code, LMI_RSP_SUBSCRIPTION_GROUP_NOT_EXIST);
	tear_down();
}
END_TEST

START_TEST(a_peer_that_goes_while_it_waits_leaves_no_trace)
{
	set_up_sync();
	fx_hand_in(&f, &p, LMI_REQ_SEND_MESSAGE_V2, 0, fx_send_fields("T", "0", NULL), LMI_SPAN_LIT("x"));
	core_turn_end(&f.core);
	fx_peer_gone(&f, &p);
	ck_assert(!p.freed);
	fx_run_jobs(&f);
	core_turn_end(&f.core);
	ck_assert(p.freed);
	f.executor.lazy = false;
	fx_done(&f);
	fx_peer_done(&p);
}
END_TEST

LMT_MAIN("send_handler", a_message_is_answered_with_its_id_queue_position_and_unique_id,
	 the_record_holds_what_was_sent_and_what_the_broker_adds,
	 an_unknown_topic_is_made_with_four_queues_and_told_to_name_servers, a_negative_queue_lets_the_broker_choose,
	 bad_names_closed_topics_and_queues_that_are_not_there_are_refused,
	 without_automatic_creation_an_unknown_topic_is_17, a_missing_field_is_named,
	 empty_and_oversized_messages_are_illegal_and_the_connection_lives, properties_that_ask_for_nothing_change_nothing,
	 a_one_way_send_is_stored_and_not_answered, nothing_is_answered_before_the_turn_has_written_it,
	 with_sync_flush_the_answer_waits_for_the_disk, the_attribute_of_a_topic_decides_whether_its_answers_wait,
	 with_sync_flush_wait_false_does_not_wait,
	 a_sync_that_takes_too_long_is_10_with_the_whole_answer, a_batch_gets_consecutive_positions_and_all_ids,
	 batches_that_may_not_be_are_illegal, a_retry_sent_by_the_client_waits_for_its_delay,
	 a_delayed_message_waits_in_the_schedule_topic_and_knows_where_it_belongs,
	 a_retry_above_its_maximum_goes_to_the_dead_letters, a_retry_of_an_ordered_group_goes_to_the_dead_letters_at_once,
	 a_retry_of_an_unknown_group_is_26_when_groups_are_not_made, a_peer_that_goes_while_it_waits_leaves_no_trace)
