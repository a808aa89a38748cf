/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: whatever a broker answers to a pull, a consumer gets whole messages out of it, their texts ended and their bodies
 * within the limit; properties as they came survive being split.
 */
#include "client/decompress.h"
#include "client/received.h"
#include "lightmq/message.h"
#include "wire/record.h"

#include "tests/fuzz/fuzz.h"

#define UNPACK_LIMIT (1u << 16)

static volatile uint8_t sink;

static void touch(const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sink ^= ((const uint8_t *)p)[i];
}

static void read_message(const struct lmq_message *m)
{
	const char *name, *value;
	size_t at = 0;

	FUZZ_CHECK(m->body_bytes == 0 || m->body);
	touch(m->topic, strlen(m->topic) + 1);
	touch(m->body, m->body_bytes + 1);
	while (message_next_prop(m->props, &at, &name, &value)) {
		FUZZ_CHECK(*name);
		touch(value, strlen(value) + 1);
	}
	(void)lmq_message_tag(m);
}

static void check_answer(struct lmi_span records)
{
	struct received_batch *b;
	size_t count;

	if (received_decode(records, "broker", UNPACK_LIMIT, &b) < 0)
		return;
	count = b->count;
	FUZZ_CHECK(count > 0);
	for (size_t i = 0; i < count; i++) {
		struct received *r = &b->messages[i];

		FUZZ_CHECK(!r->unpacked || r->message.body_bytes <= UNPACK_LIMIT);
		read_message(&r->message);
		received_end(r); /* the batch ends with the last */
	}
}

/* The first byte tells the kind. */
static void check_unpack(const uint8_t *data, size_t size)
{
	uint8_t *out;
	size_t n;

	if (size == 0)
		return;
	if (decompress_body((data[0] & 7) << 8, lmi_span(data + 1, size - 1), UNPACK_LIMIT, &out, &n) < 0)
		return;
	FUZZ_CHECK(n <= UNPACK_LIMIT && out[n] == 0);
	free(out);
}

static void check_props(const uint8_t *data, size_t size)
{
	uint8_t *room = malloc(size + 1), *text;
	size_t n;

	FUZZ_CHECK(room);
	if (size > 0)
		memcpy(room + 1, data, size);
	text = message_split_props(room + 1, size, &n);
	FUZZ_CHECK(n == 0 || (text >= room && text + n <= room + 1 + size));
	free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_answer(lmi_span(data, size));
	check_unpack(data, size);
	check_props(data, size);
	return 0;
}
