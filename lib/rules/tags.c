/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/tags.h"

#include <errno.h>

#include "wire/props.h"

bool lmi_tags_is_tag_type(struct lmi_span expression_type)
{
	return expression_type.n == 0 || lmi_span_is(expression_type, LMI_EXPRESSION_TAG);
}

bool lmi_tags_is_all(struct lmi_span expression)
{
	return expression.n == 0 || lmi_span_is(expression, LMI_SUBSCRIBE_ALL);
}

/* As Java's String.trim: everything up to a blank. */
static struct lmi_span trim(struct lmi_span s)
{
	while (s.n && s.p[0] <= ' ') {
		s.p++;
		s.n--;
	}
	while (s.n && s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

/* The part up to the next `||`; moves *rest behind it.  False at the end. */
static bool next_part(struct lmi_span *rest, struct lmi_span *out)
{
	if (!rest->p)
		return false;
	for (size_t i = 0; i + 1 < rest->n; i++) {
		if (rest->p[i] == '|' && rest->p[i + 1] == '|') {
			*out = lmi_span(rest->p, i);
			*rest = lmi_span(rest->p + i + 2, rest->n - i - 2);
			return true;
		}
	}
	*out = *rest;
	*rest = LMI_SPAN_NULL;
	return true;
}

/* A Java split drops empty parts at the end; what remains must be something. */
static bool has_any_part(struct lmi_span expression)
{
	struct lmi_span part;
	while (next_part(&expression, &part))
		if (part.n)
			return true;
	return false;
}

static size_t count_tags(struct lmi_span expression)
{
	size_t n = 0;
	struct lmi_span part;
	while (next_part(&expression, &part))
		n += trim(part).n > 0;
	return n;
}

int lmi_tags_parse(struct lmi_span expression, struct lmi_arena *arena, struct lmi_subscription *out)
{
	size_t n = 0;
	struct lmi_span *tags = NULL, part;
	int32_t *codes = NULL;
	if (!lmi_tags_is_all(expression)) {
		if (!has_any_part(expression))
			return -LMQ_EILLEGAL;
		n = count_tags(expression);
	}
	if (n > LMI_SUBSCRIPTION_TAGS_MAX)
		return -LMQ_ETOOBIG;
	if (n) {
		tags = lmi_arena_alloc(arena, n * sizeof(*tags));
		codes = lmi_arena_alloc(arena, n * sizeof(*codes));
		if (!tags || !codes)
			return -ENOMEM;
		n = 0;
		while (next_part(&expression, &part)) {
			part = trim(part);
			if (part.n) {
				tags[n] = part;
				codes[n++] = lmi_java_hash(part);
			}
		}
	}
	out->tags = tags;
	out->codes = codes;
	out->tag_count = out->code_count = n;
	return 0;
}

struct lmi_tags_filter lmi_tags_filter_of(const struct lmi_subscription *s)
{
	bool all = lmi_tags_is_all(s->expression) || s->class_filter;
	return (struct lmi_tags_filter){ .all = all, .codes = s->codes, .count = s->code_count };
}

bool lmi_tags_match(const struct lmi_tags_filter *f, int64_t tags_code)
{
	if (f->all)
		return true;
	for (size_t i = 0; i < f->count; i++)
		if (f->codes[i] == (int32_t)tags_code)
			return true;
	return false;
}
