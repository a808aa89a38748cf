/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts of src/filter, read and written as Verdicts.java does.  --bench: the time of an evaluation. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "filter/filter.h"

#define LINE_MAX_BYTES (1u << 20)
#define BENCH_ROUNDS 2000000

static int digit(int c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* In place. */
static struct lmi_span decode(char *text)
{
	size_t n = 0;
	uint32_t bits = 0, have = 0;
	for (char *p = text; digit(*p) >= 0; p++) {
		bits = bits << 6 | (uint32_t)digit(*p);
		have += 6;
		if (have >= 8) {
			have -= 8;
			text[n++] = (char)(bits >> have);
		}
	}
	return lmi_span(text, n);
}

static char verdict(struct lmi_span expression, struct lmi_span props)
{
	static const char letter[] = { [FILTER_TRUE] = 'T', [FILTER_FALSE] = 'F', [FILTER_UNKNOWN] = 'U', [FILTER_FAILED] = 'X' };
	struct filter *f;
	struct filter_error e;
	if (filter_compile(expression, &f, &e))
		return 'E';
	char c = letter[filter_eval(f, props)];
	filter_unref(f);
	return c;
}

static int bench(void)
{
	static const char text[] = "color = 'red' AND size BETWEEN 3 AND 5 OR weight > 2.5";
	static const char props[] = "UNIQ_KEY\0017F000001000018B4AAC20000000000010\002color\001blue\002size\0014\002weight\0012.75\002TAGS\001TagA\002";
	struct filter *f;
	struct filter_error e;
	struct timespec a, b;
	unsigned int hits = 0;
	if (filter_compile(lmi_span_str(text), &f, &e))
		return 1;
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; i < BENCH_ROUNDS; i++)
		hits += filter_eval(f, lmi_span(props, sizeof(props) - 1)) == FILTER_TRUE;
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%.0f ns an evaluation, %zu bytes of program, %u hits\n",
	       ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / BENCH_ROUNDS, filter_bytes(f), hits);
	filter_unref(f);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--bench") == 0)
		return bench();
	char *line = malloc(LINE_MAX_BYTES);
	while (line && fgets(line, LINE_MAX_BYTES, stdin)) {
		char *tab = strchr(line, '\t');
		if (!tab)
			return 2;
		struct lmi_span expression = decode(line), props = decode(tab + 1);
		putchar(verdict(expression, props));
		putchar('\n');
	}
	free(line);
	return line ? 0 : 1;
}
