/* SPDX-License-Identifier: Apache-2.0 */
/* Typed values, lenient as fastjson's TypeUtils. */
#include "wire/json_body.h"

static int fail(struct lmi_json *j)
{
	return j->error = -LMQ_EMALFORMED;
}

/* A text that stands for null where a number or bool is wanted.  Rule: TypeUtils.castToLong, castToBoolean. */
static bool is_nothing(struct lmi_span s)
{
	return s.n == 0 || lmi_span_is(s, "null") || lmi_span_is(s, "NULL");
}

int lmi_json_i64(struct lmi_json *j, int64_t *out)
{
	struct lmi_json_token t;
	int r = lmi_json_next(j, &t);

	if (r < 0)
		return r;
	switch (t.kind) {
	case LMI_JSON_NULL:
		return 0;
	case LMI_JSON_BOOL:
		*out = t.truth;
		return 0;
	case LMI_JSON_STRING:
		if (is_nothing(t.text))
			return 0;
		return lmi_span_to_i64(t.text, out) < 0 ? fail(j) : 0;
	case LMI_JSON_NUMBER:
		return lmi_span_to_i64(t.text, out) < 0 ? fail(j) : 0;
	default:
		return fail(j);
	}
}

int lmi_json_i32(struct lmi_json *j, int32_t *out)
{
	int64_t wide = *out;
	int r = lmi_json_i64(j, &wide);

	if (r < 0)
		return r;
	if (wide < INT32_MIN || wide > INT32_MAX)
		return fail(j);
	*out = (int32_t)wide;
	return 0;
}

static bool is_any_case(struct lmi_span s, const char *lower)
{
	size_t n = strlen(lower);

	if (s.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((s.p[i] | 0x20) != lower[i])
			return false;
	return true;
}

int lmi_json_bool(struct lmi_json *j, bool *out)
{
	struct lmi_json_token t;
	int r = lmi_json_next(j, &t);
	bool yes, no;

	if (r < 0 || t.kind == LMI_JSON_NULL)
		return r;
	if (t.kind == LMI_JSON_BOOL) {
		*out = t.truth;
		return 0;
	}
	if (t.kind == LMI_JSON_STRING && is_nothing(t.text))
		return 0;
	if (t.kind != LMI_JSON_STRING && t.kind != LMI_JSON_NUMBER)
		return fail(j);
	yes = is_any_case(t.text, "true") || lmi_span_is(t.text, "1");
	no = is_any_case(t.text, "false") || lmi_span_is(t.text, "0");
	if (!yes && !no)
		return fail(j);
	*out = yes;
	return 0;
}

int lmi_json_string(struct lmi_json *j, struct lmi_arena *a, struct lmi_span *out)
{
	struct lmi_json_token t;
	int r = lmi_json_next(j, &t);

	if (r < 0)
		return r;
	switch (t.kind) {
	case LMI_JSON_NULL:
		*out = LMI_SPAN_NULL;
		return 0;
	case LMI_JSON_STRING:
	case LMI_JSON_NUMBER:
	case LMI_JSON_BOOL:
		r = lmi_json_text(&t, a, out);
		return r < 0 ? j->error = r : 0;
	default:
		return fail(j);
	}
}

int json_name_or_ordinal(struct lmi_json *j, const char *const *names, int count, int *out)
{
	struct lmi_json_token t;
	int r = lmi_json_next(j, &t);
	int32_t ordinal;

	if (r < 0 || t.kind == LMI_JSON_NULL)
		return r;
	if (t.kind != LMI_JSON_STRING && t.kind != LMI_JSON_NUMBER)
		return fail(j);
	for (int i = 0; i < count; i++) {
		if (lmi_json_is(&t, names[i])) {
			*out = i;
			return 0;
		}
	}
	if (lmi_span_to_i32(t.text, &ordinal) < 0 || ordinal < 0 || ordinal >= count)
		return fail(j);
	*out = ordinal;
	return 0;
}
