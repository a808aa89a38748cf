/* SPDX-License-Identifier: Apache-2.0 */
#include "store/why.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int why(char **out_why, int err, const char *fmt, ...)
{
	if (!out_why)
		return err;
	char *text = NULL;
	va_list ap;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	free(*out_why);
	*out_why = text;
	return err;
}
