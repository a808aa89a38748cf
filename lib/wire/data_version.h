/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DataVersion: which state of a table somebody has seen.  Pure values, any thread.
 * JSON: {"counter":2,"stateVersion":0,"timestamp":1}.  Rule: DataVersion.
 */
#ifndef LMI_WIRE_DATA_VERSION_H
#define LMI_WIRE_DATA_VERSION_H

#include "wire/json.h"

struct lmi_data_version {
	int64_t state_version;
	int64_t timestamp_ms;
	int64_t counter;
};

/** The table has changed at now_ms: the counter goes up, the time is remembered.  Rule: DataVersion.nextVersion. */
LMI_API void lmi_data_version_next(struct lmi_data_version *v, int64_t now_ms, int64_t state_version);

/** All three equal.  Rule: DataVersion.equals. */
LMI_API bool lmi_data_version_eq(const struct lmi_data_version *a, const struct lmi_data_version *b);

/**
 * Read the object that is the parser's next value; missing members become 0, null gives all zeros.
 *
 * Returns 0; errors of lmi_json_next.
 */
LMI_API int lmi_data_version_read(struct lmi_json *j, struct lmi_data_version *out);

/** Decode a text that is such an object.  Returns 0; -LMQ_EMALFORMED, -LMQ_EDEPTH. */
LMI_API int lmi_data_version_decode(struct lmi_span text, struct lmi_data_version *out);

/** Write it as the next value. */
LMI_API void lmi_data_version_put(struct lmi_json_out *o, const struct lmi_data_version *v);

#endif
