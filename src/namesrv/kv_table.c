/* SPDX-License-Identifier: Apache-2.0 */
#include "namesrv/kv_table.h"

#include <errno.h>
#include <stdlib.h>

static void free_space(void *p)
{
	lmi_map_done(p, free);
	free(p);
}

void kv_table_done(struct kv_table *t)
{
	lmi_map_done(&t->spaces, free_space);
	t->entries = t->bytes = 0;
}

struct lmi_span kv_table_get(const struct kv_table *t, struct lmi_span space, struct lmi_span key)
{
	struct lmi_map *m = lmi_map_get(&t->spaces, space);

	return lmi_span_str(m ? lmi_map_get(m, key) : NULL);
}

/* Namespaces outlive their entries, as in RocketMQ, until there is no room. */
static void drop_empty_spaces(struct kv_table *t)
{
	struct lmi_span space;
	void *m;

	for (size_t at = 0; lmi_map_next(&t->spaces, &at, &space, &m);)
		if (lmi_map_count(m) == 0) {
			t->bytes -= space.n + KV_OVERHEAD; /* before its name is gone */
			lmi_map_del(&t->spaces, space);
			free_space(m);
		}
}

static bool fits(const struct kv_table *t, struct lmi_span space, struct lmi_span key, struct lmi_span value)
{
	struct lmi_map *m = lmi_map_get(&t->spaces, space);
	const char *old = m ? lmi_map_get(m, key) : NULL;
	size_t more = value.n + (old ? 0 : key.n + KV_OVERHEAD) + (m ? 0 : space.n + KV_OVERHEAD), less = old ? strlen(old) : 0;

	return (old || t->entries < KV_ENTRIES_MAX) && t->bytes - less + more <= KV_BYTES_MAX;
}

static struct lmi_map *space_of(struct kv_table *t, struct lmi_span space)
{
	struct lmi_map *m = lmi_map_get(&t->spaces, space);

	if (m)
		return m;
	m = calloc(1, sizeof(*m));
	if (!m || lmi_map_put(&t->spaces, space, m, NULL) < 0) {
		free(m);
		return NULL;
	}
	t->bytes += space.n + KV_OVERHEAD;
	return m;
}

int kv_table_put(struct kv_table *t, struct lmi_span space, struct lmi_span key, struct lmi_span value)
{
	struct lmi_map *m;
	char *text, *old;
	void *was = NULL;

	if (space.n > KV_TEXT_MAX || key.n > KV_TEXT_MAX || value.n > KV_TEXT_MAX)
		return -LMQ_ETOOBIG;
	if (!fits(t, space, key, value)) {
		drop_empty_spaces(t);
		if (!fits(t, space, key, value))
			return -LMQ_EFULL;
	}
	m = space_of(t, space);
	text = m ? strndup(value.p ? (const char *)value.p : "", value.n) : NULL;
	if (!text || lmi_map_put(m, key, text, &was) < 0) {
		free(text);
		return -ENOMEM;
	}
	old = was;
	t->entries += !old;
	t->bytes += strlen(text);
	t->bytes -= old ? strlen(old) : 0;
	t->bytes += old ? 0 : key.n + KV_OVERHEAD;
	free(old);
	return 0;
}

void kv_table_del(struct kv_table *t, struct lmi_span space, struct lmi_span key)
{
	struct lmi_map *m = lmi_map_get(&t->spaces, space);
	char *old = m ? lmi_map_del(m, key) : NULL;

	if (!old)
		return;
	t->entries--;
	t->bytes -= strlen(old) + key.n + KV_OVERHEAD;
	free(old);
}

bool kv_table_list(const struct kv_table *t, struct lmi_span space, struct lmi_arena *a, struct lmi_kv_table *out)
{
	struct lmi_map *m = lmi_map_get(&t->spaces, space);
	struct lmi_span key;
	void *v;

	*out = (struct lmi_kv_table){ 0 };
	if (!m)
		return false;
	out->items = lmi_arena_alloc(a, (lmi_map_count(m) + 1) * sizeof(*out->items));
	if (!out->items)
		return false;
	for (size_t at = 0; lmi_map_next(m, &at, &key, &v);)
		out->items[out->count++] = (struct lmi_kv){ key, lmi_span_str(v) };
	return true;
}

void kv_table_encode(const struct kv_table *t, struct lmi_buf *b)
{
	struct lmi_json_out o;
	struct lmi_span space, key;
	void *m, *v;

	lmi_json_out_init(&o, b);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "configTable");
	lmi_json_put_object(&o);
	for (size_t i = 0; lmi_map_next(&t->spaces, &i, &space, &m);) {
		lmi_json_put_key_span(&o, space);
		lmi_json_put_object(&o);
		for (size_t j = 0; lmi_map_next(m, &j, &key, &v);) {
			lmi_json_put_key_span(&o, key);
			lmi_json_put_str(&o, v);
		}
		lmi_json_put_object_end(&o);
	}
	lmi_json_put_object_end(&o);
	lmi_json_put_object_end(&o);
}

/* The next token must be an object; 0, or an error. */
static int want_object(struct lmi_json *j)
{
	struct lmi_json_token t;
	int r = lmi_json_next(j, &t);

	return r < 0 ? r : t.kind == LMI_JSON_OBJECT ? 0 : -LMQ_EMALFORMED;
}

/* 1 with a key, 0 at the object's end. */
static int next_key(struct lmi_json *j, struct lmi_arena *a, struct lmi_span *out)
{
	struct lmi_json_token t;
	int r = lmi_json_next(j, &t);

	if (r < 0)
		return r;
	if (t.kind != LMI_JSON_KEY)
		return 0;
	r = lmi_json_text(&t, a, out);
	return r < 0 ? r : 1;
}

static int decode_space(struct kv_table *t, struct lmi_json *j, struct lmi_arena *a, struct lmi_span space)
{
	struct lmi_span key, value;
	int r = want_object(j);

	while (r >= 0 && (r = next_key(j, a, &key)) == 1) {
		r = lmi_json_string(j, a, &value);
		if (r >= 0 && value.p)
			r = kv_table_put(t, space, key, value);
	}
	return r;
}

int kv_table_decode(struct kv_table *t, struct lmi_span text, struct lmi_arena *a)
{
	struct lmi_json j;
	struct lmi_span key;
	int r;

	lmi_json_init(&j, text);
	r = want_object(&j);
	while (r >= 0 && (r = next_key(&j, a, &key)) == 1) {
		if (!lmi_span_is(key, "configTable")) {
			r = lmi_json_skip(&j);
			continue;
		}
		r = want_object(&j);
		while (r >= 0 && (r = next_key(&j, a, &key)) == 1)
			r = decode_space(t, &j, a, key);
	}
	return r;
}
