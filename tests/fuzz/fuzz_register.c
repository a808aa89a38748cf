/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a registration is written in both forms so that it is read the same.
 * The first byte chooses: bit 0 compressed, bit 1 an old broker.
 */
#include "wire/codes.h"
#include "wire/register.h"

#include "tests/fuzz/fuzz.h"

static struct lmi_arena arena;
static struct lmi_buf first, second;

/* The text form has no place for these names. */
static bool fits_line(const struct lmi_register *r)
{
	for (size_t i = 0; i < r->topic_count; i++)
		if (r->topics[i].name.n == 0 || memchr(r->topics[i].name.p, ' ', r->topics[i].name.n))
			return false;
	return true;
}

static void check_same(const struct lmi_register *a, const struct lmi_register *b)
{
	FUZZ_CHECK(lmi_data_version_eq(&a->version, &b->version));
	FUZZ_CHECK(a->topic_count == b->topic_count && a->filter_server_count == b->filter_server_count);
	for (size_t i = 0; i < a->topic_count; i++) {
		const struct lmi_topic_config *x = &a->topics[i], *y = &b->topics[i];

		FUZZ_CHECK(lmi_span_eq(x->name, y->name) && x->perm == y->perm && x->filter == y->filter);
		FUZZ_CHECK(x->read_queues == y->read_queues && x->write_queues == y->write_queues);
	}
	for (size_t i = 0; i < a->filter_server_count; i++)
		FUZZ_CHECK(lmi_span_eq(a->filter_servers[i], b->filter_servers[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lmi_register r, back;

	if (size == 0)
		return 0;
	fuzz_reset(&arena);
	if (lmi_register_decode(lmi_span(data + 1, size - 1), data[0] & 1, data[0] & 2 ? 1 : LMI_VERSION_OURS, &arena, &r) < 0)
		return 0;
	lmi_buf_reset(&first, FUZZ_KEEP_BYTES);
	lmi_buf_reset(&second, FUZZ_KEEP_BYTES);
	lmi_register_put(&first, &r);
	FUZZ_CHECK(lmi_register_decode(lmi_buf_span(&first), false, LMI_VERSION_OURS, &arena, &back) == 0);
	check_same(&r, &back);
	lmi_register_put(&second, &back);
	FUZZ_CHECK(fuzz_same(&first, &second));
	if (fits_line(&r)) {
		lmi_buf_reset(&first, FUZZ_KEEP_BYTES);
		FUZZ_CHECK(lmi_register_put_compressed(&first, &r) == 0);
		FUZZ_CHECK(lmi_register_decode(lmi_buf_span(&first), true, LMI_VERSION_OURS, &arena, &back) == 0);
		check_same(&r, &back);
	}
	return 0;
}
