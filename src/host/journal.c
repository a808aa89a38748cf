/* SPDX-License-Identifier: Apache-2.0 */
/* The log's body: the journal with fields when stderr is connected to it, else lines on stderr. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <time.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "host/host_internal.h"

#define FIELDS_MAX 16
#define LINE_MAX_BYTES 2048

/* JOURNAL_STREAM names the device and inode of what systemd connected stderr to. */
static bool stderr_is_journal(void)
{
	const char *env = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return env && sscanf(env, "%llu:%llu", &dev, &ino) == 2 && fstat(2, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

/* ---- limits ---- */

/* Kinds of lines that peers can cause: each has a number of lines a minute, so that nobody can flood the journal. */
#define KINDS_MAX 64
#define KIND_INTERVAL_MS 60000

static struct {
	pthread_mutex_t lock;
	struct {
		char id[33];
		struct lmi_log_limit limit;
	} kinds[KINDS_MAX];
} limits = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int64_t mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static const char *kind_of(const struct lmi_log_field *fields)
{
	for (; fields && fields->name; fields++)
		if (strcmp(fields->name, "MESSAGE_ID") == 0)
			return fields->value;
	return NULL;
}

static struct lmi_log_limit *limit_of(const char *kind)
{
	for (size_t i = 0; i < KINDS_MAX; i++) {
		if (!*limits.kinds[i].id) {
			snprintf(limits.kinds[i].id, sizeof(limits.kinds[i].id), "%s", kind);
			limits.kinds[i].limit = (struct lmi_log_limit){ .interval_ms = KIND_INTERVAL_MS, .burst = HOST_LOG_KIND_PER_MINUTE };
		}
		if (strcmp(limits.kinds[i].id, kind) == 0)
			return &limits.kinds[i].limit;
	}
	return NULL;
}

/* True when the line may be written; lines without a kind are rare by themselves. */
static bool may_write(const struct lmi_log_field *fields, unsigned int *out_dropped)
{
	const char *kind = kind_of(fields);
	bool pass = true;

	*out_dropped = 0;
	if (kind) {
		pthread_mutex_lock(&limits.lock);
		struct lmi_log_limit *l = limit_of(kind);
		pass = !l || lmi_log_limit_pass(l, mono_ms(), out_dropped);
		pthread_mutex_unlock(&limits.lock);
	}
	return pass;
}

/* The text of a line; false when it is one too many. */
LMI_PRINTF(4, 0)
static bool format_line(char *line, size_t cap, const struct lmi_log_field *fields, const char *fmt, va_list ap)
{
	unsigned int dropped;
	size_t n;

	if (!may_write(fields, &dropped))
		return false;
	vsnprintf(line, cap, fmt, ap);
	n = strlen(line);
	if (dropped)
		snprintf(line + n, cap - n, " (%u lines of this kind were not written)", dropped);
	return true;
}

/* ---- bodies ---- */

static int field_text(const struct lmi_log_field *f, char **out)
{
	const char *prefix = strcmp(f->name, "MESSAGE_ID") == 0 ? "" : "LIGHTMQ_";

	return asprintf(out, "%s%s=%.*s", prefix, f->name, f->bytes ? f->bytes : (int)strlen(f->value), f->value);
}

LMI_PRINTF(4, 0)
static void write_journal(struct lmi_log *l, enum lmi_log_level level, const struct lmi_log_field *fields, const char *fmt,
			  va_list ap)
{
	struct iovec iov[FIELDS_MAX + 2];
	char *texts[FIELDS_MAX + 2];
	char line[LINE_MAX_BYTES];
	int n = 0;

	(void)l;
	if (!format_line(line, sizeof(line), fields, fmt, ap))
		return;
	if (asprintf(&texts[n], "MESSAGE=%s", line) >= 0)
		n++;
	if (asprintf(&texts[n], "PRIORITY=%d", level) >= 0)
		n++;
	for (; fields && fields->name && n < FIELDS_MAX; fields++)
		if (fields->value && field_text(fields, &texts[n]) >= 0)
			n++;
	for (int i = 0; i < n; i++)
		iov[i] = (struct iovec){ texts[i], strlen(texts[i]) };
	sd_journal_sendv(iov, n);
	for (int i = 0; i < n; i++)
		free(texts[i]);
}

static const char *level_word(enum lmi_log_level level)
{
	switch (level) {
	case LMI_LOG_ERR: return "error";
	case LMI_LOG_WARNING: return "warning";
	case LMI_LOG_NOTICE: return "notice";
	case LMI_LOG_INFO: return "info";
	case LMI_LOG_DEBUG: return "debug";
	}
	return "?";
}

LMI_PRINTF(4, 0)
static void write_stderr(struct lmi_log *l, enum lmi_log_level level, const struct lmi_log_field *fields, const char *fmt,
			 va_list ap)
{
	char line[LINE_MAX_BYTES], when[32];
	struct timespec ts;
	struct tm tm;

	(void)l;
	if (!format_line(line, sizeof(line), fields, fmt, ap))
		return;
	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	fprintf(stderr, "%s.%03ldZ %s: %s\n", when, ts.tv_nsec / 1000000, level_word(level), line);
}

struct lmi_log *host_log_open(void)
{
	static struct lmi_log log = { NULL, LMI_LOG_INFO };

	log.write = stderr_is_journal() ? write_journal : write_stderr;
	return &log;
}

enum lmi_log_level host_log_level(const char *word)
{
	for (int level = LMI_LOG_ERR; level <= LMI_LOG_DEBUG; level++)
		if (strcmp(word, level_word((enum lmi_log_level)level)) == 0)
			return (enum lmi_log_level)level;
	return LMI_LOG_INFO;
}
