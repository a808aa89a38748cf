/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a half message is seen by nobody; its end, stated once or often, happens once; an open one is asked for at the
 * stated times until it is given up; and all of that goes on after a kill at any moment.
 * Shown by: stated time, kills between the two records of an end, and random histories against a list of what was promised.
 */
#include <errno.h>

#include "broker/handle/transaction.h"
#include "fixture.h"
#include "rules/name.h"
#include "wire/props.h"

#define HALF_PROPS "TRAN_MSG\1true\2PGROUP\1PG\2UNIQ_KEY\1U%d\2"

static struct fx f;
static struct fx_peer p, q;

static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&p);
	fx_peer_init(&q);
}

static void tear_down(void)
{
	fx_peer_gone(&f, &p);
	fx_peer_gone(&f, &q);
	fx_done(&f);
	fx_peer_done(&p);
	fx_peer_done(&q);
}

/* Where the half message lies. */
struct half {
	int64_t queue_pos, log_pos;
};

static int64_t log_pos_of(const struct lmi_command *a)
{
	struct lmi_host host;
	int64_t pos = -1;
	ck_assert_int_eq(lmi_offset_msg_id_parse(lmi_command_ext(a, LMI_EXT_MSG_ID), &host, &pos), 0);
	return pos;
}

static struct half send_half_props(int number, const char *more)
{
	char props[256], body[16];
	int n = snprintf(props, sizeof(props), HALF_PROPS, number);
	snprintf(props + n, sizeof(props) - (size_t)n, "%s", more);
	snprintf(body, sizeof(body), "%d", number);
	struct lmi_command a = fx_send(&f, &p, "T", "1", props, body);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	char uniq[16];
	snprintf(uniq, sizeof(uniq), "U%d", number);
	ck_assert(lmi_span_is(lmi_command_ext(&a, LMI_EXT_TRANSACTION_ID), uniq));
	return (struct half){ fx_number(&a, LMI_EXT_QUEUE_OFFSET), log_pos_of(&a) };
}

static struct half send_half(int number)
{
	return send_half_props(number, "");
}

static const struct fx_field *end_fields(const char *group, struct half half, const char *type, const char *checked)
{
	static char queue_pos[24], log_pos[24];
	static struct fx_field fields[8];
	snprintf(queue_pos, sizeof(queue_pos), "%lld", (long long)half.queue_pos);
	snprintf(log_pos, sizeof(log_pos), "%lld", (long long)half.log_pos);
	const struct fx_field v[] = { { "producerGroup", group },    { "tranStateTableOffset", queue_pos },
				      { "commitLogOffset", log_pos }, { "commitOrRollback", type },
				      { "fromTransactionCheck", checked }, { "msgId", "U" }, { NULL, NULL } };
	memcpy(fields, v, sizeof(v));
	return fields;
}

static struct lmi_command end_as(const char *group, struct half half, const char *type, const char *checked)
{
	return fx_ask(&f, &p, LMI_REQ_END_TRANSACTION, end_fields(group, half, type, checked), LMI_SPAN_NULL);
}

static int32_t end(struct half half, const char *type)
{
	return end_as("PG", half, type, "false").code;
}

static bool body_has(const struct lmi_command *a, const char *text)
{
	return memmem(a->body.p, a->body.n, text, strlen(text)) != NULL;
}

static struct lmi_command list(const char *from, const char *most, const char *group)
{
	const struct fx_field fields[] = { { "offset", from }, { "maxMsgNums", most }, { group ? "producerGroup" : NULL, group }, { NULL, NULL } };
	return fx_ask(&f, &p, LMI_REQ_LIST_TRANSACTIONS, fields, LMI_SPAN_NULL);
}

static struct lmi_command resume_check(int64_t log_pos)
{
	char id[LMI_OFFSET_MSG_ID_MAX + 1];
	id[lmi_offset_msg_id(&f.core.cfg.settings.host, log_pos, id)] = 0;
	const struct fx_field fields[] = { { "topic", "T" }, { "msgId", id }, { NULL, NULL } };
	return fx_ask(&f, &p, LMI_REQ_RESUME_CHECK_HALF_MESSAGE, fields, LMI_SPAN_NULL);
}

#define COMMIT "8"
#define ROLLBACK "12"
#define UNDECIDED "0"

static void producer_beats(struct fx_peer *who, const char *client)
{
	char body[256];
	snprintf(body, sizeof(body), "{\"clientID\":\"%s\",\"consumerDataSet\":[],\"producerDataSet\":[{\"groupName\":\"PG\"}]}", client);
	ck_assert_int_eq(fx_ask(&f, who, LMI_REQ_HEART_BEAT, FX_NONE, lmi_span_str(body)).code, LMI_RSP_SUCCESS);
}

static int64_t max_of(const char *topic, int32_t queue)
{
	struct store_bounds b = { 0 };
	store_queue_bounds(f.core.store, lmi_span_str(topic), queue, &b);
	return b.max_pos;
}

/* The record at a queue position; valid until the next call. */
static struct lmi_record record_of(const char *topic, int32_t queue, int64_t pos)
{
	static uint8_t bytes[1 << 16];
	static struct store_get g;
	struct lmi_record r;
	g = (struct store_get){ .topic = lmi_span_str(topic), .queue_id = queue, .queue_pos = pos, .max_messages = 1, .wait = true };
	ck_assert_int_eq(store_get(f.core.store, &g), 0);
	ck_assert_uint_eq(g.count, 1);
	ck_assert_int_eq(store_read(f.core.store, &g.extents[0], bytes, true), 0);
	ck_assert_int_eq(lmi_record_decode(lmi_span(bytes, (size_t)g.extents[0].bytes), &r), 0);
	return r;
}

static bool has_prop(const struct lmi_record *r, const char *key, const char *value)
{
	return lmi_span_is(lmi_props_get(r->props, lmi_span_str(key)), value);
}

/* A question to a producer, taken from its output. */
struct question {
	struct half half;
	int32_t body_queue;
	char topic[32], uniq[32];
};

static bool take_question(struct fx_peer *who, struct question *out)
{
	struct lmi_command c;
	struct lmi_record r;
	if (!fx_take(who, &c))
		return false;
	ck_assert_int_eq(c.code, LMI_REQ_CHECK_TRANSACTION_STATE);
	ck_assert_int_eq(c.flag, LMI_FLAG_ONEWAY);
	out->half.queue_pos = fx_number(&c, LMI_EXT_TRAN_STATE_TABLE_OFFSET);
	out->half.log_pos = fx_number(&c, LMI_EXT_COMMIT_LOG_OFFSET);
	ck_assert_int_eq(lmi_record_decode(c.body, &r), 0);
	out->body_queue = r.queue_id;
	snprintf(out->topic, sizeof(out->topic), "%.*s", (int)r.topic.n, (const char *)r.topic.p);
	struct lmi_span id = lmi_command_ext(&c, LMI_EXT_MSG_ID);
	snprintf(out->uniq, sizeof(out->uniq), "%.*s", (int)id.n, (const char *)id.p);
	return true;
}

static void restart(bool kill)
{
	fx_peer_gone(&f, &p);
	fx_peer_gone(&f, &q);
	fx_peer_done(&p);
	fx_peer_done(&q);
	if (kill)
		fx_kill(&f);
	else
		fx_close(&f);
	f.executor.lazy = false;
	fx_run_jobs(&f); /* what a dead broker had handed out does nothing */
	fx_open(&f);
	fx_peer_init(&p);
	fx_peer_init(&q);
}

/* ---- ends ---- */

START_TEST(a_half_message_is_in_the_half_topic_only)
{
	set_up();
	struct half half = send_half(1);
	ck_assert_int_eq(half.queue_pos, 0);
	ck_assert_int_eq(max_of("T", 1), 0);
	struct lmi_record r = record_of(LMI_NAME_HALF, 0, 0);
	ck_assert(has_prop(&r, "REAL_TOPIC", "T") && has_prop(&r, "REAL_QID", "1") && has_prop(&r, "__transactionId__", "U1"));
	ck_assert_int_eq(r.sysflag & LMI_SYSFLAG_TRANSACTION_MASK, 0);
	tear_down();
}
END_TEST

START_TEST(a_committed_message_is_there_once_however_often_it_is_committed)
{
	set_up();
	struct half half = send_half(1);
	ck_assert_int_eq(end(half, COMMIT), LMI_RSP_SUCCESS);
	ck_assert_int_eq(end(half, COMMIT), LMI_RSP_SUCCESS);
	ck_assert_int_eq(max_of("T", 1), 1);
	struct lmi_record r = record_of("T", 1, 0);
	ck_assert_int_eq(r.sysflag & LMI_SYSFLAG_TRANSACTION_MASK, LMI_SYSFLAG_COMMIT);
	ck_assert_int_eq(r.prepared_pos, half.log_pos);
	ck_assert(!lmi_props_get(r.props, LMI_SPAN_LIT("REAL_TOPIC")).n && !lmi_props_get(r.props, LMI_SPAN_LIT("TRAN_MSG")).n);
	ck_assert(has_prop(&r, "UNIQ_KEY", "U1") && lmi_span_is(r.body, "1"));
	r = record_of(LMI_NAME_OP_HALF, 0, 0);
	ck_assert(lmi_span_is(r.body, "0,") && has_prop(&r, "TAGS", "d"));
	tear_down();
}
END_TEST

START_TEST(what_was_rolled_back_stays_so)
{
	set_up();
	struct half half = send_half(1);
	ck_assert_int_eq(end(half, ROLLBACK), LMI_RSP_SUCCESS);
	ck_assert_int_eq(end(half, ROLLBACK), LMI_RSP_SUCCESS);
	struct lmi_command a = end_as("PG", half, COMMIT, "true");
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	ck_assert(fx_remark_has(&a, "rolled back already"));
	ck_assert_int_eq(max_of("T", 1), 0);
	tear_down();
}
END_TEST

START_TEST(an_end_that_does_not_fit_the_half_message_is_refused_with_the_cause)
{
	set_up();
	struct half half = send_half(1), other = { half.queue_pos + 1, half.log_pos }, nowhere = { 0, 1 << 20 };
	struct lmi_command a = end_as("OTHER", half, COMMIT, "false");
	ck_assert(a.code == LMI_RSP_SYSTEM_ERROR && fx_remark_has(&a, "another producer group"));
	a = end_as("PG", other, COMMIT, "false");
	ck_assert(a.code == LMI_RSP_SYSTEM_ERROR && fx_remark_has(&a, "do not belong together"));
	a = end_as("PG", nowhere, COMMIT, "false");
	ck_assert(a.code == LMI_RSP_SYSTEM_ERROR && fx_remark_has(&a, "no message at commitLogOffset"));
	a = end_as("PG", half, "4", "false");
	ck_assert(a.code == LMI_RSP_SYSTEM_ERROR && fx_remark_has(&a, "none of 8"));
	struct lmi_command plain = fx_send(&f, &p, "T", "0", NULL, "x");
	a = end_as("PG", (struct half){ 0, log_pos_of(&plain) }, COMMIT, "false");
	ck_assert(a.code == LMI_RSP_SYSTEM_ERROR && fx_remark_has(&a, "no half message"));
	ck_assert_int_eq(end(half, UNDECIDED), LMI_RSP_SUCCESS);
	ck_assert_int_eq(max_of("T", 1), 0);
	ck_assert_int_eq(end(half, COMMIT), LMI_RSP_SUCCESS);
	tear_down();
}
END_TEST

START_TEST(after_its_immunity_a_transaction_ends_by_the_answer_to_a_check_only)
{
	set_up();
	struct half half = send_half_props(1, "CHECK_IMMUNITY_TIME_IN_SECONDS\1" "10\2");
	ck_assert_int_eq(end_as("PG", half, COMMIT, "false").code, LMI_RSP_ILLEGAL_OPERATION); /* born at 1 ms */
	ck_assert_int_eq(end_as("PG", half, COMMIT, "true").code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(max_of("T", 1), 1);
	tear_down();
}
END_TEST

START_TEST(a_client_cannot_forge_where_a_half_message_goes)
{
	set_up();
	struct half half = send_half_props(1, "REAL_TOPIC\1SCHEDULE_TOPIC_XXXX\2REAL_QID\1" "7\2__lightmqFirstHalf\1" "99\2");
	ck_assert_int_eq(end(half, COMMIT), LMI_RSP_SUCCESS);
	ck_assert_int_eq(max_of("T", 1), 1);
	ck_assert_int_eq(max_of("SCHEDULE_TOPIC_XXXX", 7), 0);
	tear_down();
}
END_TEST

START_TEST(too_many_open_transactions_are_refused_and_ended_ones_make_room)
{
	fx_prepare(&f);
	f.cfg.transactions_max = 2;
	fx_open(&f);
	fx_peer_init(&p);
	fx_peer_init(&q);
	struct half half = send_half(1);
	send_half(2);
	struct lmi_command a = fx_send(&f, &p, "T", "1", "TRAN_MSG\1true\2PGROUP\1PG\2", "x");
	ck_assert(a.code == LMI_RSP_SYSTEM_BUSY && fx_remark_has(&a, "maxOpenTransactions"));
	ck_assert_int_eq(end(half, ROLLBACK), LMI_RSP_SUCCESS);
	send_half(3);
	tear_down();
}
END_TEST

START_TEST(transactions_can_be_switched_off)
{
	fx_prepare(&f);
	f.cfg.settings.reject_transactions = true;
	fx_open(&f);
	fx_peer_init(&p);
	fx_peer_init(&q);
	struct lmi_command a = fx_send(&f, &p, "T", "1", "TRAN_MSG\1true\2PGROUP\1PG\2", "x");
	ck_assert(a.code == LMI_RSP_NO_PERMISSION && fx_remark_has(&a, "rejectTransactionMessage"));
	tear_down();
}
END_TEST

/* ---- checks ---- */

START_TEST(an_open_transaction_is_asked_for_after_6_s_and_every_30_s)
{
	struct question a, b;
	set_up();
	producer_beats(&p, "c1");
	struct half half = send_half(1);
	fx_pass(&f, 5900);
	ck_assert(!take_question(&p, &a));
	fx_pass(&f, 200);
	ck_assert(take_question(&p, &a));
	ck_assert_str_eq(a.topic, "T");
	ck_assert_str_eq(a.uniq, "U1");
	ck_assert_int_eq(a.body_queue, 1);
	ck_assert_int_eq(a.half.queue_pos, 1); /* put again */
	fx_pass(&f, 29800);
	ck_assert(!take_question(&p, &b));
	fx_pass(&f, 300);
	ck_assert(take_question(&p, &b));
	ck_assert_int_eq(b.half.queue_pos, 2);
	struct lmi_record r = record_of(LMI_NAME_HALF, 0, 2);
	ck_assert(has_prop(&r, "TRANSACTION_CHECK_TIMES", "2"));
	/* Whichever of its records an end names, it is the same transaction. */
	ck_assert_int_eq(end_as("PG", a.half, COMMIT, "true").code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(end_as("PG", b.half, COMMIT, "true").code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(end(half, COMMIT), LMI_RSP_SUCCESS);
	ck_assert_int_eq(max_of("T", 1), 1);
	fx_pass(&f, 60000);
	producer_beats(&p, "c1");
	fx_pass(&f, 60000);
	ck_assert(!take_question(&p, &b));
	tear_down();
}
END_TEST

START_TEST(one_that_was_given_up_is_asked_for_again_when_an_operator_says_so)
{
	struct question what = { .body_queue = 0 };
	set_up();
	struct half half = send_half(1);
	for (int i = 0; i < 60; i++) {
		producer_beats(&q, "c1");
		fx_pass(&f, 10000);
		while (take_question(&q, &what))
			;
	}
	struct lmi_record gone = record_of("TRANS_CHECK_MAX_TIME_TOPIC", 0, 0);
	ck_assert_int_eq(resume_check(half.log_pos).code, LMI_RSP_SYSTEM_ERROR); /* that half record is over */
	int64_t at = gone.log_pos;
	ck_assert_int_eq(resume_check(at + 1).code, LMI_RSP_SYSTEM_ERROR);
	ck_assert_int_eq(resume_check(at).code, LMI_RSP_SUCCESS);
	producer_beats(&q, "c1");
	fx_pass(&f, 7000);
	ck_assert(take_question(&q, &what));
	ck_assert_str_eq(what.topic, "T");
	ck_assert_int_eq(end_as("PG", what.half, COMMIT, "true").code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(max_of("T", 1), 1);
	tear_down();
}
END_TEST

START_TEST(open_transactions_are_listed_a_page_at_a_time)
{
	set_up();
	struct lmi_command a = list("0", "10", NULL);
	ck_assert(body_has(&a, "\"open\":0") && body_has(&a, "\"next\":-1"));
	for (int i = 0; i < 5; i++)
		send_half(i);
	a = list("0", "2", NULL);
	ck_assert(body_has(&a, "\"open\":5") && body_has(&a, "\"next\":2") && body_has(&a, "\"group\":\"PG\""));
	a = list("4", "2", "PG");
	ck_assert(body_has(&a, "\"id\":4") && body_has(&a, "\"next\":-1") && !body_has(&a, "\"id\":3"));
	a = list("0", "10", "other");
	ck_assert(!body_has(&a, "\"id\""));
	tear_down();
}
END_TEST

START_TEST(a_transaction_for_a_stated_time_comes_then_and_not_when_it_is_committed)
{
	char props[64];
	set_up();
	snprintf(props, sizeof(props), "TIMER_DELIVER_MS\1%lld\2", (long long)(lmi_wall_ms(&f.clock.clock) + 5000));
	struct half half = send_half_props(1, props);
	ck_assert_int_eq(end(half, COMMIT), LMI_RSP_SUCCESS);
	fx_pass(&f, 4000);
	ck_assert_int_eq(max_of("T", 1), 0);
	fx_pass(&f, 1100);
	ck_assert_int_eq(max_of("T", 1), 1);
	struct lmi_command a = fx_send(&f, &p, "T", "1", "TRAN_MSG\1true\2PGROUP\1PG\2UNIQ_KEY\1U2\2TIMER_DELAY_SEC\1" "259201\2", "2");
	ck_assert(a.code == LMI_RSP_MESSAGE_ILLEGAL && fx_remark_has(&a, "timerMaxDelaySec"));
	tear_down();
}
END_TEST

START_TEST(a_transaction_is_given_up_after_15_questions_and_its_message_kept)
{
	struct question a;
	int asked = 0;
	set_up();
	struct half half = send_half(1);
	for (int i = 0; i < 60; i++) {
		producer_beats(&p, "c1");
		fx_pass(&f, 10000);
		while (take_question(&p, &a))
			asked++;
	}
	ck_assert_int_eq(asked, 15);
	ck_assert_int_eq(max_of(LMI_NAME_CHECK_MAX, 0), 1);
	ck_assert(topic_table_get(&f.core.topics, LMI_SPAN_LIT(LMI_NAME_CHECK_MAX)) != NULL);
	ck_assert(fx_logged(&f, "given up"));
	struct lmi_command c = end_as("PG", half, COMMIT, "true");
	ck_assert(c.code == LMI_RSP_SYSTEM_ERROR && fx_remark_has(&c, "given up"));
	tear_down();
}
END_TEST

START_TEST(without_a_producer_it_is_kept_and_the_next_one_is_asked_at_once)
{
	struct question a;
	set_up();
	send_half(1);
	fx_pass(&f, 3600000);
	ck_assert_int_eq(max_of(LMI_NAME_CHECK_MAX, 0), 0);
	ck_assert_uint_eq(f.core.transactions.count, 1);
	producer_beats(&q, "c2");
	fx_pass(&f, 100);
	ck_assert(take_question(&q, &a));
	ck_assert_str_eq(a.uniq, "U1");
	ck_assert_int_eq(end_as("PG", a.half, ROLLBACK, "true").code, LMI_RSP_SUCCESS);
	tear_down();
}
END_TEST

START_TEST(producers_of_a_group_are_asked_in_turn)
{
	struct question a;
	int at_p = 0, at_q = 0;
	set_up();
	producer_beats(&p, "c1");
	producer_beats(&q, "c2");
	for (int i = 0; i < 10; i++)
		send_half(i);
	fx_pass(&f, 6100);
	while (take_question(&p, &a))
		at_p++;
	while (take_question(&q, &a))
		at_q++;
	ck_assert_int_eq(at_p, 5);
	ck_assert_int_eq(at_q, 5);
	tear_down();
}
END_TEST

START_TEST(one_unreadable_half_message_holds_up_no_other)
{
	struct question a;
	set_up();
	producer_beats(&p, "c1");
	struct half bad = send_half(1);
	send_half(2);
	char path[64];
	snprintf(path, sizeof(path), "commitlog/%020d", 0);
	ck_assert_int_eq(disk_crash_flip(f.disk, path, bad.log_pos + 4, 0xff), 0);
	fx_pass(&f, 6100);
	ck_assert(take_question(&p, &a));
	ck_assert_str_eq(a.uniq, "U2");
	ck_assert(fx_logged(&f, "is not readable"));
	ck_assert_uint_eq(f.core.transactions.count, 1);
	tear_down();
}
END_TEST

START_TEST(a_cold_half_message_is_read_by_a_worker_and_then_asked_for)
{
	struct question a;
	set_up();
	producer_beats(&p, "c1");
	send_half(1);
	fx_pass(&f, 5500);
	producer_beats(&p, "c1");
	f.executor.lazy = true;
	disk_crash_chill(f.disk);
	fx_pass(&f, 600);
	ck_assert(!take_question(&p, &a));
	while (fx_run_jobs(&f))
		core_turn_end(&f.core);
	fx_pass(&f, 200);
	ck_assert(take_question(&p, &a));
	f.executor.lazy = false;
	fx_run_jobs(&f);
	tear_down();
}
END_TEST

/* ---- restarts ---- */

START_TEST(open_transactions_are_open_after_a_stop_and_after_a_kill)
{
	for (int kill = 0; kill < 2; kill++) {
		struct question a;
		set_up();
		struct half one = send_half(1), two = send_half(2), three = send_half(3);
		ck_assert_int_eq(end(one, COMMIT), LMI_RSP_SUCCESS);
		ck_assert_int_eq(end(three, ROLLBACK), LMI_RSP_SUCCESS);
		fx_pass(&f, 10000);
		restart(kill);
		ck_assert_uint_eq(f.core.transactions.count, 1);
		producer_beats(&p, "c1");
		fx_pass(&f, 100);
		ck_assert(take_question(&p, &a)); /* its 6 s are long over */
		ck_assert_str_eq(a.uniq, "U2");
		ck_assert_int_eq(end(two, COMMIT), LMI_RSP_SUCCESS);
		ck_assert_int_eq(max_of("T", 1), 2);
		tear_down();
	}
}
END_TEST

START_TEST(questions_are_counted_across_restarts)
{
	struct question a;
	set_up();
	producer_beats(&p, "c1");
	send_half(1);
	fx_pass(&f, 6100);
	restart(true);
	ck_assert_uint_eq(f.core.transactions.count, 1);
	producer_beats(&p, "c1");
	fx_pass(&f, 30000);
	ck_assert(take_question(&p, &a));
	struct lmi_record r = record_of(LMI_NAME_HALF, 0, a.half.queue_pos);
	ck_assert(has_prop(&r, "TRANSACTION_CHECK_TIMES", "2"));
	tear_down();
}
END_TEST

/* The first of the two records of a commit, then the end of the world. */
static void commit_by_half(const char *more)
{
	struct transaction_half half;
	struct store_ticket t;
	struct half where = send_half_props(1, more);
	struct store_extent e = { .log_pos = where.log_pos };
	ck_assert_int_eq(store_record_at(f.core.store, e.log_pos, &e.bytes), 0);
	uint8_t *bytes = malloc((size_t)e.bytes);
	ck_assert_ptr_nonnull(bytes);
	ck_assert_int_eq(store_read(f.core.store, &e, bytes, true), 0);
	ck_assert_int_eq(transaction_half_read(lmi_span(bytes, (size_t)e.bytes), &half), 0);
	ck_assert_int_eq(transaction_commit(&f.core.handle, &half, where.log_pos, &t), 0);
	core_turn_end(&f.core);
	free(bytes);
	restart(true);
	ck_assert_uint_eq(f.core.transactions.count, 0);
	core_turn_end(&f.core);
	ck_assert_int_eq(max_of(LMI_NAME_OP_HALF, 0), 1);
}

START_TEST(a_message_whose_op_record_a_crash_took_is_not_delivered_twice)
{
	set_up();
	commit_by_half("");
	ck_assert_int_eq(max_of("T", 1), 1);
	tear_down();
}
END_TEST

START_TEST(nor_is_one_that_waits_for_its_delay_level)
{
	set_up();
	commit_by_half("DELAY\1" "3\2");
	ck_assert_int_eq(max_of("T", 1), 0);
	ck_assert_int_eq(max_of(LMI_NAME_SCHEDULE, 2), 1);
	tear_down();
}
END_TEST

START_TEST(a_saved_offset_beyond_the_queue_hides_nothing)
{
	set_up();
	struct offset_at at = { .group = LMI_SPAN_LIT(LMI_NAME_GROUP_TRANS), .topic = LMI_SPAN_LIT(LMI_NAME_HALF) };
	ck_assert_int_eq(offset_table_commit(&f.core.offsets, &at, 1000), 0);
	restart(false);
	ck_assert(fx_logged(&f, "beyond the end of the queue"));
	send_half(1);
	restart(false);
	ck_assert_uint_eq(f.core.transactions.count, 1);
	tear_down();
}
END_TEST

START_TEST(the_offsets_that_a_java_broker_starts_from_follow_the_oldest_open_transaction)
{
	struct offset_at half_at = { .group = LMI_SPAN_LIT(LMI_NAME_GROUP_TRANS), .topic = LMI_SPAN_LIT(LMI_NAME_HALF) };
	struct offset_at op_at = { .group = LMI_SPAN_LIT(LMI_NAME_GROUP_TRANS), .topic = LMI_SPAN_LIT(LMI_NAME_OP_HALF) };
	struct half h[600];
	set_up();
	for (int i = 0; i < 600; i++)
		h[i] = send_half(i);
	for (int i = 1; i < 600; i++)
		ck_assert_int_eq(end(h[i], COMMIT), LMI_RSP_SUCCESS);
	fx_pass(&f, 3000);
	ck_assert_int_eq(offset_table_get(&f.core.offsets, &half_at), 0);
	ck_assert_int_eq(offset_table_get(&f.core.offsets, &op_at), 0);
	ck_assert_int_eq(end(h[0], ROLLBACK), LMI_RSP_SUCCESS);
	fx_pass(&f, 3000);
	ck_assert_int_eq(offset_table_get(&f.core.offsets, &half_at), 600);
	ck_assert_int_eq(offset_table_get(&f.core.offsets, &op_at), 600);
	tear_down();
}
END_TEST

/* ---- random histories ---- */

#define MODEL_HALVES 24
#define MODEL_STEPS 80
#define MODEL_SEEDS LMT_ROUNDS(1000) /* times LIGHTMQ_BUDGET */

enum fate { OPEN, COMMITTED, ROLLED_BACK };

struct model {
	struct half half[MODEL_HALVES];
	enum fate fate[MODEL_HALVES];
	int n;
	uint64_t seed;
};

static void learn(struct model *m)
{
	struct question a;
	while (take_question(&p, &a)) {
		int i = atoi(a.uniq + 1);
		ck_assert_msg(m->fate[i] == OPEN, "seed %llu: asked for the ended %d", (unsigned long long)m->seed, i);
		m->half[i] = a.half;
	}
}

/* The power fails when the records of an end were written and not yet synced: any part of them may be left. */
static void end_in_the_dark(struct model *m, int i, struct lmi_rng *rng)
{
	enum fate want = lmi_rng_below(rng, 2) ? COMMITTED : ROLLED_BACK;
	const char *type = want == COMMITTED ? COMMIT : ROLLBACK;
	f.executor.lazy = true;
	fx_hand_in(&f, &p, LMI_REQ_END_TRANSACTION, LMI_FLAG_ONEWAY, end_fields("PG", m->half[i], type, "true"), LMI_SPAN_NULL);
	core_turn_end(&f.core);
	disk_crash_power_cut(f.disk, lmi_rng_u64(rng));
	restart(true);
	end_as("PG", m->half[i], type, "true"); /* a success, or ended already */
	m->fate[i] = want;
}

static void step(struct model *m, struct lmi_rng *rng)
{
	int i = m->n ? (int)lmi_rng_below(rng, (uint64_t)m->n) : 0;
	switch (lmi_rng_below(rng, 9)) {
	case 0:
	case 1:
	case 2:
		if (m->n < MODEL_HALVES) {
			m->half[m->n] = send_half(m->n);
			m->fate[m->n++] = OPEN;
		}
		break;
	case 3:
	case 4: {
		if (!m->n)
			break;
		enum fate want = lmi_rng_below(rng, 2) ? COMMITTED : ROLLED_BACK;
		int32_t code = end(m->half[i], want == COMMITTED ? COMMIT : ROLLBACK);
		bool fits = m->fate[i] == OPEN || m->fate[i] == want;
		if (m->fate[i] == OPEN)
			ck_assert_int_eq(code, LMI_RSP_SUCCESS);
		else if (!fits)
			ck_assert_int_eq(code, LMI_RSP_SYSTEM_ERROR);
		if (m->fate[i] == OPEN)
			m->fate[i] = want;
		break;
	}
	case 5:
		producer_beats(&p, "c1");
		fx_pass(&f, (int64_t)lmi_rng_below(rng, 40000));
		learn(m);
		break;
	case 8:
		if (m->n && m->fate[i] == OPEN)
			end_in_the_dark(m, i, rng);
		break;
	case 6:
		restart(true);
		break;
	case 7:
		if (lmi_rng_below(rng, 2)) {
			disk_crash_power_cut(f.disk, lmi_rng_u64(rng));
			restart(true);
		} else {
			restart(false);
		}
		break;
	}
}

/* Every message of T: committed ones once, no others. */
static void count_delivered(struct model *m)
{
	int seen[MODEL_HALVES] = { 0 };
	for (int64_t i = 0; i < max_of("T", 1); i++) {
		struct lmi_record r = record_of("T", 1, i);
		int64_t number = -1;
		ck_assert_int_eq(lmi_span_to_i64(r.body, &number), 0);
		seen[number]++;
	}
	for (int i = 0; i < m->n; i++)
		ck_assert_msg(seen[i] == (m->fate[i] == COMMITTED), "seed %llu: message %d with fate %d is there %d times",
			      (unsigned long long)m->seed, i, m->fate[i], seen[i]);
}

static void model(uint64_t seed)
{
	struct lmi_rng_seeded rng;
	struct model m = { .seed = seed };
	lmi_rng_seeded_init(&rng, seed);
	fx_prepare(&f);
	f.cfg.settings.sync_flush = true; /* so that what was answered holds after a power cut */
	f.cfg.store.flush = STORE_SYNC_FLUSH;
	f.cfg.settings.transaction_checks = 1000;
	f.cfg.store.segment_bytes = 1 << 20;
	fx_open(&f);
	fx_peer_init(&p);
	fx_peer_init(&q);
	for (int i = 0; i < MODEL_STEPS; i++)
		step(&m, &rng.rng);
	/* In the end every open one is asked for and ended. */
	for (int round = 0; round < 3; round++) {
		producer_beats(&p, "c1");
		fx_pass(&f, 31000);
		learn(&m);
	}
	for (int i = 0; i < m.n; i++)
		if (m.fate[i] == OPEN) {
			ck_assert_int_eq(end_as("PG", m.half[i], COMMIT, "true").code, LMI_RSP_SUCCESS);
			m.fate[i] = COMMITTED;
		}
	ck_assert_uint_eq(f.core.transactions.count, 0);
	count_delivered(&m);
	tear_down();
}

/* A quarter of the seeds: each has a minute. */
static void histories(uint64_t quarter)
{
	const char *budget = getenv("LIGHTMQ_BUDGET");
	uint64_t n = MODEL_SEEDS / 4 * (budget && atoi(budget) > 1 ? (uint64_t)atoi(budget) : 1);
	for (uint64_t seed = quarter * n + 1; seed <= (quarter + 1) * n; seed++)
		model(seed);
}

START_TEST(random_histories_lose_no_transaction_and_deliver_none_twice)
{
	histories(0);
}
END_TEST

START_TEST(a_second_quarter_of_random_histories)
{
	histories(1);
}
END_TEST

START_TEST(a_third_quarter_of_random_histories)
{
	histories(2);
}
END_TEST

START_TEST(a_fourth_quarter_of_random_histories)
{
	histories(3);
}
END_TEST

LMT_MAIN("transactions", a_half_message_is_in_the_half_topic_only,
	 a_committed_message_is_there_once_however_often_it_is_committed, what_was_rolled_back_stays_so,
	 an_end_that_does_not_fit_the_half_message_is_refused_with_the_cause,
	 after_its_immunity_a_transaction_ends_by_the_answer_to_a_check_only, a_client_cannot_forge_where_a_half_message_goes,
	 too_many_open_transactions_are_refused_and_ended_ones_make_room, transactions_can_be_switched_off,
	 an_open_transaction_is_asked_for_after_6_s_and_every_30_s, a_transaction_is_given_up_after_15_questions_and_its_message_kept,
	 one_that_was_given_up_is_asked_for_again_when_an_operator_says_so, open_transactions_are_listed_a_page_at_a_time,
	 a_transaction_for_a_stated_time_comes_then_and_not_when_it_is_committed,
	 without_a_producer_it_is_kept_and_the_next_one_is_asked_at_once, producers_of_a_group_are_asked_in_turn,
	 one_unreadable_half_message_holds_up_no_other, a_cold_half_message_is_read_by_a_worker_and_then_asked_for,
	 open_transactions_are_open_after_a_stop_and_after_a_kill, questions_are_counted_across_restarts,
	 a_message_whose_op_record_a_crash_took_is_not_delivered_twice, nor_is_one_that_waits_for_its_delay_level,
	 a_saved_offset_beyond_the_queue_hides_nothing,
	 the_offsets_that_a_java_broker_starts_from_follow_the_oldest_open_transaction,
	 random_histories_lose_no_transaction_and_deliver_none_twice, a_second_quarter_of_random_histories,
	 a_third_quarter_of_random_histories, a_fourth_quarter_of_random_histories)
