/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: what operators ask a broker to throw away goes, and nothing else does; what they ask about replication is answered as
 * by a master without replicas.  Shown: a broker without sockets whose topic table loses a topic.
 */
#include "tests/unit/broker/fixture.h"

static struct fx f;
static struct fx_peer p;

static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&p);
}

static void tear_down(void)
{
	fx_peer_gone(&f, &p);
	fx_peer_done(&p);
	fx_done(&f);
}

static struct lmi_command ask(int32_t code, const struct fx_field *fields)
{
	return fx_ask(&f, &p, code, fields, LMI_SPAN_NULL);
}

static int64_t end_of(const char *topic)
{
	struct store_bounds b = { 0 };
	store_queue_bounds(f.core.store, lmi_span_str(topic), 0, &b);
	return b.max_pos;
}

START_TEST(queues_of_topics_that_are_no_more_are_cleaned_and_others_stay)
{
	set_up();
	fx_send(&f, &p, "T", "0", NULL, "x");
	fx_send(&f, &p, "U", "0", NULL, "x");
	fx_send(&f, &p, "U", "1", NULL, "x");
	ck_assert(topic_table_del(&f.core.topics, LMI_SPAN_LIT("U"), FX_WALL_MS));
	ck_assert_int_eq(ask(LMI_REQ_CLEAN_UNUSED_TOPIC, FX_NONE).code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(end_of("T"), 1);
	ck_assert_int_eq(end_of("U"), 0);
	ck_assert(fx_logged(&f, "queues of topic U, which is no more, were deleted"));
	tear_down();
}
END_TEST

START_TEST(cleaning_of_log_and_queues_is_started_by_a_request)
{
	set_up();
	ck_assert_int_eq(ask(LMI_REQ_DELETE_EXPIRED_COMMITLOG, FX_NONE).code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(ask(LMI_REQ_CLEAN_EXPIRED_CONSUMEQUEUE, FX_NONE).code, LMI_RSP_SUCCESS);
	tear_down();
}
END_TEST

START_TEST(replication_is_that_of_a_master_alone)
{
	set_up();
	fx_send(&f, &p, "T", "0", NULL, "x");
	struct lmi_command a = ask(LMI_REQ_GET_BROKER_HA_STATUS, FX_NONE);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_ptr_nonnull(memmem(a.body.p, a.body.n, "\"master\":true", 13));
	ck_assert_ptr_null(memmem(a.body.p, a.body.n, "\"masterCommitLogMaxOffset\":0", 28));
	ck_assert_int_eq(ask(LMI_REQ_RESET_MASTER_FLUSH_OFFSET, FX_FIELDS({ "masterFlushOffset", "0" })).code, LMI_RSP_SUCCESS);
	a = ask(LMI_REQ_RESET_MASTER_FLUSH_OFFSET, FX_NONE);
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	ck_assert(fx_remark_has(&a, "masterFlushOffset"));
	ck_assert_int_eq(ask(LMI_REQ_GET_BROKER_EPOCH_CACHE, FX_NONE).code, LMI_RSP_SYSTEM_ERROR);
	tear_down();
}
END_TEST

LMT_MAIN("clean_handler", queues_of_topics_that_are_no_more_are_cleaned_and_others_stay,
	 cleaning_of_log_and_queues_is_started_by_a_request, replication_is_that_of_a_master_alone)
