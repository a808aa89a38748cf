/* SPDX-License-Identifier: Apache-2.0 */
/* Settings over the wire: which the broker tells, and what it asks of those that are to change. */
#include <inttypes.h>
#include <stdio.h>

#include "broker/broker_conf.h"
#include "wire/codes.h"

void broker_conf_changes(const struct conf *c, char *path, size_t cap)
{
	snprintf(path, cap, "%s/" PERSIST_SETTINGS_PATH, conf_text(c, "storePathRootDir"));
}

void broker_conf_list(const struct conf *c, const struct broker_texts *t, struct lmi_buf *out)
{
	conf_put_properties(c, out);
	if (!*conf_text(c, "brokerName")) /* later wins: the name that it has */
		lmi_buf_printf(out, "brokerName=%s\n", t->name);
}

/* Rule: AdminBrokerProcessor.validateBlackListConfigExist: its own answer is kept for what its tools know. */
static bool black_listed(struct lmi_span key)
{
	return lmi_span_is(key, "brokerConfigPath") || lmi_span_is(key, "configBlackList");
}

/* Sends are refused no earlier than files are deleted to make room. */
static bool ratio_fits(const struct conf *c, struct lmi_span key, struct lmi_span value, char *why, size_t cap)
{
	int64_t forcibly = conf_i64(c, "diskSpaceCleanForciblyRatio"), warning = conf_i64(c, "diskSpaceWarningLevelRatio");
	if (lmi_span_is(key, "diskSpaceCleanForciblyRatio"))
		conf_parse_number(CONF_INT, value, &forcibly);
	else if (lmi_span_is(key, "diskSpaceWarningLevelRatio"))
		conf_parse_number(CONF_INT, value, &warning);
	else
		return true;
	if (forcibly <= warning)
		return true;
	snprintf(why, cap, "diskSpaceCleanForciblyRatio %" PRId64 " would be above diskSpaceWarningLevelRatio %" PRId64, forcibly, warning);
	return false;
}

/* What the table cannot say. */
static bool fits(const struct conf *c, struct lmi_span key, struct lmi_span value, char *why, size_t cap)
{
	char text[64];
	int64_t budget = 0, least = BROKER_SEGMENTS_LEAST * conf_i64(c, "mappedFileSizeCommitLog");
	if (!ratio_fits(c, key, value, why, cap))
		return false;
	if (lmi_span_is(key, "deleteWhen")) {
		snprintf(text, sizeof(text), "%.*s", SPAN_ARGS(value));
		if (value.n < sizeof(text) && retention_hours_ok(text))
			return true;
		snprintf(why, cap, "deleteWhen: no list of hours from 0 to 23 such as 04;16");
		return false;
	}
	if (!lmi_span_is(key, "storeMaxBytes") || conf_parse_number(CONF_BYTES, value, &budget) || !budget || budget >= least)
		return true;
	snprintf(why, cap, "storeMaxBytes: less than %d commit log files, %" PRId64 " bytes together", BROKER_SEGMENTS_LEAST, least);
	return false;
}

int32_t broker_conf_change(struct conf *c, struct lmi_span key, struct lmi_span value, bool change, char *why, size_t cap)
{
	if (black_listed(key)) {
		snprintf(why, cap, "Can not update config in black list.");
		return LMI_RSP_NO_PERMISSION;
	}
	if (!fits(c, key, value, why, cap))
		return LMI_RSP_INVALID_PARAMETER;
	int err = conf_change(c, key, value, change, why, cap);
	if (err)
		return err == -LMQ_EILLEGAL ? LMI_RSP_NO_PERMISSION : LMI_RSP_INVALID_PARAMETER;
	return LMI_RSP_SUCCESS;
}
