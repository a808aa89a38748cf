/* SPDX-License-Identifier: Apache-2.0 */
/* KV configuration, and the name server's own.  Rule: DefaultRequestProcessor. */
#include "namesrv/handle_internal.h"
#include "wire/setting_text.h"

static void answer_when_kept(struct ask *a, int err)
{
	if (err < 0)
		ask_answer(a, LMI_RSP_SYSTEM_ERROR, lmi_strerror(err));
	else
		namesrv_save_kv(a->n, a->c, a->out);
}

void ask_put_kv(struct ask *a)
{
	if (!MISSING(a, LMI_EXT_NAMESPACE, LMI_EXT_KEY, LMI_EXT_VALUE))
		answer_when_kept(a, kv_table_put(&a->n->kv, ext(a, LMI_EXT_NAMESPACE), ext(a, LMI_EXT_KEY), ext(a, LMI_EXT_VALUE)));
}

void ask_get_kv(struct ask *a)
{
	struct lmi_command_out o;
	struct lmi_span v;

	if (MISSING(a, LMI_EXT_NAMESPACE, LMI_EXT_KEY))
		return;
	v = kv_table_get(&a->n->kv, ext(a, LMI_EXT_NAMESPACE), ext(a, LMI_EXT_KEY));
	if (!v.p) {
		struct lmi_span s = ext(a, LMI_EXT_NAMESPACE), k = ext(a, LMI_EXT_KEY);

		ask_answer(a, LMI_RSP_QUERY_NOT_FOUND, lmi_arena_printf(&a->n->arena, "No config item, Namespace: %.*s Key: %.*s", (int)s.n,
								       (const char *)s.p, (int)k.n, (const char *)k.p));
		return;
	}
	ask_begin(a, &o, LMI_RSP_SUCCESS);
	lmi_command_put(&o, LMI_EXT_VALUE, v);
	lmi_command_end(&o, 0);
}

void ask_delete_kv(struct ask *a)
{
	if (MISSING(a, LMI_EXT_NAMESPACE, LMI_EXT_KEY))
		return;
	kv_table_del(&a->n->kv, ext(a, LMI_EXT_NAMESPACE), ext(a, LMI_EXT_KEY));
	answer_when_kept(a, 0);
}

void ask_list_kv(struct ask *a)
{
	struct lmi_kv_table t;
	struct lmi_buf b = { 0 };

	if (MISSING(a, LMI_EXT_NAMESPACE))
		return;
	if (!kv_table_list(&a->n->kv, ext(a, LMI_EXT_NAMESPACE), &a->n->arena, &t)) {
		struct lmi_span s = ext(a, LMI_EXT_NAMESPACE);

		ask_answer(a, LMI_RSP_QUERY_NOT_FOUND,
			   lmi_arena_printf(&a->n->arena, "No config item, Namespace: %.*s", (int)s.n, (const char *)s.p));
		return;
	}
	lmi_kv_table_put(&b, &t);
	ask_answer_body(a, lmi_buf_span(&b));
	lmi_buf_done(&b);
}

/* ---- its own configuration ---- */

void ask_get_config(struct ask *a)
{
	struct lmi_buf b = { 0 };

	if (a->n->cfg.list_settings)
		a->n->cfg.list_settings(a->n->cfg.user, &b);
	ask_answer_body(a, lmi_buf_span(&b));
	lmi_buf_done(&b);
}

/* All are looked at before the first is changed.  Rule: DefaultRequestProcessor.updateConfig; ours has a list of what may be. */
void ask_update_config(struct ask *a)
{
	struct lmi_span rest = a->c->body, key, value;
	char why[512];
	int32_t code = LMI_RSP_SUCCESS;

	for (int change = 0; change < 2 && code == LMI_RSP_SUCCESS; change++)
		for (rest = a->c->body; code == LMI_RSP_SUCCESS && lmi_setting_next(&rest, &key, &value);)
			code = a->n->cfg.set_setting ? a->n->cfg.set_setting(a->n->cfg.user, key, value, change, why, sizeof(why))
						     : LMI_RSP_NO_PERMISSION;
	if (code == LMI_RSP_SUCCESS)
		namesrv_save_settings(a->n, a->c, a->out);
	else
		ask_answer(a, code, a->n->cfg.set_setting ? why : "nothing may be changed");
}
