/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "base/error.h"

#include <string.h>

static const char *const texts[] = {
	[LMQ_EMALFORMED - 1000] = "malformed bytes",
	[LMQ_ETOOBIG - 1000] = "above the size limit",
	[LMQ_EUNSUPPORTED - 1000] = "of an unsupported kind",
	[LMQ_EDEPTH - 1000] = "nested too deeply",
	[LMQ_ETIMEOUT - 1000] = "no answer in time",
	[LMQ_ECLOSED - 1000] = "connection closed",
	[LMQ_EREMOTE - 1000] = "the peer answered with an error",
	[LMQ_ENOROUTE - 1000] = "no route for the topic",
	[LMQ_EFULL - 1000] = "queue or table is full",
	[LMQ_ESTATE - 1000] = "not allowed in this state",
	[LMQ_EREADONLY - 1000] = "the store takes no writes",
	[LMQ_ECORRUPT - 1000] = "corrupt data on disk",
	[LMQ_ENOTFOUND - 1000] = "not found",
	[LMQ_EBADCONFIG - 1000] = "bad configuration",
	[LMQ_EILLEGAL - 1000] = "breaks a rule",
};

const char *lmi_strerror(int err)
{
	int n = err < 0 ? -err : err;

	if (n == 0)
		return "success";
	if (n >= 1000 && n < LMQ_E_LAST)
		return texts[n - 1000];
	/* strerrordesc_np needs no buffer and no locale; NULL for numbers that nobody knows. */
	const char *t = strerrordesc_np(n);
	return t ? t : "unknown error";
}
