/* SPDX-License-Identifier: Apache-2.0 */
/* Claim: configurations of topics and groups, and data versions, are written so that they are read and written the same again. */
#include "wire/data_version.h"
#include "wire/group_config.h"
#include "wire/topic_config.h"

#include "tests/fuzz/fuzz.h"

static struct lmi_arena arena;
static struct lmi_buf first, second;

static void put_topic(struct lmi_buf *b, const struct lmi_topic_config *t)
{
	struct lmi_json_out o;

	lmi_buf_reset(b, FUZZ_KEEP_BYTES);
	lmi_json_out_init(&o, b);
	lmi_topic_config_put(&o, t);
}

static void put_group(struct lmi_buf *b, const struct lmi_group_config *g)
{
	struct lmi_json_out o;

	lmi_buf_reset(b, FUZZ_KEEP_BYTES);
	lmi_json_out_init(&o, b);
	lmi_group_config_put(&o, g);
}

static int pass(void *ctx, struct lmi_span key, struct lmi_span value)
{
	(void)ctx;
	FUZZ_CHECK(key.p && value.p);
	return 0;
}

static void check_topic(struct lmi_span text)
{
	struct lmi_topic_config t, back;

	if (lmi_topic_config_decode(text, &arena, &t) < 0)
		return;
	put_topic(&first, &t);
	FUZZ_CHECK(lmi_topic_config_decode(lmi_buf_span(&first), &arena, &back) == 0);
	put_topic(&second, &back);
	FUZZ_CHECK(fuzz_same(&first, &second));
	(void)lmi_topic_config_each_attribute(t.attributes, &arena, pass, NULL);
}

static void check_line(struct lmi_span text)
{
	struct lmi_topic_config t, back;

	if (lmi_topic_config_decode_line(text, &t) < 0)
		return;
	lmi_buf_reset(&first, FUZZ_KEEP_BYTES);
	lmi_buf_reset(&second, FUZZ_KEEP_BYTES);
	lmi_topic_config_put_line(&first, &t);
	FUZZ_CHECK(lmi_topic_config_decode_line(lmi_buf_span(&first), &back) == 0);
	lmi_topic_config_put_line(&second, &back);
	FUZZ_CHECK(fuzz_same(&first, &second));
}

static void check_group(struct lmi_span text)
{
	struct lmi_group_config g, back;

	if (lmi_group_config_decode(text, &arena, &g) < 0)
		return;
	put_group(&first, &g);
	FUZZ_CHECK(lmi_group_config_decode(lmi_buf_span(&first), &arena, &back) == 0);
	put_group(&second, &back);
	FUZZ_CHECK(fuzz_same(&first, &second));
}

static void check_version(struct lmi_span text)
{
	struct lmi_data_version v, back;
	struct lmi_json_out o;

	if (lmi_data_version_decode(text, &v) < 0)
		return;
	lmi_buf_reset(&first, FUZZ_KEEP_BYTES);
	lmi_json_out_init(&o, &first);
	lmi_data_version_put(&o, &v);
	FUZZ_CHECK(lmi_data_version_decode(lmi_buf_span(&first), &back) == 0 && lmi_data_version_eq(&v, &back));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reset(&arena);
	check_topic(lmi_span(data, size));
	check_line(lmi_span(data, size));
	check_group(lmi_span(data, size));
	check_version(lmi_span(data, size));
	return 0;
}
