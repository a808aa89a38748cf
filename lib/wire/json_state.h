/* SPDX-License-Identifier: Apache-2.0 */
/* The parser's states, for decoders with a faster way through a common form.  Only for the files of lib/wire. */
#ifndef LMI_WIRE_JSON_STATE_H
#define LMI_WIRE_JSON_STATE_H

#include "wire/json.h"

enum json_state {
	JSON_AT_VALUE,          /* a value must follow */
	JSON_AT_ELEMENT_OR_END, /* just behind '[' */
	JSON_AT_KEY_OR_END,     /* just behind '{' */
	JSON_AFTER_VALUE        /* ',' or an end must follow */
};

static inline bool json_after_value(const struct lmi_json *j)
{
	return j->state == JSON_AFTER_VALUE;
}

static inline bool json_before_first(const struct lmi_json *j)
{
	return j->state == JSON_AT_KEY_OR_END;
}

/* A whole member of the present object has been read up to p. */
static inline void json_pass_member(struct lmi_json *j, const uint8_t *p)
{
	j->p = p;
	j->state = JSON_AFTER_VALUE;
}

#endif
