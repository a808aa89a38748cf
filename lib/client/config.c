/* SPDX-License-Identifier: Apache-2.0 */
#include "client/config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum kind { KIND_TEXT, KIND_CHOICE, KIND_COUNT, KIND_TIME, KIND_SIZE };

static const char *const kind_names[] = { "text", "choice", "count", "time", "size" };

#define KIB INT64_C(1024)
#define MIB (KIB * KIB)
#define TEXT_MAX 4096 /* bytes of a text setting */

struct property {
	const char *name;
	enum kind kind;
	size_t at;            /* in struct lmq_config */
	const char *initial;  /* default */
	int64_t min, max;     /* numbers, in ms or bytes */
	int64_t plain;        /* what a number without unit is multiplied by: RocketMQ's unit */
	const char *choices;  /* words separated by blanks */
	const char *allowed;  /* for people */
	const char *meaning;
};

#define AT(field) offsetof(struct lmq_config, field)
#define TEXT(n, f, def, allowed, text) { n, KIND_TEXT, AT(f), def, 0, 0, 1, NULL, allowed, text }
/* the default is the first word, whose number is 0 */
#define CHOICE(n, f, def, words, text) { n, KIND_CHOICE, AT(f), def, 0, 0, 1, words, words, text }
#define COUNT(n, f, def, lo, hi, text) { n, KIND_COUNT, AT(f), def, lo, hi, 1, NULL, #lo " to " #hi, text }
#define TIME(n, f, def, lo, hi, text) { n, KIND_TIME, AT(f), def, lo, hi, 1, NULL, #lo " to " #hi " ms", text }
#define SIZE(n, f, def, lo, hi, plain, allowed, text) { n, KIND_SIZE, AT(f), def, lo, hi, plain, NULL, allowed, text }

/* Rule: names, units and defaults of ClientConfig, NettyClientConfig, DefaultMQProducer, DefaultMQPushConsumer where they have them. */
static const struct property table[] = {
	TEXT("namesrvAddr", namesrv_addr, "", "HOST:PORT, several separated by semicolons", "Addresses of the name servers."),
	TEXT("instanceName", instance_name, "", "any text without control characters",
	     "Second half of the client id; empty: one that is unique."),
	TEXT("clientIP", client_ip, "", "an IP address", "First half of the client id; empty: that of this host."),
	CHOICE("serializeType", serialize, "JSON", "JSON ROCKETMQ", "Form of the headers that are sent; answers are read in both."),
	TIME("mqClientApiTimeout", api_timeout_ms, "3000", 1, 600000,
	     "How long the library waits for answers to requests of its own."),
	TIME("connectTimeoutMillis", connect_timeout_ms, "3000", 1, 600000, "How long connecting to a server may take."),
	TIME("pollNameServerInterval", poll_namesrv_ms, "30000", 10, 3600000, "How often known routes are asked for again."),
	TIME("heartbeatBrokerInterval", heartbeat_ms, "30000", 10, 110000,
	     "How often brokers hear that this client is alive; they forget it after two minutes."),

	TIME("sendMsgTimeout", send_timeout_ms, "3000", 1, 600000, "How long a send may take, retries included."),
	TIME("sendMsgMaxTimeoutPerRequest", send_timeout_each_ms, "-1", -1, 600000,
	     "How long one try of a send may take; -1: all the time that is left."),
	COUNT("retryTimesWhenSendFailed", send_retries, "2", 0, 16, "How often a failed send is tried again."),
	SIZE("maxMessageSize", message_max_bytes, "4194304", 1, 15 * MIB, 1, "1 to 15 MiB", "Longest body that is sent."),
	TEXT("createTopicKey", create_topic_key, "TBW102", "a topic name",
	     "The topic by whose route brokers are found that create unknown topics."),
	COUNT("defaultTopicQueueNums", create_topic_queues, "4", 1, 1024, "Queues of a topic that a send creates."),
	COUNT("sendQueueMaxMessages", send_queue_messages, "10000", 1, 1000000,
	      "How many messages of a producer may be under way at once."),
	SIZE("sendQueueMaxBytes", send_queue_bytes, "67108864", 64 * KIB, 1024 * MIB, 1, "64 KiB to 1 GiB",
	     "How many bytes of a producer may be under way at once."),
	TIME("sendQueueFullWait", send_queue_wait_ms, "3000", 0, 600000,
	     "How long an asynchronous send waits for room when so many are under way; 0: not at all."),

	COUNT("consumeThreadMax", threads, "20", 1, 1000, "Threads on which a consumer calls back."),
	COUNT("pullBatchSize", pull_batch, "32", 1, 1024, "Most messages that one request fetches."),
	COUNT("pullThresholdForQueue", queue_messages_max, "1000", 1, 65535,
	      "Messages of one queue that are held here; above, fetching pauses."),
	SIZE("pullThresholdSizeForQueue", queue_bytes_max, "100", 1 * MIB, 1024 * MIB, MIB, "1 to 1024, in MiB, or with a unit",
	     "Bytes of one queue that are held here; above, fetching pauses."),
	COUNT("consumeConcurrentlyMaxSpan", queue_span_max, "2000", 1, 65535,
	      "Positions between the oldest unfinished message of a queue and the newest held here; above, fetching pauses."),
	COUNT("maxReconsumeTimes", reconsume_max, "-1", -1, 1000000,
	      "How often a message may fail before it becomes a dead letter; -1: what the broker has for the group."),
	CHOICE("consumeFromWhere", from, "CONSUME_FROM_LAST_OFFSET",
	       "CONSUME_FROM_LAST_OFFSET CONSUME_FROM_FIRST_OFFSET",
	       "Where a group begins to read a queue of which it has read nothing yet."),
	TIME("persistConsumerOffsetInterval", persist_ms, "5000", 10, 600000, "How often positions are committed."),
	TIME("rebalanceInterval", rebalance_ms, "20000", 10, 600000, "How often queues are shared out anew without being told."),
	TIME("brokerSuspendMaxTimeMillis", suspend_ms, "15000", 0, 600000, "How long a broker may hold a fetch that finds nothing."),
	TIME("consumerTimeoutMillisWhenSuspend", pull_timeout_ms, "30000", 1, 1200000, "How long the answer to a fetch may take."),
	TIME("pullTimeDelayMillsWhenException", pull_retry_ms, "1000", 1, 600000, "How long fetching rests after a failure."),
};

#define PROPERTIES (sizeof(table) / sizeof(table[0]))

static void *value_at(const struct lmq_config *cfg, const struct property *p)
{
	return (char *)(uintptr_t)cfg + p->at;
}

void config_say(char *errbuf, size_t errbuf_bytes, const char *fmt, ...)
{
	va_list ap;

	if (!errbuf || errbuf_bytes == 0)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(errbuf, errbuf_bytes, fmt, ap);
	va_end(ap);
}

void config_log(const struct lmq_config *cfg, enum lmq_log_level level, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	if (!cfg->log || level > cfg->log_max)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	cfg->log(cfg->log_user, level, line);
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edits between two names, case aside (Levenshtein); names longer than a row count as far away. */
static size_t distance(const char *a, const char *b)
{
	size_t row[64], n = strlen(b);

	if (n + 1 > sizeof(row) / sizeof(row[0]))
		return SIZE_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t above = row[j];
			size_t differs = (a[i - 1] | 0x20) != (b[j - 1] | 0x20);

			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + differs);
			diagonal = above;
		}
	}
	return row[n];
}

static const struct property *nearest(const char *name)
{
	const struct property *best = &table[0];
	size_t best_distance = SIZE_MAX;

	for (size_t i = 0; i < PROPERTIES; i++) {
		size_t d = distance(name, table[i].name);

		if (d < best_distance) {
			best_distance = d;
			best = &table[i];
		}
	}
	return best;
}

static const struct property *find(const char *name)
{
	for (size_t i = 0; i < PROPERTIES; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

/* Factor of a unit, 0 when it is none of this kind. */
static int64_t unit_factor(const struct property *p, const char *unit)
{
	static const struct {
		enum kind kind;
		const char *unit;
		int64_t factor;
	} units[] = {
		{ KIND_TIME, "ms", 1 },      { KIND_TIME, "s", 1000 },   { KIND_TIME, "min", 60000 },
		{ KIND_TIME, "h", 3600000 }, { KIND_SIZE, "B", 1 },      { KIND_SIZE, "KiB", KIB },
		{ KIND_SIZE, "MiB", MIB },   { KIND_SIZE, "GiB", 1024 * MIB },
	};

	if (*unit == '\0')
		return p->plain;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].kind == p->kind && strcmp(units[i].unit, unit) == 0)
			return units[i].factor;
	return 0;
}

static int parse_number(const struct property *p, const char *text, int64_t *out)
{
	size_t digits = strspn(text, "+-0123456789");
	int64_t n, factor = unit_factor(p, text + digits);

	if (factor == 0 || lmi_span_to_i64(lmi_span(text, digits), &n) < 0)
		return -LMQ_EBADCONFIG;
	/* -1 stands for "none" where it is allowed, and has no unit */
	if (__builtin_mul_overflow(n, factor, &n) || n < p->min || n > p->max)
		return -LMQ_EBADCONFIG;
	*out = n;
	return 0;
}

/* The n-th word of a choice; p == NULL behind the last. */
static struct lmi_span choice_word(const char *words, int64_t n)
{
	for (; n > 0 && words; n--) {
		words = strchr(words, ' ');
		if (words)
			words++;
	}
	return words ? lmi_span(words, strcspn(words, " ")) : LMI_SPAN_NULL;
}

static int parse_choice(const struct property *p, const char *text, int64_t *out)
{
	for (int64_t i = 0;; i++) {
		struct lmi_span word = choice_word(p->choices, i);

		if (!word.p)
			return -LMQ_EBADCONFIG;
		if (lmi_span_is(word, text)) {
			*out = i;
			return 0;
		}
	}
}

static bool text_is_clean(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return n <= TEXT_MAX;
}

static int assign(struct lmq_config *cfg, const struct property *p, const char *text)
{
	char *copy, **slot;

	if (p->kind == KIND_CHOICE)
		return parse_choice(p, text, value_at(cfg, p));
	if (p->kind != KIND_TEXT)
		return parse_number(p, text, value_at(cfg, p));
	if (!text_is_clean(text))
		return -LMQ_EBADCONFIG;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	slot = value_at(cfg, p);
	free(*slot);
	*slot = copy;
	return 0;
}

struct lmq_config *lmq_config_new(void)
{
	struct lmq_config *cfg = calloc(1, sizeof(*cfg));

	for (size_t i = 0; cfg && i < PROPERTIES; i++) {
		if (assign(cfg, &table[i], table[i].initial) < 0) {
			lmq_config_free(cfg);
			return NULL;
		}
	}
	return cfg;
}

struct lmq_config *lmq_config_dup(const struct lmq_config *cfg)
{
	struct lmq_config *copy = calloc(1, sizeof(*copy));
	bool failed = false;

	if (!copy)
		return NULL;
	*copy = *cfg;
	for (size_t i = 0; i < PROPERTIES; i++) {
		char **slot = value_at(copy, &table[i]);

		if (table[i].kind != KIND_TEXT)
			continue;
		*slot = failed ? NULL : strdup(*slot);
		failed |= *slot == NULL;
	}
	if (failed) {
		lmq_config_free(copy);
		return NULL;
	}
	return copy;
}

void lmq_config_free(struct lmq_config *cfg)
{
	for (size_t i = 0; cfg && i < PROPERTIES; i++)
		if (table[i].kind == KIND_TEXT)
			free(*(char **)value_at(cfg, &table[i]));
	free(cfg);
}

int lmq_config_set(struct lmq_config *cfg, const char *name, const char *value, char *errbuf, size_t errbuf_bytes)
{
	const struct property *p = find(name);
	int r;

	if (!p) {
		config_say(errbuf, errbuf_bytes, "unknown setting \"%s\"; the nearest is \"%s\"", name, nearest(name)->name);
		return -LMQ_ENOTFOUND;
	}
	r = assign(cfg, p, value);
	if (r == -LMQ_EBADCONFIG)
		config_say(errbuf, errbuf_bytes, "%s: \"%s\" is refused; allowed: %s", name, value, p->allowed);
	else if (r < 0)
		config_say(errbuf, errbuf_bytes, "%s: %s", name, lmi_strerror(r));
	return r;
}

int lmq_config_get(const struct lmq_config *cfg, const char *name, char *buf, size_t bytes)
{
	const struct property *p = find(name);
	struct lmi_span word;

	if (!p)
		return -LMQ_ENOTFOUND;
	if (p->kind == KIND_TEXT)
		return snprintf(buf, bytes, "%s", *(char **)value_at(cfg, p));
	if (p->kind != KIND_CHOICE)
		return snprintf(buf, bytes, "%" PRId64, *(int64_t *)value_at(cfg, p));
	word = choice_word(p->choices, *(int64_t *)value_at(cfg, p));
	return snprintf(buf, bytes, "%.*s", (int)word.n, (const char *)word.p);
}

int lmq_config_each(int (*each)(void *user, const char *name, const char *kind, const char *default_value,
				const char *allowed, const char *meaning),
		    void *user)
{
	int r = 0;

	for (size_t i = 0; i < PROPERTIES && r == 0; i++)
		r = each(user, table[i].name, kind_names[table[i].kind], table[i].initial, table[i].allowed,
			 table[i].meaning);
	return r;
}

void lmq_config_on_log(struct lmq_config *cfg, enum lmq_log_level max_level, lmq_log_fn *fn, void *user)
{
	cfg->log = fn;
	cfg->log_user = user;
	cfg->log_max = max_level;
}
