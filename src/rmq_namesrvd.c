/* SPDX-License-Identifier: Apache-2.0 */
/* rmq-namesrvd, L5: read the configuration, build the rooms, run. */
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>

#include "host/host.h"
#include "io/rpc.h"
#include "namesrv/namesrv_conf.h"
#include "wire/codes.h"

#define TICK_MS 1000
#define WORKERS 1 /* that save files */
#define SEND_TIMEOUT_MS 3000
#define MAPPED_BYTES (1 << 20) /* larger blocks are mapped: they grow without being copied, and go back when they are freed */

struct program {
	struct host *host;
	struct namesrv namesrv;
	struct lmi_listener *listener;
	struct lmi_timer tick;
	struct lmi_executor *executor;
	struct lmi_rpc *rpc; /* to brokers */
	struct disk *kv_disk, *settings_disk, *snapshot_disk;
	char settings_path[PATH_MAX];
};

static void tick(struct lmi_timer *t)
{
	struct program *p = t->arg;

	namesrv_duty(&p->namesrv, lmi_mono_ms(lmi_clock_system()));
	host_status(p->host, "%zu brokers, %zu topics, %u connections", route_table_broker_count(p->namesrv.routes),
		    route_table_topic_count(p->namesrv.routes), lmi_listener_connections(p->listener));
}

static void reload(void *user, const struct conf *c)
{
	struct namesrv *n = &((struct program *)user)->namesrv;

	namesrv_conf_live(c, &n->cfg);
	route_table_set_live(n->routes, &n->cfg.limits);
}

/* ---- settings over the wire ---- */

static void list_settings(void *user, struct lmi_buf *out)
{
	conf_put_properties(host_conf(((struct program *)user)->host), out);
}

static int32_t set_setting(void *user, struct lmi_span key, struct lmi_span value, bool change, char *why, size_t cap)
{
	struct program *p = user;
	struct conf *c = host_conf(p->host);
	int32_t code = namesrv_conf_change(c, key, value, change, why, cap);

	if (code != LMI_RSP_SUCCESS || !change)
		return code;
	reload(p, c);
	host_log(p->host)->max_level = host_log_level(conf_text(c, "logLevel"));
	lmi_log(host_log(p->host), LMI_LOG_NOTICE, "%.*s was set to %.*s by a request; kept in %s", (int)key.n, (const char *)key.p,
		(int)value.n, (const char *)value.p, p->settings_path);
	return code;
}

static void put_changes(void *user, struct lmi_buf *out)
{
	struct program *p = user;

	conf_put_changes(host_conf(p->host), p->settings_path, out);
}

static void send_to_broker(void *user, const char *address, struct lmi_span frame)
{
	struct lmi_rpc *rpc = ((struct program *)user)->rpc;

	lmi_rpc_send(rpc, address, lmi_rpc_next_opaque(rpc), frame, SEND_TIMEOUT_MS, NULL, NULL);
}

static int later(void *user, void (*fn)(void *arg), void *arg)
{
	return lmi_loop_post(host_loop(((struct program *)user)->host), fn, arg);
}

static void summary(void *user, struct lmi_buf *out)
{
	struct program *p = user;

	lmi_buf_printf(out, "%zu brokers, %zu topics, %u connections, %llu requests", route_table_broker_count(p->namesrv.routes),
		       route_table_topic_count(p->namesrv.routes), lmi_listener_connections(p->listener),
		       (unsigned long long)p->namesrv.requests);
}

/* The folder of a file as a disk, and the name in it. */
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
	lmi_conn_limit_held(host_loop(p->host), (size_t)conf_i64(c, "maxHeldBytes"));
	p->listener = lmi_listener_new(host_loop(p->host), fd, &lc);
	return p->listener ? 0 : -1;
}

static int open_file(struct program *p, const char *key, const char *path, struct disk **out_disk, const char **out_name)
{
	int r = open_folder(path, out_disk, out_name);

	if (r < 0)
		host_fail(p->host, r, "cannot use the folder of %s %s (%s): %s", key, path, conf_origin(host_conf(p->host), key),
			lmi_strerror(r));
	return r;
}

static int open_rooms(struct program *p, struct namesrv_config *cfg)
{
	const struct conf *c = host_conf(p->host);
	struct lmi_rpc_config rpc = { .loop = host_loop(p->host), .limits = lmi_conn_limits_default, .connect_timeout_ms = SEND_TIMEOUT_MS };
	int r = open_file(p, "kvConfigPath", conf_text(c, "kvConfigPath"), &p->kv_disk, &cfg->kv_file);

	namesrv_conf_changes(c, p->settings_path, sizeof(p->settings_path));
	if (r >= 0)
		r = open_file(p, "configStorePath", p->settings_path, &p->settings_disk, &cfg->settings_file);
	if (r >= 0 && *conf_text(c, "routeSnapshot"))
		r = open_file(p, "routeSnapshot", conf_text(c, "routeSnapshot"), &p->snapshot_disk, &cfg->snapshot_file);
	if (r < 0)
		return r;
	p->executor = lmi_executor_threads_new(host_loop(p->host), WORKERS);
	rpc.resolver = p->executor;
	p->rpc = p->executor ? lmi_rpc_new(&rpc) : NULL;
	cfg->disk = p->kv_disk;
	cfg->settings_disk = p->settings_disk;
	cfg->snapshot_disk = p->snapshot_disk;
	cfg->executor = p->executor;
	return p->rpc ? 0 : -LMQ_ESTATE;
}

static int run(struct program *p)
{
	const struct conf *c = host_conf(p->host);
	int status = HOST_EXIT_FAILED;

	host_set_hooks(p->host, &(struct host_hooks){ reload, summary, p });
	if (listen_on(p, c) == 0) {
		p->tick = (struct lmi_timer){ .fn = tick, .arg = p };
		lmi_timer_start(host_loop(p->host), &p->tick, TICK_MS, TICK_MS);
		host_ready(p->host, "serving; no broker has registered yet");
		status = host_run(p->host);
	}
	lmi_timer_stop(&p->tick);
	lmi_listener_free(p->listener);
	return status;
}

static int serve(struct program *p)
{
	const struct conf *c = host_conf(p->host);
	struct namesrv_config cfg = {
		.clock = lmi_clock_system(),
		.log = host_log(p->host),
		.list_settings = list_settings,
		.set_setting = set_setting,
		.put_changes = put_changes,
		.send = send_to_broker,
		.later = later,
		.user = p,
	};
	int status = HOST_EXIT_FAILED;

	namesrv_conf_fill(c, &cfg);
	if (open_rooms(p, &cfg) == 0 && namesrv_init(&p->namesrv, &cfg) == 0) {
		status = run(p);
		namesrv_last_snapshot(&p->namesrv); /* before the closing connections withdraw everybody */
		lmi_executor_threads_free(p->executor); /* what is being written is finished and answered */
		p->executor = NULL;
		p->namesrv.cfg.send = NULL;
		lmi_rpc_free(p->rpc);
		lmi_conn_close_all(host_loop(p->host));
		namesrv_done(&p->namesrv);
	} else {
		lmi_rpc_free(p->rpc);
		lmi_executor_threads_free(p->executor);
	}
	disk_free(p->snapshot_disk);
	disk_free(p->settings_disk);
	disk_free(p->kv_disk);
	return status;
}

int main(int argc, char **argv)
{
	static const struct host_program program = {
		.name = "rmq-namesrvd",
		.summary = "Name server of a RocketMQ cluster: brokers register their topics, clients ask for routes.",
		.default_config = "/etc/lightmq/rmq-namesrvd.yaml",
		.table = &conf_namesrv_table,
		.check = namesrv_conf_check,
		.changes = namesrv_conf_changes,
	};
	static struct program p;
	mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
	int status = host_init(&program, argc, argv, &p.host);

	if (status >= 0)
		return status;
	status = serve(&p);
	host_free(p.host);
	return status;
}
