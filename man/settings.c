/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the list of settings for lmq_config(3), as the library's table has it; "make man-settings" puts it there. */
#include <stdio.h>

#include <lightmq/lightmq.h>

static int print(void *user, const char *name, const char *kind, const char *initial, const char *allowed, const char *meaning)
{
	(void)user;
	return printf(".It Cm %s Pq %s\n%s\nAllowed: %s.\nDefault: %s.\n", name, kind, meaning, allowed,
		      *initial ? initial : "empty") < 0;
}

int main(void)
{
	return lmq_config_each(print, NULL);
}
