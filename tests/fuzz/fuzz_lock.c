/* SPDX-License-Identifier: Apache-2.0 */
/* Claim: requests and answers about locks are written so that they are read and written the same again. */
#include "wire/lock_batch.h"

#include "tests/fuzz/fuzz.h"

static struct lmi_arena arena;
static struct lmi_buf first, second;

static void reset(void)
{
	lmi_buf_reset(&first, FUZZ_KEEP_BYTES);
	lmi_buf_reset(&second, FUZZ_KEEP_BYTES);
}

static void check_request(struct lmi_span body)
{
	struct lmi_lock_batch l, back;

	if (lmi_lock_batch_decode(body, &arena, &l) < 0)
		return;
	reset();
	lmi_lock_batch_put(&first, &l);
	FUZZ_CHECK(lmi_lock_batch_decode(lmi_buf_span(&first), &arena, &back) == 0 && back.queue_count == l.queue_count);
	lmi_lock_batch_put(&second, &back);
	FUZZ_CHECK(fuzz_same(&first, &second));
}

static void check_answer(struct lmi_span body)
{
	struct lmi_message_queue *queues, *back;
	size_t n, back_n;

	if (lmi_lock_batch_answer_decode(body, &arena, &queues, &n) < 0)
		return;
	reset();
	lmi_lock_batch_answer_put(&first, queues, n);
	FUZZ_CHECK(lmi_lock_batch_answer_decode(lmi_buf_span(&first), &arena, &back, &back_n) == 0 && back_n == n);
	lmi_lock_batch_answer_put(&second, back, back_n);
	FUZZ_CHECK(fuzz_same(&first, &second));
}

/* The keys of an offset table. */
static void check_keys(struct lmi_span body)
{
	struct lmi_message_queue q;
	struct lmi_json_token key;
	struct lmi_json j;

	lmi_json_init(&j, body);
	if (lmi_json_enter(&j, LMI_JSON_OBJECT) <= 0)
		return;
	while (lmi_json_member(&j, &key) > 0) {
		(void)lmi_message_queue_from_key(&key, &arena, &q);
		if (lmi_json_skip(&j) < 0)
			return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reset(&arena);
	check_request(lmi_span(data, size));
	check_answer(lmi_span(data, size));
	check_keys(lmi_span(data, size));
	return 0;
}
