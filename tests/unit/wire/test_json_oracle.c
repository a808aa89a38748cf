/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: our parser and jansson agree on which texts are JSON and on what is in them, but for what each reads beyond or short
 * of RFC 8259 by intent; what our writer writes, jansson reads.
 * Shown: over random texts grown from a grammar and then damaged, each parsed by both and written again from the tokens.
 */
#include "wire_lmt.h"

#if __has_include(<jansson.h>)

#include <jansson.h>
#include <stdio.h>

#include "base/rng.h"
#include "wire/json.h"

#define TEXTS 40000

static struct lmi_rng_seeded rng;
static struct lmi_arena arena;

static size_t below(size_t n)
{
	return lmi_rng_below(&rng.rng, n);
}

/* ---- random texts ---- */

static void grow_string(struct lmi_buf *b)
{
	static const char *const pieces[] = { "a", "topic", "\\n", "\\u0001", "\\u4e2d", "\\ud83d\\ude00", "\xE4\xB8\xAD", "\\\"",
					      "\\\\", "\\/", " ", "0", "~", "\\t" };

	lmi_buf_put8(b, '"');
	for (size_t n = below(5); n > 0; n--)
		lmi_buf_put_str(b, pieces[below(sizeof(pieces) / sizeof(*pieces))]);
	lmi_buf_put8(b, '"');
}

static void grow(struct lmi_buf *b, unsigned int depth)
{
	static const char *const scalars[] = { "0", "-1", "12345678901234", "1.5", "-0.25e-3", "1E5", "true", "false", "null" };
	size_t kind = below(depth < 6 ? 4 : 2);

	if (below(8) == 0)
		lmi_buf_put_str(b, " \n");
	if (kind == 0) {
		lmi_buf_put_str(b, scalars[below(sizeof(scalars) / sizeof(*scalars))]);
	} else if (kind == 1) {
		grow_string(b);
	} else {
		lmi_buf_put8(b, kind == 2 ? '[' : '{');
		for (size_t i = 0, n = below(4); i < n; i++) {
			lmi_buf_put_str(b, i ? "," : "");
			if (kind == 3) {
				grow_string(b);
				lmi_buf_put8(b, ':');
			}
			grow(b, depth + 1);
		}
		lmi_buf_put8(b, kind == 2 ? ']' : '}');
	}
}

static void damage(struct lmi_buf *b)
{
	static const char swap[] = "{}[],:\"\\ 0-1.eEtn";
	size_t n = lmi_buf_len(b), at = below(n);

	switch (below(4)) {
	case 0:
		lmi_buf_data(b)[at] = (uint8_t)swap[below(sizeof(swap) - 1)];
		break;
	case 1:
		memmove(lmi_buf_data(b) + at, lmi_buf_data(b) + at + 1, n - at - 1);
		b->tail--;
		break;
	case 2:
		b->tail -= n - at;
		break;
	default:
		break;
	}
}

/* ---- from tokens to jansson's values ---- */

static json_t *build(struct lmi_json *j, const struct lmi_json_token *t);

static json_t *build_string(const struct lmi_json_token *t)
{
	struct lmi_span s;

	return lmi_json_text(t, &arena, &s) == 0 ? json_stringn((const char *)s.p, s.n) : NULL;
}

static json_t *build_number(const struct lmi_json_token *t)
{
	char text[64];
	bool real = memchr(t->text.p, '.', t->text.n) || memchr(t->text.p, 'e', t->text.n) || memchr(t->text.p, 'E', t->text.n);

	if (t->text.n >= sizeof(text))
		return NULL;
	memcpy(text, t->text.p, t->text.n);
	text[t->text.n] = '\0';
	return real ? json_real(strtod(text, NULL)) : json_integer(strtoll(text, NULL, 10));
}

static json_t *build_array(struct lmi_json *j)
{
	json_t *list = json_array();
	struct lmi_json_token t;

	for (;;) {
		if (lmi_json_next(j, &t) < 0)
			break;
		if (t.kind == LMI_JSON_ARRAY_END)
			return list;
		if (json_array_append_new(list, build(j, &t)) < 0)
			break;
	}
	json_decref(list);
	return NULL;
}

static json_t *build_object(struct lmi_json *j)
{
	json_t *map = json_object();
	struct lmi_json_token t;
	struct lmi_span key;
	char name[256];

	for (;;) {
		if (lmi_json_next(j, &t) < 0)
			break;
		if (t.kind == LMI_JSON_OBJECT_END)
			return map;
		if (t.key_kind != LMI_JSON_STRING || lmi_json_text(&t, &arena, &key) < 0 || key.n >= sizeof(name))
			break;
		memcpy(name, key.p, key.n);
		name[key.n] = '\0';
		if (lmi_json_next(j, &t) < 0 || json_object_set_new(map, name, build(j, &t)) < 0)
			break;
	}
	json_decref(map);
	return NULL;
}

static json_t *build(struct lmi_json *j, const struct lmi_json_token *t)
{
	switch (t->kind) {
	case LMI_JSON_OBJECT:
		return build_object(j);
	case LMI_JSON_ARRAY:
		return build_array(j);
	case LMI_JSON_STRING:
		return build_string(t);
	case LMI_JSON_NUMBER:
		return build_number(t);
	case LMI_JSON_BOOL:
		return json_boolean(t->truth);
	case LMI_JSON_NULL:
		return json_null();
	default:
		return NULL;
	}
}

static json_t *parse_ours(struct lmi_span text)
{
	struct lmi_json_token t;
	struct lmi_json j;
	json_t *value = NULL;

	lmi_json_init(&j, text);
	if (lmi_json_next(&j, &t) == 0)
		value = build(&j, &t);
	if (value && lmi_json_finish(&j) == 0)
		return value;
	json_decref(value);
	return NULL;
}

/* ---- writing again ---- */

static int write_again(struct lmi_span text, struct lmi_json_out *o)
{
	struct lmi_json_token t;
	struct lmi_span s;
	struct lmi_json j;

	lmi_json_init(&j, text);
	for (;;) {
		if (lmi_json_next(&j, &t) < 0)
			return j.error;
		switch (t.kind) {
		case LMI_JSON_OBJECT:
			lmi_json_put_object(o);
			break;
		case LMI_JSON_OBJECT_END:
			lmi_json_put_object_end(o);
			break;
		case LMI_JSON_ARRAY:
			lmi_json_put_array(o);
			break;
		case LMI_JSON_ARRAY_END:
			lmi_json_put_array_end(o);
			break;
		case LMI_JSON_KEY:
		case LMI_JSON_STRING:
			if (lmi_json_text(&t, &arena, &s) < 0)
				return -1;
			if (t.kind == LMI_JSON_KEY)
				lmi_json_put_key_span(o, s);
			else
				lmi_json_put_string(o, s);
			break;
		case LMI_JSON_NUMBER:
		case LMI_JSON_BOOL:
		case LMI_JSON_NULL:
			lmi_json_put_raw(o, t.text);
			break;
		case LMI_JSON_END:
			return 0;
		}
	}
}

#define FLAGS (JSON_DECODE_ANY | JSON_ALLOW_NUL)

/* Ours reads what a strict parser may not: raw control characters, half a pair of surrogates, broken UTF-8, any size of number. */
static bool may_be_ours_alone(const char *complaint)
{
	static const char *const allowed[] = { "control character", "invalid Unicode", "UTF-8", "unable to decode",
					       "NUL byte in object key", "too big", "overflow" };

	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
		if (strstr(complaint, allowed[i]))
			return true;
	return false;
}

static void compare(struct lmi_span text)
{
	json_error_t error;
	json_t *theirs = json_loadb((const char *)text.p, text.n, FLAGS, &error), *ours = parse_ours(text);

	if (theirs && !ours)
		ck_abort_msg("only jansson reads: %.*s", (int)text.n, text.p);
	if (ours && !theirs)
		ck_assert_msg(may_be_ours_alone(error.text), "only ours reads (%s): %.*s", error.text, (int)text.n, text.p);
	if (ours && theirs)
		ck_assert_msg(json_equal(ours, theirs), "read differently: %.*s", (int)text.n, text.p);
	json_decref(theirs);
	json_decref(ours);
}

START_TEST(jansson_and_ours_agree)
{
	struct lmi_buf b = { 0 };

	lmi_rng_seeded_init(&rng, 2024);
	for (int i = 0; i < TEXTS; i++) {
		struct lmi_span exact;

		lmi_buf_reset(&b, 1 << 20);
		lmi_arena_reset(&arena);
		grow(&b, 0);
		if (below(2))
			damage(&b);
		lmi_buf_put8(&b, 0);
		exact = wire_text((const char *)lmi_buf_data(&b));
		compare(exact);
		wire_free(exact);
	}
	lmi_buf_done(&b);
}
END_TEST

START_TEST(jansson_reads_what_ours_writes)
{
	struct lmi_buf b = { 0 }, again = { 0 };

	lmi_rng_seeded_init(&rng, 77);
	for (int i = 0; i < TEXTS / 2; i++) {
		struct lmi_json_out o;
		json_t *before, *after;

		lmi_buf_reset(&b, 1 << 20);
		lmi_buf_reset(&again, 1 << 20);
		lmi_arena_reset(&arena);
		grow(&b, 0);
		lmi_json_out_init(&o, &again);
		o.ascii_only = below(2);
		o.indent = (unsigned int)below(2);
		ck_assert_int_eq(write_again(lmi_buf_span(&b), &o), 0);
		before = json_loadb((const char *)lmi_buf_data(&b), lmi_buf_len(&b), FLAGS, NULL);
		after = json_loadb((const char *)lmi_buf_data(&again), lmi_buf_len(&again), FLAGS, NULL);
		ck_assert_ptr_nonnull(before);
		ck_assert_msg(json_equal(before, after), "%.*s became %.*s", (int)lmi_buf_len(&b), lmi_buf_data(&b),
			      (int)lmi_buf_len(&again), lmi_buf_data(&again));
		json_decref(before);
		json_decref(after);
	}
	lmi_buf_done(&b);
	lmi_buf_done(&again);
}
END_TEST

LMT_MAIN("json_oracle", jansson_and_ours_agree, jansson_reads_what_ours_writes)

#else

#include <stdio.h>

int main(void)
{
	puts("1..0 # SKIP jansson is not installed");
	return 0;
}

#endif
