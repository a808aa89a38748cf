/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/namespace.h"

#include "base/error.h"

static struct lmi_span prefix_of(struct lmi_span name)
{
	if (lmi_name_is_retry(name))
		return LMI_SPAN_LIT(LMI_NAME_RETRY_PREFIX);
	if (lmi_name_is_dlq(name))
		return LMI_SPAN_LIT(LMI_NAME_DLQ_PREFIX);
	return LMI_SPAN_LIT("");
}

static bool has(struct lmi_span ns, struct lmi_span name)
{
	return lmi_span_starts(name, ns) && name.n > ns.n && name.p[ns.n] == LMI_NAMESPACE_MARK;
}

int lmi_namespace_wrap(struct lmi_span ns, struct lmi_span name, char *out)
{
	struct lmi_span prefix = prefix_of(name), rest = lmi_span(name.p + prefix.n, name.n - prefix.n);
	bool bare = ns.n == 0 || name.n == 0 || has(ns, rest) || lmi_name_is_system_topic(name) || lmi_name_is_system_group(name);
	char *at = out;

	if (name.n + (bare ? 0 : ns.n + 1) > LMI_NAME_MAX)
		return -LMQ_ETOOBIG;
	if (prefix.n > 0)
		memcpy(at, prefix.p, prefix.n);
	at += prefix.n;
	if (!bare) {
		memcpy(at, ns.p, ns.n);
		at += ns.n;
		*at++ = LMI_NAMESPACE_MARK;
	}
	if (rest.n > 0)
		memcpy(at, rest.p, rest.n);
	at[rest.n] = '\0';
	return 0;
}

const char *lmi_namespace_strip(struct lmi_span ns, const char *name)
{
	return ns.n > 0 && has(ns, lmi_span_str(name)) ? name + ns.n + 1 : name;
}
