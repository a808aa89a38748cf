/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker's settings over the wire: read all, change those that may change while running.  The program's table says which:
 * never a path, an address or a switch of access control.
 */
#include <stdio.h>

#include "base/event.h"
#include "broker/handle/handlers.h"
#include "wire/setting_text.h"

#define SETTINGS_MAX 64 /* changed by one request */

static struct lmi_span value_of(struct lmi_span settings, struct lmi_span wanted)
{
	struct lmi_span key, value;
	while (lmi_setting_next(&settings, &key, &value))
		if (lmi_span_eq(key, wanted))
			return value;
	return LMI_SPAN_NULL;
}

/* What may not be listed is not there: without hooks nothing is. */
static struct lmi_span list(struct handle *h)
{
	lmi_buf_reset(&h->scratch, HANDLE_SCRATCH_KEEP);
	if (h->conf && h->conf->list)
		h->conf->list(h->conf->user, &h->scratch);
	return lmi_buf_span(&h->scratch);
}

/* Rule: AdminBrokerProcessor.getBrokerConfig. */
void broker_config_handler(struct handle *h, const struct request *r)
{
	struct lmi_command_out o;
	struct lmi_json_out j;
	LMI_CLEANUP(lmi_buf_done) struct lmi_buf version = { 0 };
	lmi_json_out_init(&j, &version);
	lmi_data_version_put(&j, &h->conf_version);
	struct lmi_span text = list(h);
	answer_begin(r, &o, LMI_RSP_SUCCESS);
	lmi_command_put(&o, LMI_EXT_VERSION, lmi_buf_span(&version));
	lmi_command_end(&o, text.n);
	lmi_buf_put_span(r->out, text);
}

/* Who, from, to. */
static void tell(struct handle *h, const struct request *r, struct lmi_span key, struct lmi_span from, struct lmi_span to)
{
	char who[LMI_HOST_CHARS];
	lmi_host_print(&r->peer->host, who, sizeof(who));
	lmi_log_with(h->log, LMI_LOG_NOTICE,
		     LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_SETTING_CHANGED), LMI_LOG_SPAN("SETTING", key), LMI_LOG_SPAN("CLIENT", lmi_span_str(who))),
		     "%.*s was set from \"%.*s\" to \"%.*s\" by a request of %s", SPAN_ARGS(key), SPAN_ARGS(from), SPAN_ARGS(to), who);
}

/* All of them; with @change they are made.  The first that cannot be is answered by the caller. */
static int32_t each(struct handle *h, const struct request *r, bool change, char *why, size_t cap)
{
	struct lmi_span rest = r->cmd->body, key, value, before = change ? list(h) : LMI_SPAN_NULL;
	int32_t code = LMI_RSP_SUCCESS;
	for (int n = 0; code == LMI_RSP_SUCCESS && lmi_setting_next(&rest, &key, &value); n++) {
		if (n >= SETTINGS_MAX) {
			snprintf(why, cap, "at most %d settings are changed by one request", SETTINGS_MAX);
			return LMI_RSP_INVALID_PARAMETER;
		}
		code = h->conf->set(h->conf->user, key, value, change, why, cap);
		if (code == LMI_RSP_SUCCESS && change)
			tell(h, r, key, value_of(before, key), value);
	}
	return code;
}

/*
 * All are looked at before the first is changed.  Rule: AdminBrokerProcessor.updateBrokerConfig, which takes any key and says
 * that it was a success.
 */
void broker_config_update_handler(struct handle *h, const struct request *r)
{
	char why[512] = "the settings of this broker do not change while it runs";
	int32_t code = h->conf && h->conf->set ? each(h, r, false, why, sizeof(why)) : LMI_RSP_NO_PERMISSION;
	if (code == LMI_RSP_SUCCESS)
		code = each(h, r, true, why, sizeof(why));
	if (code != LMI_RSP_SUCCESS) {
		answer_error(h, r, code, "%s", why);
		return;
	}
	if (lmi_setting_trim(r->cmd->body).n) {
		lmi_data_version_next(&h->conf_version, handle_now(h), 0);
		h->conf_unsaved = true;
	}
	answer_code(r, LMI_RSP_SUCCESS);
}
