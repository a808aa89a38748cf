/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: digests, ranges and topics between our broker and our name server are read or refused, and what was read is written
 * the same again.  The first byte says which it is.
 */
#include "wire/topic_sync.h"

#include "tests/fuzz/fuzz.h"

static struct lmi_buf again;

static void check_digest(struct lmi_span body)
{
	struct lmi_sync_digest d;

	if (lmi_sync_digest_decode(body, &d) < 0)
		return;
	lmi_sync_digest_put(&again, &d);
	FUZZ_CHECK(lmi_span_eq(lmi_buf_span(&again), body));
}

static void check_ranges(struct lmi_span body)
{
	static uint64_t digests[1u << LMI_SYNC_RANGE_BITS_MAX];
	const uint8_t *p;
	unsigned int bits;

	if (lmi_sync_ranges_decode(body, &bits, &p) < 0)
		return;
	for (size_t i = 0; i < (size_t)1 << bits; i++)
		digests[i] = lmi_get64(p + 8 * i);
	lmi_sync_ranges_put(&again, bits, digests);
	FUZZ_CHECK(lmi_span_eq(lmi_buf_span(&again), body));
}

static void check_topics(struct lmi_span body)
{
	struct lmi_sync_topics s;
	struct lmi_topic_config c;
	struct lmi_span rest, name;

	if (lmi_sync_topics_decode(body, &s) < 0)
		return;
	FUZZ_CHECK(s.puts <= LMI_SYNC_TOPICS_MAX && s.dels <= LMI_SYNC_TOPICS_MAX);
	lmi_sync_topics_begin(&again, &s);
	rest = s.rest;
	for (uint32_t i = 0; i < s.puts; i++) {
		FUZZ_CHECK(lmi_sync_next_put(&rest, &c) == 0);
		FUZZ_CHECK(c.name.n <= LMI_SYNC_NAME_MAX);
		lmi_sync_put_topic(&again, &c);
	}
	for (uint32_t i = 0; i < s.dels; i++) {
		FUZZ_CHECK(lmi_sync_next_del(&rest, &name) == 0);
		lmi_sync_put_name(&again, name);
	}
	FUZZ_CHECK(rest.n == 0);
	FUZZ_CHECK(lmi_span_eq(lmi_buf_span(&again), body));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lmi_span body;

	if (size == 0)
		return 0;
	body = lmi_span(data + 1, size - 1);
	lmi_buf_reset(&again, FUZZ_KEEP_BYTES);
	switch (data[0] % 3) {
	case 0: check_digest(body); break;
	case 1: check_ranges(body); break;
	default: check_topics(body);
	}
	return 0;
}
