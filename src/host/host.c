/* SPDX-License-Identifier: Apache-2.0 */
#include "host/host.h"

#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/event.h"
#include "base/hash.h"
#include "base/rng.h"
#include "host/host_internal.h"

struct conf *host_load(const struct host_program *p, const struct host_options *o, struct lmi_log *log)
{
	struct conf *c = conf_new(p->table);
	const char *line;

	if (!c)
		return NULL;
	if (o->config)
		conf_load(c, o->config);
	else if (access(p->default_config, F_OK) == 0)
		conf_load(c, p->default_config);
	for (size_t i = 0; i < o->set_count; i++)
		conf_set(c, o->sets[i]);
	if (p->changes && !conf_error(c, 0)) {
		char path[PATH_MAX];

		p->changes(c, path, sizeof(path));
		conf_load_changes(c, path);
	}
	if (!conf_error(c, 0)) {
		if (!conf_bool(c, "insecure") && !host_is_loopback(conf_text(c, "bindAddress")))
			conf_complain(c, "%s: bindAddress: %s is not a loopback address, and there is no access control yet: "
				      "write insecure: true if everybody who can reach the port may use it",
				      conf_origin(c, "bindAddress"), conf_text(c, "bindAddress"));
		if (p->check)
			p->check(c);
	}
	if (!conf_error(c, 0))
		return c;
	for (size_t i = 0; (line = conf_error(c, i)); i++) {
		if (log)
			lmi_log_with(log, LMI_LOG_ERR, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_CONFIG_BAD)), "%s", line);
		else
			fprintf(stderr, "%s: %s\n", p->name, line);
	}
	conf_free(c);
	return NULL;
}

/* Options that print something and end.  -1: none was given. */
static int inform(const struct host_program *p, const struct host_options *o, const struct conf *c)
{
	if (o->print)
		conf_print(c, stdout);
	else if (o->check)
		printf("%s: the configuration is good\n", p->name);
	else
		return -1;
	return fflush(stdout) == 0 ? HOST_EXIT_OK : HOST_EXIT_FAILED;
}

static int inform_of_table(const struct host_program *p, const struct host_options *o)
{
	if (o->list)
		conf_list_keys(p->table, stdout);
	else if (o->dump_example)
		conf_print_example(p->table, stdout);
	else if (o->dump_man)
		conf_print_man(p->table, stdout);
	else
		return -1;
	return fflush(stdout) == 0 ? HOST_EXIT_OK : HOST_EXIT_FAILED;
}

static void raise_limits(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < lim.rlim_max) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_NOFILE, &lim); /* may be refused by the sandbox: the soft limit stays */
	}
}

static void reload(struct host *h)
{
	struct conf *c;

	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, lmi_mono_ns(lmi_clock_system()) / 1000);
	c = host_load(h->program, &h->options, h->log);
	if (!c) {
		lmi_log_with(h->log, LMI_LOG_ERR, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_RELOAD_REFUSED)), "reload refused: the running configuration stays");
	} else {
		h->log->max_level = host_log_level(conf_text(c, "logLevel"));
		if (h->hooks.reload)
			h->hooks.reload(h->hooks.user, c);
		if (h->first)
			conf_free(h->conf);
		else
			h->first = h->conf;
		h->conf = c;
		lmi_log_with(h->log, LMI_LOG_NOTICE, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_RELOADED)), "configuration reloaded");
	}
	sd_notify(0, "READY=1");
}

static void log_summary(struct host *h)
{
	struct lmi_buf b = { 0 };

	if (h->hooks.summary)
		h->hooks.summary(h->hooks.user, &b);
	lmi_log(h->log, LMI_LOG_NOTICE, "state: %.*s", (int)lmi_buf_len(&b), b.mem ? (const char *)lmi_buf_data(&b) : "");
	lmi_buf_done(&b);
}

static void on_signal(int signum, void *arg)
{
	struct host *h = arg;

	switch (signum) {
	case SIGHUP:
		reload(h);
		break;
	case SIGUSR1:
		log_summary(h);
		break;
	default:
		lmi_log_with(h->log, LMI_LOG_NOTICE, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_STOPPING)), "stopping on SIG%s", sigabbrev_np(signum));
		sd_notify(0, "STOPPING=1");
		lmi_loop_stop(h->loop);
	}
}

static int set_up(struct host *h)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };

	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	umask(027);
	raise_limits();
	lmi_hash_seed(lmi_rng_u64(lmi_rng_system()));
	h->loop = lmi_loop_new();
	if (!h->loop)
		return -1;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (lmi_loop_on_signal(h->loop, signals[i], on_signal, h) < 0)
			return -1;
	return 0;
}

int host_init(const struct host_program *p, int argc, char **argv, struct host **out)
{
	struct host *h = calloc(1, sizeof(*h));
	int status;

	if (!h)
		return HOST_EXIT_FAILED;
	h->program = p;
	status = host_options_parse(p, argc, argv, &h->options);
	if (status < 0)
		status = inform_of_table(p, &h->options);
	if (status < 0) {
		bool telling = h->options.check || h->options.print;

		h->log = host_log_open();
		h->conf = host_load(p, &h->options, telling ? NULL : h->log);
		status = h->conf ? inform(p, &h->options, h->conf) : HOST_EXIT_CONFIG;
		if (!h->conf)
			sd_notify(0, "STATUS=The configuration is bad: the journal names file, line and key");
	}
	if (status < 0) {
		h->log->max_level = host_log_level(conf_text(h->conf, "logLevel"));
		if (set_up(h) < 0) {
			lmi_log(h->log, LMI_LOG_ERR, "no memory or descriptors for the event loop");
			status = HOST_EXIT_FAILED;
		}
	}
	if (status >= 0) {
		host_free(h);
		return status;
	}
	if (!host_is_loopback(conf_text(h->conf, "bindAddress")))
		lmi_log_with(h->log, LMI_LOG_WARNING, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_INSECURE)), "insecure: listening on %s without access control", conf_text(h->conf, "bindAddress"));
	*out = h;
	return -1;
}

void host_free(struct host *h)
{
	if (!h)
		return;
	lmi_timer_stop(&h->watchdog);
	if (h->loop)
		lmi_loop_free(h->loop);
	conf_free(h->first);
	conf_free(h->conf);
	free(h);
}

struct conf *host_conf(struct host *h) { return h->conf; }
struct lmi_loop *host_loop(struct host *h) { return h->loop; }
struct lmi_log *host_log(struct host *h) { return h->log; }
void host_set_hooks(struct host *h, const struct host_hooks *hooks) { h->hooks = *hooks; }

static void feed_watchdog(struct lmi_timer *t)
{
	(void)t;
	sd_notify(0, "WATCHDOG=1");
}

void host_ready(struct host *h, const char *status)
{
	uint64_t usec;

	sd_notifyf(0, "READY=1\nSTATUS=%s", status);
	lmi_log_with(h->log, LMI_LOG_NOTICE, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_READY)), "ready: %s", status);
	h->ready = true;
	if (sd_watchdog_enabled(0, &usec) > 0) {
		int64_t half_ms = (int64_t)(usec / 2000);

		h->watchdog.fn = feed_watchdog;
		lmi_timer_start(h->loop, &h->watchdog, half_ms, half_ms);
	}
}

void host_status(struct host *h, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	(void)h;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sd_notifyf(0, "STATUS=%s", text);
}

void host_extend_timeout(struct host *h, unsigned int seconds)
{
	(void)h;
	sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%u000000", seconds);
}

int host_run(struct host *h)
{
	lmi_loop_run(h->loop);
	return h->status;
}

void host_fail(struct host *h, int err, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	lmi_log(h->log, LMI_LOG_ERR, "%s", text);
	if (err < 0 && err > -LMQ_EMALFORMED)
		sd_notifyf(0, "STATUS=%s\nERRNO=%d", text, -err);
	else
		sd_notifyf(0, "STATUS=%s", text);
	h->status = HOST_EXIT_FAILED;
	lmi_loop_stop(h->loop);
}
