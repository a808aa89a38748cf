/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main of a fuzz target that is built without libFuzzer: gives it each file named on the command line, and each
 * beginning of it, so that every way of being cut short is tried too.  Ends 0 when the target survives them all.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (64u << 20)
#define CUTS_MAX 512u /* a longer file is cut at this many places */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of its own size, so that a sanitizer sees one byte too many. */
static void try_one(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static int replay(const char *path)
{
	uint8_t *data = malloc(FILE_MAX);
	FILE *f = fopen(path, "rbe");
	size_t size, step;

	if (!data || !f) {
		fprintf(stderr, "cannot read %s\n", path);
		free(data);
		if (f)
			fclose(f);
		return 1;
	}
	size = fread(data, 1, FILE_MAX, f);
	fclose(f);
	step = size / CUTS_MAX + 1;
	for (size_t cut = 0; cut < size; cut += step)
		try_one(data, cut);
	try_one(data, size);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	printf("%d files\n", argc - 1);
	return failed;
}
