/* SPDX-License-Identifier: Apache-2.0 */
/* rmq-namesrvd, L5: read the configuration, build the rooms, run. */
#include <stdlib.h>

#include "host/host.h"
#include "namesrv/namesrv.h"

#define TICK_MS 1000

struct program {
	struct host *host;
	struct namesrv namesrv;
	struct lmi_listener *listener;
	struct lmi_timer tick;
};

static void tick(struct lmi_timer *t)
{
	struct program *p = t->arg;

	namesrv_duty(&p->namesrv, lmi_mono_ms(lmi_clock_system()));
	host_status(p->host, "%zu brokers, %zu topics, %u connections", route_table_broker_count(p->namesrv.routes),
		    route_table_topic_count(p->namesrv.routes), lmi_listener_connections(p->listener));
}

static void live_settings(struct namesrv_config *cfg, const struct conf *c)
{
	cfg->order_message = conf_bool(c, "orderMessageEnable");
	cfg->return_order_config = conf_bool(c, "returnOrderTopicConfigToBroker");
	cfg->all_topic_list = conf_bool(c, "enableAllTopicList");
	cfg->unit_topic_list = conf_bool(c, "enableTopicList");
	cfg->limits.delete_missing_topics = conf_bool(c, "deleteTopicWithBrokerRegistration");
}

static void reload(void *user, const struct conf *c)
{
	live_settings(&((struct program *)user)->namesrv.cfg, c);
}

static void summary(void *user, struct lmi_buf *out)
{
	struct program *p = user;

	lmi_buf_printf(out, "%zu brokers, %zu topics, %u connections, %llu requests", route_table_broker_count(p->namesrv.routes),
		       route_table_topic_count(p->namesrv.routes), lmi_listener_connections(p->listener),
		       (unsigned long long)p->namesrv.requests);
}

/* The folder of the KV file as a disk, and the name in it. */
static int open_folder(const char *path, struct disk **out_disk, const char **out_name)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash && slash != path ? strndup(path, (size_t)(slash - path)) : strdup(slash ? "/" : ".");
	int r = folder ? disk_posix_new(folder, out_disk) : -1;

	free(folder);
	*out_name = slash ? slash + 1 : path;
	return r;
}

static int listen_on(struct program *p, const struct conf *c)
{
	struct lmi_listener_config lc = {
		.ops = &namesrv_conn_ops,
		.limits = lmi_conn_limits_default,
		.user = &p->namesrv,
		.connections_max = (uint32_t)conf_i64(c, "maxConnections"),
		.proxy_protocol = conf_bool(c, "proxyProtocol"),
		.log = host_log(p->host),
		.name = "remoting",
	};
	struct lmi_host local;
	int fd = host_listen(p->host, "remoting", (uint16_t)conf_i64(c, "listenPort"), &local);

	if (fd < 0)
		return fd;
	lc.limits.idle_ms = conf_i64(c, "serverChannelMaxIdleTimeSeconds") * 1000;
	p->listener = lmi_listener_new(host_loop(p->host), fd, &lc);
	return p->listener ? 0 : -1;
}

static int serve(struct program *p)
{
	const struct conf *c = host_conf(p->host);
	struct namesrv_config cfg = {
		.limits = { .topics_max = (size_t)conf_i64(c, "maxTopics"),
			    .brokers_max = (size_t)conf_i64(c, "maxBrokers"),
			    .expire_ms = conf_i64(c, "brokerChannelExpiredTime") },
		.clock = lmi_clock_system(),
		.log = host_log(p->host),
		.scan_interval_ms = conf_i64(c, "scanNotActiveBrokerInterval"),
	};
	struct disk *disk = NULL;
	int status = HOST_EXIT_FAILED;
	int r = open_folder(conf_text(c, "kvConfigPath"), &disk, &cfg.kv_file);

	if (r < 0) {
		lmi_log(cfg.log, LMI_LOG_ERR, "cannot use the folder of kvConfigPath %s (%s): %s", conf_text(c, "kvConfigPath"),
			conf_origin(c, "kvConfigPath"), lmi_strerror(r));
		return status;
	}
	cfg.disk = disk;
	live_settings(&cfg, c);
	if (namesrv_init(&p->namesrv, &cfg) == 0) {
		host_set_hooks(p->host, &(struct host_hooks){ reload, summary, p });
		if (listen_on(p, c) == 0) {
			p->tick = (struct lmi_timer){ .fn = tick, .arg = p };
			lmi_timer_start(host_loop(p->host), &p->tick, TICK_MS, TICK_MS);
			host_ready(p->host, "serving; no broker has registered yet");
			status = host_run(p->host);
		}
		lmi_timer_stop(&p->tick);
		lmi_listener_free(p->listener);
		lmi_conn_close_all(host_loop(p->host));
		namesrv_done(&p->namesrv);
	}
	disk_free(disk);
	return status;
}

int main(int argc, char **argv)
{
	static const struct host_program program = {
		.name = "rmq-namesrvd",
		.summary = "Name server of a RocketMQ cluster: brokers register their topics, clients ask for routes.",
		.default_config = "/etc/lightmq/rmq-namesrvd.yaml",
		.table = &conf_namesrv_table,
	};
	static struct program p;
	int status = host_init(&program, argc, argv, &p.host);

	if (status >= 0)
		return status;
	status = serve(&p);
	host_free(p.host);
	return status;
}
