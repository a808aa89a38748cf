/* SPDX-License-Identifier: Apache-2.0 */
/* Small pieces that decoders of bodies share.  Only for the files of lib/wire. */
#ifndef LMI_WIRE_JSON_BODY_H
#define LMI_WIRE_JSON_BODY_H

#include "wire/json.h"

/*
 * The raw text of the value that comes next, which must be of the kind that begins with the bracket; p == NULL for null.
 * Returns 0; -LMQ_EMALFORMED; as lmi_json_next.
 */
static inline int json_raw_of(struct lmi_json *j, uint8_t bracket, struct lmi_span *out)
{
	struct lmi_span raw;
	int r = lmi_json_raw(j, &raw);

	if (r < 0)
		return r;
	if (raw.p[0] == 'n')
		raw = LMI_SPAN_NULL;
	else if (raw.p[0] != bracket)
		return j->error = -LMQ_EMALFORMED;
	*out = raw;
	return 0;
}

/* A name that comes next as text, or its ordinal.  Null leaves *out alone.  -LMQ_EMALFORMED when it is neither. */
int json_name_or_ordinal(struct lmi_json *j, const char *const *names, int count, int *out);

#endif
