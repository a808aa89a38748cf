/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: tokens lie inside the text; passing over a value ends where reading it ends; what is written from tokens has the
 * same tokens.
 */
#include "wire/json.h"

#include "tests/fuzz/fuzz.h"

static struct lmi_arena arena;
static struct lmi_buf buf, second;

static void check_inside(const struct lmi_json_token *t, struct lmi_span text)
{
	if (t->kind >= LMI_JSON_KEY)
		FUZZ_CHECK(t->text.p >= text.p && t->text.p + t->text.n <= text.p + text.n);
}

/* Write one token; false when its escapes are broken. */
static bool write_token(struct lmi_json_out *o, const struct lmi_json_token *t)
{
	struct lmi_span s;

	switch (t->kind) {
	case LMI_JSON_OBJECT:
		lmi_json_put_object(o);
		return true;
	case LMI_JSON_OBJECT_END:
		lmi_json_put_object_end(o);
		return true;
	case LMI_JSON_ARRAY:
		lmi_json_put_array(o);
		return true;
	case LMI_JSON_ARRAY_END:
		lmi_json_put_array_end(o);
		return true;
	case LMI_JSON_KEY:
		if (t->key_kind != LMI_JSON_STRING) {
			lmi_json_put_key_raw(o, t->text);
			return true;
		}
		if (lmi_json_text(t, &arena, &s) < 0)
			return false;
		lmi_json_put_key_span(o, s);
		return true;
	case LMI_JSON_STRING:
		if (lmi_json_text(t, &arena, &s) < 0)
			return false;
		lmi_json_put_string(o, s);
		return true;
	default:
		lmi_json_put_raw(o, t->text);
		return true;
	}
}

/* Write a text again; false when it is none. */
static bool rewrite(struct lmi_span text, struct lmi_buf *to, bool ascii_only, unsigned int indent)
{
	struct lmi_json_token t;
	struct lmi_json_out o;
	struct lmi_json j;

	lmi_buf_reset(to, FUZZ_KEEP_BYTES);
	lmi_json_out_init(&o, to);
	o.ascii_only = ascii_only;
	o.indent = indent;
	lmi_json_init(&j, text);
	for (;;) {
		if (lmi_json_next(&j, &t) < 0)
			return false;
		if (t.kind == LMI_JSON_END)
			return true;
		check_inside(&t, text);
		if (!write_token(&o, &t))
			return false;
	}
}

/* Passing over the whole text in one step succeeds exactly when reading each token does. */
static void check_skip(struct lmi_span text)
{
	struct lmi_json_token t;
	struct lmi_json by_token, by_value;
	struct lmi_span raw;
	int r;

	lmi_json_init(&by_token, text);
	do
		r = lmi_json_next(&by_token, &t);
	while (r == 0 && t.kind != LMI_JSON_END);
	lmi_json_init(&by_value, text);
	if (lmi_json_raw(&by_value, &raw) == 0 && lmi_json_finish(&by_value) == 0)
		FUZZ_CHECK(r == 0 && raw.n > 0 && raw.p >= text.p && raw.p + raw.n <= text.p + text.n);
	else
		FUZZ_CHECK(r < 0 && (by_value.error == r));
}

static void check_typed(struct lmi_span text)
{
	struct lmi_json j;
	struct lmi_span s;
	int64_t wide;
	int32_t narrow = 0;
	bool truth;

	lmi_json_init(&j, text);
	(void)lmi_json_i64(&j, &wide);
	lmi_json_init(&j, text);
	(void)lmi_json_i32(&j, &narrow);
	lmi_json_init(&j, text);
	(void)lmi_json_bool(&j, &truth);
	lmi_json_init(&j, text);
	(void)lmi_json_string(&j, &arena, &s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lmi_span text = lmi_span(data, size);

	fuzz_reset(&arena);
	check_skip(text);
	check_typed(text);
	if (rewrite(text, &buf, false, 0)) {
		FUZZ_CHECK(rewrite(lmi_buf_span(&buf), &second, false, 0) && fuzz_same(&buf, &second));
		FUZZ_CHECK(rewrite(lmi_buf_span(&buf), &second, false, 1));
		lmi_buf_reset(&buf, FUZZ_KEEP_BYTES);
		lmi_json_put_compact(&buf, lmi_buf_span(&second));
		FUZZ_CHECK(rewrite(lmi_buf_span(&buf), &second, true, 0));
	}
	return 0;
}
