/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: whatever frames come over whichever connections, each request gets one whole answer (one-way ones none), the limits of
 * brokers, topics and KV entries hold, and when everybody has gone nobody is routed to.
 * An input is pieces: a byte for the connection, or for what happens, then 2 bytes of length and a frame without its length field.
 */
#include "namesrv/namesrv.h"

#include "tests/fuzz/fuzz.h"
#include "wire/frame.h"

#define CONNS 4
#define TOPICS_MAX 60
#define BROKERS_MAX 6

static struct lmi_buf frame, out;
static struct lmi_arena arena;
static struct namesrv n;
static struct lmi_clock_manual clock_;

static void check_answers(const struct lmi_command *c)
{
	struct lmi_command answer;
	size_t bytes;

	if (c->flag & (LMI_FLAG_ONEWAY | LMI_FLAG_RESPONSE)) {
		FUZZ_CHECK(lmi_buf_len(&out) == 0);
		return;
	}
	FUZZ_CHECK(!out.failed);
	FUZZ_CHECK(lmi_frame_cut(lmi_buf_span(&out), FUZZ_ARENA_MAX, &bytes) == 0 && bytes == lmi_buf_len(&out));
	FUZZ_CHECK(lmi_command_decode(lmi_buf_span(&out), &arena, &answer) == 0);
	FUZZ_CHECK(answer.opaque == c->opaque && (answer.flag & LMI_FLAG_RESPONSE));
}

static void take_frame(struct lmi_span bytes, uint64_t conn)
{
	struct lmi_command c;

	lmi_buf_reset(&frame, FUZZ_KEEP_BYTES);
	lmi_buf_reset(&out, FUZZ_KEEP_BYTES);
	lmi_buf_put32(&frame, (uint32_t)bytes.n);
	lmi_buf_put_span(&frame, bytes);
	fuzz_reset(&arena);
	if (lmi_command_decode(lmi_buf_span(&frame), &n.arena, &c) == 0) {
		namesrv_handle(&n, &c, conn, &out);
		check_answers(&c);
	}
	lmi_arena_reset(&n.arena);
	FUZZ_CHECK(route_table_topic_count(n.routes) <= TOPICS_MAX && route_table_broker_count(n.routes) <= BROKERS_MAX);
}

static void take_event(uint8_t what)
{
	if (what < 0xF0) {
		namesrv_conn_closed(&n, 1 + what % CONNS);
		return;
	}
	lmi_clock_manual_pass(&clock_, (what - 0xEF) * 10000);
	namesrv_duty(&n, lmi_mono_ms(&clock_.clock));
}

static void take_all(const uint8_t *p, size_t size)
{
	while (size >= 3) {
		size_t bytes = lmi_get16(p + 1);

		if (bytes > size - 3)
			bytes = size - 3;
		if (p[0] < 0x80)
			take_frame(lmi_span(p + 3, bytes), 1 + p[0] % CONNS);
		else
			take_event(p[0]);
		p += 3 + bytes;
		size -= 3 + bytes;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct namesrv_config cfg = {
		.limits = { .topics_max = TOPICS_MAX, .topics_per_broker_max = 40, .brokers_max = BROKERS_MAX, .expire_ms = 120000,
			    .delete_missing_topics = true, .acting_master = true },
		.clock = &clock_.clock,
		.scan_interval_ms = 5000,
		.order_message = true,
		.return_order_config = true,
		.all_topic_list = true,
		.unit_topic_list = true,
	};

	lmi_clock_manual_init(&clock_, 1000000);
	if (namesrv_init(&n, &cfg) < 0)
		return 0;
	take_all(data, size);
	for (uint64_t conn = 1; conn <= CONNS; conn++)
		namesrv_conn_closed(&n, conn);
	FUZZ_CHECK(route_table_broker_count(n.routes) == 0 && route_table_topic_count(n.routes) == 0);
	namesrv_done(&n);
	return 0;
}
