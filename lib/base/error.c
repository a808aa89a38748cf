/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strerrordesc_np: unlike strerror, a text that lives for ever */
#endif
#include "base/error.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

static const char *const texts[] = {
	[LMQ_EMALFORMED - LMQ_EMALFORMED] = "bytes break their format",
	[LMQ_ETOOBIG - LMQ_EMALFORMED] = "above its size limit",
	[LMQ_EUNSUPPORTED - LMQ_EMALFORMED] = "of a kind that is not supported",
	[LMQ_EDEPTH - LMQ_EMALFORMED] = "nested too deep",
	[LMQ_ETIMEOUT - LMQ_EMALFORMED] = "no answer in time",
	[LMQ_ECLOSED - LMQ_EMALFORMED] = "closed",
	[LMQ_EREMOTE - LMQ_EMALFORMED] = "the peer answered with an error",
	[LMQ_ENOROUTE - LMQ_EMALFORMED] = "no route for the topic",
	[LMQ_EFULL - LMQ_EMALFORMED] = "full",
	[LMQ_ESTATE - LMQ_EMALFORMED] = "not allowed in this state",
	[LMQ_EREADONLY - LMQ_EMALFORMED] = "the store does not take writes",
	[LMQ_ECORRUPT - LMQ_EMALFORMED] = "bytes on disk break their format",
	[LMQ_ENOTFOUND - LMQ_EMALFORMED] = "not found",
	[LMQ_EBADCONFIG - LMQ_EMALFORMED] = "configuration refused",
	[LMQ_EILLEGAL - LMQ_EMALFORMED] = "breaks a rule of messages",
};

_Static_assert(sizeof(texts) / sizeof(*texts) == LMQ_E_LAST - LMQ_EMALFORMED, "each error has its text");

const char *lmi_strerror(int err)
{
	const char *text;

	if (err == 0)
		return "success";
	if (err > 0 || err == INT_MIN)
		return "unknown error";
	err = -err;
	if (err >= LMQ_EMALFORMED && err < LMQ_E_LAST)
		return texts[err - LMQ_EMALFORMED];
	text = strerrordesc_np(err);
	return text ? text : "unknown error";
}
