/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/data_version.h"

void lmi_data_version_next(struct lmi_data_version *v, int64_t now_ms, int64_t state_version)
{
	v->state_version = state_version;
	v->timestamp_ms = now_ms;
	v->counter = (int64_t)((uint64_t)v->counter + 1);
}

bool lmi_data_version_eq(const struct lmi_data_version *a, const struct lmi_data_version *b)
{
	return a->state_version == b->state_version && a->timestamp_ms == b->timestamp_ms && a->counter == b->counter;
}

int lmi_data_version_read(struct lmi_json *j, struct lmi_data_version *out)
{
	struct lmi_data_version v = { 0 };
	struct lmi_json_token key;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);

	while (r > 0 && (r = lmi_json_member(j, &key)) > 0) {
		int read;

		if (lmi_json_is(&key, "counter"))
			read = lmi_json_i64(j, &v.counter);
		else if (lmi_json_is(&key, "timestamp"))
			read = lmi_json_i64(j, &v.timestamp_ms);
		else if (lmi_json_is(&key, "stateVersion"))
			read = lmi_json_i64(j, &v.state_version);
		else
			read = lmi_json_skip(j);
		if (read < 0)
			return read;
	}
	if (r == 0)
		*out = v;
	return r;
}

int lmi_data_version_decode(struct lmi_span text, struct lmi_data_version *out)
{
	struct lmi_data_version v;
	struct lmi_json j;
	int r;

	lmi_json_init(&j, text);
	r = lmi_data_version_read(&j, &v);
	if (r == 0)
		r = lmi_json_finish(&j);
	if (r == 0)
		*out = v;
	return r;
}

void lmi_data_version_put(struct lmi_json_out *o, const struct lmi_data_version *v)
{
	lmi_json_put_object(o);
	lmi_json_put_key(o, "counter");
	lmi_json_put_i64(o, v->counter);
	lmi_json_put_key(o, "stateVersion");
	lmi_json_put_i64(o, v->state_version);
	lmi_json_put_key(o, "timestamp");
	lmi_json_put_i64(o, v->timestamp_ms);
	lmi_json_put_object_end(o);
}
