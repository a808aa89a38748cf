/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/props.h"

#define NAME_END 1u  /* between name and value */
#define ENTRY_END 2u
#define ENTRY_MIN 3u /* bytes; rule: string2messageProperties drops shorter ones */

bool lmi_props_next(struct lmi_span props, size_t *at, struct lmi_span *out_key, struct lmi_span *out_value)
{
	while (*at < props.n) {
		const uint8_t *p = props.p + *at;
		const uint8_t *end = memchr(p, ENTRY_END, props.n - *at), *sep;
		size_t n = end ? (size_t)(end - p) : props.n - *at;

		*at += n + 1;
		if (n < ENTRY_MIN)
			continue;
		sep = memchr(p, NAME_END, n);
		if (!sep || sep == p || (size_t)(sep - p) + 1 == n)
			continue;
		*out_key = lmi_span(p, (size_t)(sep - p));
		*out_value = lmi_span(sep + 1, n - (size_t)(sep - p) - 1);
		return true;
	}
	return false;
}

struct lmi_span lmi_props_get(struct lmi_span props, struct lmi_span key)
{
	struct lmi_span k, v, found = LMI_SPAN_NULL;

	for (size_t at = 0; lmi_props_next(props, &at, &k, &v);)
		if (lmi_span_eq(k, key))
			found = v;
	return found;
}

static bool clean(struct lmi_span s)
{
	return s.n > 0 && !memchr(s.p, NAME_END, s.n) && !memchr(s.p, ENTRY_END, s.n);
}

static void put_entry(struct lmi_buf *b, struct lmi_span key, struct lmi_span value)
{
	lmi_buf_put_span(b, key);
	lmi_buf_put8(b, NAME_END);
	lmi_buf_put_span(b, value);
	lmi_buf_put8(b, ENTRY_END);
}

int lmi_props_put(struct lmi_buf *b, struct lmi_span key, struct lmi_span value)
{
	if (!clean(key) || !clean(value))
		return -LMQ_EILLEGAL;
	put_entry(b, key, value);
	return 0;
}

static bool listed(struct lmi_span key, const char *const *names)
{
	for (; *names; names++)
		if (lmi_span_is(key, *names))
			return true;
	return false;
}

void lmi_props_copy_without(struct lmi_buf *b, struct lmi_span props, const char *const *drop)
{
	struct lmi_span key, value;

	/* A value may hold 0x01, since Java splits at the first one: it is copied as it stands. */
	for (size_t at = 0; lmi_props_next(props, &at, &key, &value);)
		if (!listed(key, drop))
			put_entry(b, key, value);
}
