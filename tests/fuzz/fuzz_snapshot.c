/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: whatever a route snapshot holds between its magic and its checksum, it is loaded or refused within the table's limits;
 * what was loaded is saved and loaded again with the same brokers and topics, and every list can be made of it.
 */
#include "namesrv/route_table.h"

#include "tests/fuzz/fuzz.h"

static struct lmi_arena arena;
static struct lmi_buf text, first, second;

static const struct route_limits limits = { .topics_max = 1000, .topics_per_broker_max = 500, .brokers_max = 20, .expire_ms = 120000,
					    .acting_master = true };

static void put_frame(const uint8_t *data, size_t size)
{
	lmi_buf_reset(&text, FUZZ_KEEP_BYTES);
	lmi_buf_put32(&text, 0x4C4D5231);
	lmi_buf_put(&text, data, size);
	lmi_buf_put32(&text, lmi_crc32(0, lmi_buf_data(&text), lmi_buf_len(&text)));
}

static void make_lists(struct route_table *t)
{
	struct lmi_buf b = { 0 };
	struct lmi_text_list l;

	route_table_cluster_info(t, &b, &arena);
	FUZZ_CHECK(route_table_topics(t, LMI_SPAN_NULL, 0, 0, &arena, &l) == 0);
	FUZZ_CHECK(l.count == route_table_topic_count(t) && l.count <= limits.topics_max);
	for (size_t i = 0; i < l.count; i++) {
		struct route_ask ask = { .topic = l.items[i] };
		struct route_answer a;

		FUZZ_CHECK(route_table_route(t, &ask, &arena, &a) == 0 && a.stale);
	}
	FUZZ_CHECK(route_table_system_list(t, &arena, &l) == 0);
	lmi_buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct route_table *t = route_table_new(&limits, NULL), *back = route_table_new(&limits, NULL);

	fuzz_reset(&arena);
	put_frame(data, size);
	if (route_table_load(t, lmi_buf_span(&text), 0) == 0) {
		FUZZ_CHECK(route_table_broker_count(t) <= limits.brokers_max);
		make_lists(t);
		lmi_buf_reset(&first, FUZZ_KEEP_BYTES);
		lmi_buf_reset(&second, FUZZ_KEEP_BYTES);
		route_table_save(t, &first);
		FUZZ_CHECK(route_table_load(back, lmi_buf_span(&first), 0) == 0);
		FUZZ_CHECK(route_table_broker_count(t) == route_table_broker_count(back));
		FUZZ_CHECK(route_table_topic_count(t) == route_table_topic_count(back));
		route_table_save(back, &second);
		FUZZ_CHECK(lmi_buf_len(&first) == lmi_buf_len(&second)); /* the order is the sets' */
	}
	route_table_conn_closed(t, 1, 0);
	route_table_expire(t, 200000);
	route_table_free(t);
	route_table_free(back);
	return 0;
}
