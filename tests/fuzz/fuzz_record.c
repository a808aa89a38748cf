/* SPDX-License-Identifier: Apache-2.0 */
/* Claim: a decoded record is encoded to bytes that decode to the same record, no larger than it was. */
#include "wire/record.h"

#include "tests/fuzz/fuzz.h"

static bool same_host(const struct lmi_host *a, const struct lmi_host *b)
{
	return a->v6 == b->v6 && a->port == b->port && memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
}

static void check_same(const struct lmi_record *a, const struct lmi_record *b)
{
	FUZZ_CHECK(a->queue_id == b->queue_id && a->flag == b->flag && a->queue_pos == b->queue_pos && a->log_pos == b->log_pos);
	FUZZ_CHECK(a->sysflag == b->sysflag && a->born_ms == b->born_ms && a->store_ms == b->store_ms);
	FUZZ_CHECK(same_host(&a->born, &b->born) && same_host(&a->store, &b->store));
	FUZZ_CHECK(a->reconsume_times == b->reconsume_times && a->prepared_pos == b->prepared_pos);
	FUZZ_CHECK(lmi_span_eq(a->body, b->body) && lmi_span_eq(a->topic, b->topic) && lmi_span_eq(a->props, b->props));
}

static void check_ids(const struct lmi_record *r)
{
	char id[LMI_OFFSET_MSG_ID_MAX], text[LMI_HOST_CHARS];
	struct lmi_host host;
	int64_t log_pos;
	size_t n = lmi_offset_msg_id(&r->store, r->log_pos, id);

	FUZZ_CHECK(lmi_offset_msg_id_parse(lmi_span(id, n), &host, &log_pos) == 0);
	FUZZ_CHECK(log_pos == r->log_pos && same_host(&host, &r->store));
	n = lmi_host_print(&r->store, text, sizeof(text));
	FUZZ_CHECK(n > 0 && n < sizeof(text));
	if (r->store.port <= UINT16_MAX)
		FUZZ_CHECK(lmi_host_parse(text, &host) == 0 && same_host(&host, &r->store));
}

static size_t one(struct lmi_span in)
{
	struct lmi_record r, back;
	uint8_t *bytes;
	size_t n;
	int err = lmi_record_decode(in, &r);

	if (err == 1)
		return r.total;
	if (err < 0)
		return 0;
	FUZZ_CHECK(r.total >= LMI_RECORD_FIXED_V4 && r.total <= in.n);
	n = lmi_record_bytes(&r);
	FUZZ_CHECK(n <= r.total);
	bytes = malloc(n);
	FUZZ_CHECK(bytes != NULL);
	FUZZ_CHECK(lmi_record_encode(&r, bytes) == n);
	FUZZ_CHECK(lmi_record_decode(lmi_span(bytes, n), &back) == 0);
	FUZZ_CHECK(back.total == n && lmi_record_check_crc(&back));
	check_same(&r, &back);
	check_ids(&r);
	free(bytes);
	return r.total;
}

/* Record after record, as a pull answer or a segment is walked. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 0, step;

	do {
		step = one(lmi_span(data + at, size - at));
		at += step;
	} while (step > 0 && at < size);
	return 0;
}
