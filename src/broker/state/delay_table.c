/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/delay_table.h"

void delay_table_done(struct delay_table *t)
{
	*t = (struct delay_table){ .unsaved = false };
}

static int load_levels(struct delay_table *t, struct lmi_json *j)
{
	struct lmi_json_token key;
	int rc = lmi_json_enter(j, LMI_JSON_OBJECT);
	if (rc <= 0)
		return rc;
	while ((rc = lmi_json_member(j, &key)) == 1) {
		int32_t level = 0;
		int64_t pos = -1;
		bool known = lmi_span_to_i32(key.text, &level) == 0 && level > 0 && level <= (int32_t)LMI_DELAY_LEVELS_MAX;
		rc = lmi_json_i64(j, &pos);
		if (rc)
			return rc;
		if (known && pos >= 0)
			t->next[level - 1] = t->safe[level - 1] = pos;
	}
	return rc;
}

int delay_table_load(struct delay_table *t, struct lmi_span text)
{
	struct lmi_json j;
	struct lmi_json_token key;
	lmi_json_init(&j, text);
	int rc = lmi_json_enter(&j, LMI_JSON_OBJECT);
	if (rc == 0)
		rc = -LMQ_EMALFORMED;
	while (rc > 0 && (rc = lmi_json_member(&j, &key)) == 1) {
		int err;
		if (lmi_json_is(&key, "offsetTable"))
			err = load_levels(t, &j);
		else if (lmi_json_is(&key, "dataVersion"))
			err = lmi_data_version_read(&j, &t->version);
		else
			err = lmi_json_skip(&j);
		if (err)
			return err;
	}
	t->unsaved = false;
	return rc ? rc : lmi_json_finish(&j);
}

void delay_table_save(const struct delay_table *t, struct lmi_buf *b)
{
	struct lmi_json_out o;
	lmi_json_out_init(&o, b);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "dataVersion");
	lmi_data_version_put(&o, &t->version);
	lmi_json_put_key(&o, "offsetTable");
	lmi_json_put_object(&o);
	for (int32_t i = 0; i < (int32_t)LMI_DELAY_LEVELS_MAX; i++) {
		if (!t->safe[i])
			continue;
		lmi_json_put_key_int(&o, i + 1, false);
		lmi_json_put_i64(&o, t->safe[i]);
	}
	lmi_json_put_object_end(&o);
	lmi_json_put_object_end(&o);
}
