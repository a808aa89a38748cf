/* SPDX-License-Identifier: Apache-2.0 */
/* rmq-brokerd, L5: read the configuration, build the rooms, run. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "broker/broker_conf.h"
#include "host/host.h"

#define VIP_BELOW 2          /* the second listener's port is so far below; rule: MixAll.brokerVIPChannel */
#define EXTEND_SECONDS 30    /* asked of systemd while recovery goes on */
#define PROGRESS_MS 1000     /* how often recovery is spoken of */

struct program {
	struct host *host;
	struct broker *broker;
	struct lmi_executor *executor;
	struct disk *disk;
	struct broker_texts texts;
	int fd, vip_fd, metrics_fd;
	int64_t said_ms;
};

static void on_progress(void *user, int64_t done_bytes, int64_t total_bytes)
{
	struct program *p = user;
	int64_t now_ms = lmi_mono_ms(lmi_clock_system());

	if (now_ms - p->said_ms < PROGRESS_MS)
		return;
	p->said_ms = now_ms;
	host_extend_timeout(p->host, EXTEND_SECONDS);
	host_status(p->host, "recovering the store: %lld of %lld MiB", (long long)(done_bytes >> 20),
		    (long long)(total_bytes >> 20));
}

static void on_status(void *user, const char *text)
{
	host_status(((struct program *)user)->host, "%s", text);
}

static void reload(void *user, const struct conf *c)
{
	struct program *p = user;
	struct broker_live l;

	broker_live(p->broker, &l);
	broker_conf_live(c, &l);
	broker_reload(p->broker, &l);
}

/* ---- settings over the wire ---- */

static void list_settings(void *user, struct lmi_buf *out)
{
	struct program *p = user;

	broker_conf_list(host_conf(p->host), &p->texts, out);
}

static int32_t set_setting(void *user, struct lmi_span key, struct lmi_span value, bool change, char *why, size_t cap)
{
	struct program *p = user;
	struct conf *c = host_conf(p->host);
	int32_t code = broker_conf_change(c, key, value, change, why, cap);

	if (code == 0 && change) {
		reload(p, c);
		host_log(p->host)->max_level = host_log_level(conf_text(c, "logLevel"));
	}
	return code;
}

static void put_changes(void *user, struct lmi_buf *out)
{
	struct conf *c = host_conf(((struct program *)user)->host);
	char path[PATH_MAX];

	broker_conf_changes(c, path, sizeof(path));
	conf_put_changes(c, path, out);
}

static void summary(void *user, struct lmi_buf *out)
{
	broker_summary(((struct program *)user)->broker, out);
}

static int listen_for_metrics(struct program *p, const struct conf *c)
{
	const char *address = conf_text(c, "metricsPromExporterHost");
	struct lmi_host local;

	if (strcmp(conf_text(c, "metricsExporterType"), "PROM") != 0)
		return 0;
	p->metrics_fd = host_listen_at(p->host, "metrics", *address ? address : "127.0.0.1", (uint16_t)conf_i64(c, "metricsPromExporterPort"),
				       &local);
	return p->metrics_fd < 0 ? p->metrics_fd : 0;
}

/* Both doors, before recovery: who comes early waits there. */
static int listen_on(struct program *p, const struct conf *c, struct lmi_host *out_local)
{
	int64_t port = conf_i64(c, "listenPort");
	struct lmi_host vip;

	p->fd = host_listen(p->host, "remoting", (uint16_t)port, out_local);
	if (p->fd < 0)
		return p->fd;
	if (!conf_bool(c, "fastListen") || (port > 0 && port <= VIP_BELOW))
		return 0;
	p->vip_fd = host_listen(p->host, "vip", (uint16_t)(port ? port - VIP_BELOW : 0), &vip);
	return p->vip_fd < 0 ? p->vip_fd : 0;
}

/* What usually is to be done about it. */
static const char *folder_remedy(int err)
{
	switch (err) {
	case -EROFS:
		return "; the unit's sandbox allows its StateDirectory only: systemctl edit rmq-brokerd, and write [Service] ReadWritePaths= with this folder"
		       " (MOVING THE STORE in rmq-brokerd(8))";
	case -EACCES:
	case -EPERM:
		return "; give the folder to the daemon's user: chown -R rmq-broker: with this folder";
	default:
		return "";
	}
}

static void fail_at_folder(struct program *p, const struct conf *c, int err, const char *why)
{
	host_fail(p->host, err, "cannot use storePathRootDir %s (%s): %s%s", conf_text(c, "storePathRootDir"), conf_origin(c, "storePathRootDir"), why, folder_remedy(err));
}

static int open_rooms(struct program *p, const struct conf *c)
{
	int r = disk_posix_new(conf_text(c, "storePathRootDir"), &p->disk);

	if (r < 0) {
		fail_at_folder(p, c, r, lmi_strerror(r));
		return r;
	}
	p->executor = lmi_executor_threads_new(host_loop(p->host), (unsigned int)conf_i64(c, "diskWorkers"));
	return p->executor ? 0 : -LMQ_ESTATE;
}

static int open_broker(struct program *p, const struct conf *c, const struct lmi_host *local)
{
	struct broker_config cfg = { .loop = host_loop(p->host),
				     .executor = p->executor,
				     .on_status = on_status,
				     .user = p,
				     .core = { .rng = lmi_rng_system(), .log = host_log(p->host), .on_progress = on_progress, .user = p,
					       .conf = { list_settings, set_setting, put_changes, p } } };
	char *why = NULL;
	int r = broker_conf_fill(c, local, &p->texts, &cfg);

	if (r < 0) {
		host_fail(p->host, r, "brokerIP1 %s (%s) is not an address", conf_text(c, "brokerIP1"),
			conf_origin(c, "brokerIP1"));
		return r;
	}
	cfg.core.store.disk = p->disk;
	cfg.core.store.executor = p->executor;
	cfg.core.store.clock = lmi_clock_system();
	r = broker_new(&cfg, &p->broker, &why);
	if (r == -EROFS || r == -EACCES || r == -EPERM)
		fail_at_folder(p, c, r, why ? why : lmi_strerror(r));
	else if (r < 0)
		host_fail(p->host, r, "%s", why ? why : lmi_strerror(r));
	free(why);
	return r;
}

static int open_doors(struct program *p)
{
	int r = broker_listen(p->broker, p->fd, false);

	p->fd = -1;
	if (r == 0 && p->vip_fd >= 0) {
		r = broker_listen(p->broker, p->vip_fd, true);
		p->vip_fd = -1;
	}
	if (r == 0 && p->metrics_fd >= 0) {
		r = broker_serve_metrics(p->broker, p->metrics_fd);
		p->metrics_fd = -1;
	}
	return r < 0 ? r : broker_start(p->broker);
}

static int run(struct program *p)
{
	char status[LMI_NAMED_HOST_CHARS + 32];
	int r;

	if (open_doors(p) < 0)
		return HOST_EXIT_FAILED;
	host_set_hooks(p->host, &(struct host_hooks){ reload, summary, p });
	snprintf(status, sizeof(status), "serving on %s", p->texts.address);
	host_ready(p->host, status);
	r = host_run(p->host);
	broker_stop(p->broker);
	lmi_loop_run(host_loop(p->host)); /* until answers have left and name servers know */
	return r;
}

static int serve(struct program *p)
{
	const struct conf *c = host_conf(p->host);
	struct lmi_host local;
	int status = HOST_EXIT_FAILED;

	p->fd = p->vip_fd = p->metrics_fd = -1;
	if (listen_on(p, c, &local) >= 0 && listen_for_metrics(p, c) == 0 && open_rooms(p, c) == 0) {
		int r = open_broker(p, c, &local);
		if (r == -LMQ_EBADCONFIG)
			status = HOST_EXIT_CONFIG;
		else if (r == 0)
			status = run(p);
		if (p->broker && broker_free(p->broker) < 0)
			status = HOST_EXIT_FAILED;
	}
	lmi_executor_threads_free(p->executor);
	disk_free(p->disk);
	return status;
}

int main(int argc, char **argv)
{
	static const struct host_program program = {
		.name = "rmq-brokerd",
		.summary = "Broker of a RocketMQ cluster: takes messages, keeps them, hands them out.",
		.default_config = "/etc/lightmq/rmq-brokerd.yaml",
		.table = &conf_broker_table,
		.check = broker_conf_check,
		.changes = broker_conf_changes,
	};
	static struct program p;
	int status = host_init(&program, argc, argv, &p.host);

	if (status >= 0)
		return status;
	status = serve(&p);
	host_free(p.host);
	return status;
}
