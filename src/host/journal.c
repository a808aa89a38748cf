/* SPDX-License-Identifier: Apache-2.0 */
/* The log's body: the journal with fields when stderr is connected to it, else lines on stderr. */
#include <stdio.h>
#include <stdlib.h>
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

LMI_PRINTF(4, 0)
static void write_journal(struct lmi_log *l, enum lmi_log_level level, const struct lmi_log_field *fields, const char *fmt,
			  va_list ap)
{
	struct iovec iov[FIELDS_MAX + 2];
	char *texts[FIELDS_MAX + 2];
	char line[LINE_MAX_BYTES];
	int n = 0;

	(void)l;
	vsnprintf(line, sizeof(line), fmt, ap);
	if (asprintf(&texts[n], "MESSAGE=%s", line) >= 0)
		n++;
	if (asprintf(&texts[n], "PRIORITY=%d", level) >= 0)
		n++;
	for (; fields && fields->name && n < FIELDS_MAX; fields++)
		if (fields->value && asprintf(&texts[n], "LIGHTMQ_%s=%s", fields->name, fields->value) >= 0)
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
	(void)fields;
	vsnprintf(line, sizeof(line), fmt, ap);
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
