/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lightmq-bench: the command line and the report, see load.h.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "wire/codes.h"

#include "load.h"

static const char *const mode_names[] = { "sync", "async", "oneway", "batch", "consume", "transaction", "arrive" };
#define MODES (sizeof(mode_names) / sizeof(mode_names[0]))

void load_complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("lightmq-bench: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

/* ---- the command line ---- */

static void usage(FILE *to)
{
	fputs("Usage: lightmq-bench [OPTION]...\n"
	      "Load a broker and report rate, latency and what it costs the broker.\n"
	      "  --namesrv HOST:PORT   127.0.0.1:9876\n"
	      "  --mode MODE           sync (one request under way on each connection), async, oneway, batch, consume,\n"
	      "                        transaction (half messages that are committed; counted when they are),\n"
	      "                        arrive (only wait until the queues hold --count messages, --seconds at most)\n"
	      "  --topic NAME          lightmq-bench; made with --queues N (8) when missing\n"
	      "  --group NAME          lightmq-bench\n"
	      "  --size BYTES          body, 128\n"
	      "  --property KEY=VALUE  of each message\n"
	      "  --due MS              each message is for that time,  --due-span MS  or for any within that span behind it\n"
	      "  --connections N       1\n"
	      "  --threads N           that share them, 1\n"
	      "  --window N            requests under way on each connection: 1 in sync mode, else 256\n"
	      "  --batch N             messages in a request in batch mode, 16\n"
	      "  --pull N              messages asked for at once in consume mode, 32\n"
	      "  --seconds N           that are measured, 5      --warmup N   before, 1\n"
	      "  --rate N              requests a second; latency counts from when each was due\n"
	      "  --count N             end after so many; 0: at the end of the queues, or when the time is over\n"
	      "  --again               consume from the start again until the time is over\n"
	      "  --binary              ROCKETMQ headers\n"
	      "  --cpu-of PID[,PID]    report CPU per message of these processes\n"
	      "  --json FILE           append one line of JSON; - is stdout\n"
	      "  --no-heading\n",
	      to);
}

enum { OPT_BINARY = 256, OPT_AGAIN, OPT_QUIET, OPT_HELP, OPT_MODE, OPT_CPU, OPT_TEXT, OPT_NUMBER };

/* Options whose value is kept as it is, or as a number. */
static bool set_text(struct load_options *o, const char *name, const char *value)
{
	const struct {
		const char *name;
		const char **at;
	} texts[] = { { "namesrv", &o->namesrv }, { "topic", &o->topic }, { "group", &o->group }, { "json", &o->json },
		    { "property", &o->property } };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strcmp(texts[i].name, name) != 0)
			continue;
		*texts[i].at = value;
		return true;
	}
	return false;
}

static bool set_number(struct load_options *o, const char *name, const char *value)
{
	const struct {
		const char *name;
		int64_t *at, min, max;
	} numbers[] = {
		{ "size", &o->size, 1, 4 << 20 },
		{ "threads", &o->threads, 1, LOAD_THREADS_MAX },
		{ "connections", &o->connections, 1, 10000 },
		{ "window", &o->window, 1, 65536 },
		{ "batch", &o->batch, 1, LOAD_IDS_MAX },
		{ "queues", &o->queues, 1, 256 },
		{ "pull", &o->pull, 1, 1024 },
		{ "seconds", &o->seconds, 1, 86400 },
		{ "warmup", &o->warmup, 0, 86400 },
		{ "count", &o->count, 0, INT64_MAX },
		{ "due", &o->due, 1000000000000, 9999999999999 },
		{ "due-span", &o->due_span, 1, 1000000000000 },
		{ "rate", &o->rate, 1, 10000000 },
	};
	char *end;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (strcmp(numbers[i].name, name) != 0)
			continue;
		errno = 0;
		*numbers[i].at = strtoll(value, &end, 10);
		return errno == 0 && end != value && *end == '\0' && *numbers[i].at >= numbers[i].min &&
		       *numbers[i].at <= numbers[i].max;
	}
	return false;
}

static bool set_mode(struct load_options *o, const char *value)
{
	for (size_t i = 0; i < MODES; i++) {
		if (strcmp(mode_names[i], value) != 0)
			continue;
		o->mode = (enum load_mode)i;
		return true;
	}
	return false;
}

static bool set_pids(struct load_options *o, const char *value)
{
	char *end;

	for (;; value = end + 1) {
		long pid = strtol(value, &end, 10);

		if (end == value || pid <= 0 || o->pid_count == LOAD_PIDS_MAX || load_cpu_ns((int)pid) < 0)
			return false;
		o->pids[o->pid_count++] = (int)pid;
		if (*end != ',')
			return *end == '\0';
	}
}

static bool parse(struct load_options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "namesrv", 1, NULL, OPT_TEXT },       { "topic", 1, NULL, OPT_TEXT },   { "group", 1, NULL, OPT_TEXT },
		{ "property", 1, NULL, OPT_TEXT },
		{ "json", 1, NULL, OPT_TEXT },          { "size", 1, NULL, OPT_NUMBER },  { "threads", 1, NULL, OPT_NUMBER },
		{ "connections", 1, NULL, OPT_NUMBER }, { "window", 1, NULL, OPT_NUMBER }, { "batch", 1, NULL, OPT_NUMBER },
		{ "queues", 1, NULL, OPT_NUMBER },      { "pull", 1, NULL, OPT_NUMBER },  { "seconds", 1, NULL, OPT_NUMBER },
		{ "warmup", 1, NULL, OPT_NUMBER },      { "count", 1, NULL, OPT_NUMBER }, { "rate", 1, NULL, OPT_NUMBER },
		{ "due", 1, NULL, OPT_NUMBER },         { "due-span", 1, NULL, OPT_NUMBER },
		{ "mode", 1, NULL, OPT_MODE },          { "cpu-of", 1, NULL, OPT_CPU },   { "binary", 0, NULL, OPT_BINARY },
		{ "again", 0, NULL, OPT_AGAIN },        { "no-heading", 0, NULL, OPT_QUIET }, { "help", 0, NULL, OPT_HELP },
		{ NULL, 0, NULL, 0 },
	};
	int opt, at = 0;
	bool good = true;

	while (good && (opt = getopt_long(argc, argv, "", options, &at)) != -1) {
		switch (opt) {
		case OPT_TEXT: good = set_text(o, options[at].name, optarg); break;
		case OPT_NUMBER: good = set_number(o, options[at].name, optarg); break;
		case OPT_MODE: good = set_mode(o, optarg); break;
		case OPT_CPU: good = set_pids(o, optarg); break;
		case OPT_BINARY: o->binary = true; break;
		case OPT_AGAIN: o->again = true; break;
		case OPT_QUIET: o->quiet = true; break;
		case OPT_HELP: usage(stdout); exit(0);
		default: return false;
		}
		if (!good)
			load_complain("--%s: \"%s\" cannot be", options[at].name, optarg);
	}
	if (good && o->property && !strchr(o->property, '=')) {
		load_complain("--property is KEY=VALUE");
		return false;
	}
	if (good && o->due && o->mode == LOAD_BATCH) {
		load_complain("--due goes with single messages");
		return false;
	}
	if (o->window == 0)
		o->window = o->mode == LOAD_SYNC ? 1 : 256;
	if (o->mode == LOAD_SYNC)
		o->window = 1;
	if (o->threads > o->connections)
		o->threads = o->connections;
	if (o->rate > 0 && (o->mode == LOAD_ONEWAY || o->mode == LOAD_CONSUME)) {
		load_complain("--rate goes with sync, async and batch");
		return false;
	}
	return good && optind == argc;
}

/* ---- the report ---- */

static double per_message(double us, const struct load_result *r)
{
	return r->messages > 0 ? us / (double)r->messages : 0;
}

static double cpu_sum(const struct load_options *o, const struct load_result *r)
{
	double sum = 0;

	for (size_t i = 0; i < o->pid_count; i++)
		sum += r->cpu_us[i];
	return sum;
}

static double percentile_us(const struct lmi_hist *h, double percent)
{
	return (double)lmi_hist_percentile(h, percent) / 1000;
}

static void print_table(const struct load_options *o, const struct load_result *r)
{
	if (!o->quiet)
		printf("%-8s %6s %5s %6s %5s %9s %8s %9s %9s %9s %9s %9s %9s\n", "mode", "size", "conns", "window", "batch",
		       "msg/s", "MB/s", "p50 us", "p99 us", "p99.9 us", "max us", "cpu us/m", "own us/m");
	printf("%-8s %6" PRId64 " %5" PRId64 " %6" PRId64 " %5" PRId64 " %9.0f %8.1f %9.0f %9.0f %9.0f %9.0f %9.2f %9.2f\n",
	       mode_names[o->mode], o->size, o->connections, o->window, o->mode == LOAD_BATCH ? o->batch : 1,
	       (double)r->messages / r->seconds, (double)r->bytes / r->seconds / 1e6, percentile_us(&r->latency, 50),
	       percentile_us(&r->latency, 99), percentile_us(&r->latency, 99.9), (double)r->latency.max / 1000,
	       per_message(cpu_sum(o, r), r), per_message(r->own_us, r));
	if (o->rate > 0)
		printf("  at %" PRId64 " requests/s, from when each was due; the generator itself was late by p50 %.0f, p99 %.0f us\n",
		       o->rate, percentile_us(&r->late, 50), percentile_us(&r->late, 99));
	for (size_t i = 0; o->pid_count > 1 && i < o->pid_count; i++)
		printf("  process %d: %.2f us a message\n", o->pids[i], per_message(r->cpu_us[i], r));
	for (size_t i = 0; i < LOAD_CODES_MAX; i++) {
		const char *name = r->codes[i].code < 0 ? lmi_strerror(r->codes[i].code) : lmi_response_code_name(r->codes[i].code);

		if (r->codes[i].count > 0)
			printf("  %" PRIu64 " times %s (%d)\n", r->codes[i].count, name ? name : "?", r->codes[i].code);
	}
	if (o->mode != LOAD_CONSUME)
		printf("  %" PRIu64 " messages were made in all, %" PRId64 " are in the queues\n", r->sent, r->stored);
	fflush(stdout);
}

static void print_json(const struct load_options *o, const struct load_result *r)
{
	FILE *f = strcmp(o->json, "-") == 0 ? stdout : fopen(o->json, "ae");

	if (!f) {
		load_complain("%s: %s", o->json, strerror(errno));
		return;
	}
	fprintf(f, "{\"mode\":\"%s\",\"size\":%" PRId64 ",\"connections\":%" PRId64 ",\"threads\":%" PRId64 ",\"window\":%" PRId64
		   ",\"batch\":%" PRId64 ",\"rate\":%" PRId64 ",\"seconds\":%.3f,\"messages\":%" PRIu64,
		mode_names[o->mode], o->size, o->connections, o->threads, o->window, o->mode == LOAD_BATCH ? o->batch : 1,
		o->rate, r->seconds, r->messages);
	fprintf(f, ",\"messages_per_s\":%.1f,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"p99_9_us\":%.1f,\"max_us\":%.1f",
		(double)r->messages / r->seconds, percentile_us(&r->latency, 50), percentile_us(&r->latency, 90),
		percentile_us(&r->latency, 99), percentile_us(&r->latency, 99.9), (double)r->latency.max / 1000);
	fprintf(f, ",\"cpu_us_per_message\":%.3f,\"own_us_per_message\":%.3f,\"sent\":%" PRIu64 ",\"stored\":%" PRId64 "}\n",
		per_message(cpu_sum(o, r), r), per_message(r->own_us, r), r->sent, r->stored);
	if (f != stdout)
		fclose(f);
}

/* What somebody else sent: the queues' ends are looked at ten times a second. */
static bool arrive(const struct load_options *o, const struct load_plan *plan, struct load_result *r)
{
	const struct timespec nap = { .tv_nsec = 100000000 };
	int64_t begin = load_now_ns(), cpu[LOAD_PIDS_MAX], first, now;

	for (size_t i = 0; i < o->pid_count; i++)
		cpu[i] = load_cpu_ns(o->pids[i]);
	for (first = now = load_end_sum(plan, false); now >= 0 && now < o->count; now = load_end_sum(plan, false)) {
		if (load_now_ns() - begin > o->seconds * 1000000000)
			break;
		nanosleep(&nap, NULL);
	}
	for (size_t i = 0; i < o->pid_count; i++)
		r->cpu_us[i] = (double)(load_cpu_ns(o->pids[i]) - cpu[i]) / 1000;
	r->seconds = (double)(load_now_ns() - begin) / 1e9;
	r->messages = now > first ? (uint64_t)(now - first) : 0;
	r->stored = now;
	return now >= o->count;
}

static bool run(const struct load_options *o, struct load_plan *plan, struct load_result *r)
{
	int64_t before = -1, after = -1;

	plan->o = o;
	if (!load_setup(plan))
		return false;
	if (o->mode == LOAD_ARRIVE) {
		bool all = arrive(o, plan, r);

		print_table(o, r);
		if (o->json)
			print_json(o, r);
		return all;
	}
	if (o->mode != LOAD_CONSUME)
		before = load_end_sum(plan, true);
	if (!load_run(plan, r))
		return false;
	if (o->mode != LOAD_CONSUME)
		after = load_end_sum(plan, true);
	r->stored = before >= 0 && after >= 0 ? after - before : -1;
	print_table(o, r);
	if (o->json)
		print_json(o, r);
	return r->messages > 0;
}

int main(int argc, char **argv)
{
	struct load_options o = { .namesrv = "127.0.0.1:9876", .topic = "lightmq-bench", .group = "lightmq-bench", .size = 128,
				  .threads = 1, .connections = 1, .batch = 16, .queues = 8, .pull = 32, .seconds = 5, .warmup = 1 };
	struct load_plan *plan = calloc(1, sizeof(*plan));
	struct load_result *r = calloc(1, sizeof(*r));
	int status = 1;

	if (!parse(&o, argc, argv)) {
		usage(stderr);
		status = 2;
	} else if (plan && r) {
		status = run(&o, plan, r) ? 0 : 1;
	}
	free(plan);
	free(r);
	return status;
}
