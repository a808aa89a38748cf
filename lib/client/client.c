/* SPDX-License-Identifier: Apache-2.0 */
#include "client/client.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "io/wake_fd.h"

#include "client/consumer_impl.h"
#include "client/local_host.h"
#include "client/producer_impl.h"
#include "client/trace.h"

#define TICK_MS 1000
#define ARENA_MAX (64u << 20) /* bytes that decoding one body may take */

const char *lmq_strerror(int err)
{
	return lmi_strerror(err);
}

const char *lmq_version(void)
{
	return LMQ_VERSION_TEXT;
}

/* ---- calls from other threads ---- */

int client_same_process(const struct lmq_client *c)
{
	return getpid() == c->pid ? 0 : -LMQ_ESTATE;
}

int client_may_wait(const struct lmq_client *c)
{
	if (client_same_process(c) < 0 || pthread_equal(pthread_self(), c->thread))
		return -LMQ_ESTATE;
	return 0;
}

struct call {
	void (*fn)(void *arg);
	void *arg;
	sem_t done;
};

static void call_run(void *arg)
{
	struct call *call = arg;

	call->fn(call->arg);
	sem_post(&call->done);
}

int client_call(struct lmq_client *c, void (*fn)(void *arg), void *arg)
{
	struct call call = { .fn = fn, .arg = arg };
	int r = client_may_wait(c);

	if (r < 0)
		return r;
	if (sem_init(&call.done, 0, 0) < 0)
		return -errno;
	r = lmi_loop_post(c->loop, call_run, &call);
	while (r == 0 && sem_wait(&call.done) < 0 && errno == EINTR)
		;
	sem_destroy(&call.done);
	return r;
}

/* ---- requests ---- */

void request_begin(struct request *r, struct lmq_client *c, int32_t code, bool oneway)
{
	r->client = c;
	r->oneway = oneway;
	r->opaque = lmi_rpc_next_opaque(c->rpc);
	lmi_buf_reset(&c->frame, LMI_COMMAND_HEADER_MAX);
	lmi_command_begin(&r->out, &c->frame, (enum lmi_serialize)c->cfg->serialize, code, r->opaque,
			  oneway ? LMI_FLAG_ONEWAY : 0);
	/* Java brokers have no name for C; C++ is what their own C client calls itself. */
	r->out.language = LMI_LANGUAGE_CPP;
	r->out.version = LMI_VERSION_OURS;
	/* Rule: NamespaceRpcHook, of clients with a namespace of the second kind. */
	if (*c->cfg->namespace_v2) {
		lmi_command_put(&r->out, LMI_EXT_NSD, LMI_SPAN_LIT("true"));
		lmi_command_put(&r->out, LMI_EXT_NS, lmi_span_str(c->cfg->namespace_v2));
	}
}

struct lmi_buf *request_end(struct request *r, size_t body_bytes)
{
	lmi_command_end(&r->out, body_bytes);
	return &r->client->frame;
}

int request_frame(struct request *r, struct lmi_span *out)
{
	struct lmq_client *c = r->client;

	if (c->frame.failed)
		return -ENOMEM;
	return sign_request(&c->signer, c->cfg, lmi_buf_span(&c->frame), out);
}

int request_send_ended(struct request *r, const char *address, int64_t timeout_ms, lmi_rpc_done_fn *done, void *arg)
{
	struct lmi_span frame;
	int err = request_frame(r, &frame);

	return err < 0 ? err : lmi_rpc_send(r->client->rpc, address, r->opaque, frame, timeout_ms, done, arg);
}

int request_send(struct request *r, const char *address, struct lmi_span body, int64_t timeout_ms, lmi_rpc_done_fn *done,
		 void *arg)
{
	lmi_buf_put_span(request_end(r, body.n), body);
	return request_send_ended(r, address, timeout_ms, done, arg);
}

int request_refused(const struct lmi_command *answer, const char *who, char *detail, size_t detail_bytes)
{
	const char *name = lmi_response_code_name(answer->code);

	config_say(detail, detail_bytes, "%s: %s (%" PRId32 ")%s%.*s", who, name ? name : "error", answer->code,
		   answer->remark.n > 0 ? ": " : "", (int)(answer->remark.n > INT16_MAX ? INT16_MAX : answer->remark.n),
		   answer->remark.p ? (const char *)answer->remark.p : "");
	return -LMQ_EREMOTE;
}

void client_answer(struct lmi_conn *conn, const struct lmi_command *cmd, int32_t code, const char *remark)
{
	struct lmi_command_out o;

	if (cmd->flag & LMI_FLAG_ONEWAY)
		return;
	lmi_command_begin(&o, lmi_conn_out(conn), cmd->serialize, code, cmd->opaque, LMI_FLAG_RESPONSE);
	o.language = LMI_LANGUAGE_CPP;
	lmi_command_remark(&o, lmi_span_str(remark));
	lmi_command_end(&o, 0);
}

/* ---- callbacks that are polled for ---- */

int lmq_client_poll_fd(const struct lmq_client *client)
{
	return event_queue_polled(&client->events) ? client->events.fd : -LMQ_ESTATE;
}

int lmq_client_poll(struct lmq_client *client, int max, int64_t timeout_ms)
{
	int n;

	if (!event_queue_polled(&client->events) || client_same_process(client) < 0)
		return -LMQ_ESTATE;
	n = event_run(&client->events, max > 0 ? max : INT_MAX);
	if (n > 0 || timeout_ms == 0)
		return n;
	lmi_wake_fd_wait(client->events.fd, timeout_ms);
	return event_run(&client->events, max > 0 ? max : INT_MAX);
}

/* ---- the instance ---- */

int64_t client_unique_id(struct lmq_client *c, char *id)
{
	int64_t now_ms = lmi_wall_ms(c->clock);

	unique_id_make(&c->ids, (uint32_t)(now_ms - __atomic_load_n(&c->month_begin, __ATOMIC_RELAXED)), id);
	return now_ms;
}

static void on_request(void *user, struct lmi_conn *conn, const struct lmi_command *cmd)
{
	switch (cmd->code) {
	case LMI_REQ_CHECK_TRANSACTION_STATE:
		transaction_asked(user, conn, cmd);
		break;
	case LMI_REQ_PUSH_REPLY_MESSAGE_TO_CLIENT:
		request_replied(user, conn, cmd);
		break;
	default:
		consumer_request(user, conn, cmd);
	}
}

static void on_close(void *user, const char *address, int cause)
{
	struct lmq_client *c = user;

	heartbeat_forget(c, address);
	if (!c->stopping)
		config_log(c->cfg, LMQ_LOG_INFO, "connection to %s closed: %s", address,
			   cause ? lmi_strerror(cause) : "by the server");
}

static void month_update(struct lmq_client *c)
{
	__atomic_store_n(&c->month_begin, unique_id_month(lmi_wall_ms(c->clock), c->zone_s), __ATOMIC_RELAXED);
}

static void on_heartbeat(struct lmi_timer *t)
{
	month_update(t->arg);
	heartbeat_now(t->arg);
}

/* What a thread could not announce for want of memory is found here. */
static void on_tick(struct lmi_timer *t)
{
	struct lmq_client *c = t->arg;

	trace_tick(c);
	LMI_LIST_FOREACH_SAFE(&c->producers, it, tmp)
		producer_tick(lmi_container_of(it, struct lmq_producer, link));
	LMI_LIST_FOREACH_SAFE(&c->consumers, it, tmp)
		consumer_take_finished(lmi_container_of(it, struct lmq_consumer, link));
}

struct setup {
	struct lmq_client *client;
	int result;
};

static void setup_on_loop(void *arg)
{
	struct setup *s = arg;
	struct lmq_client *c = s->client;
	struct lmi_rpc_config rpc = {
		.loop = c->loop,
		.resolver = c->resolver,
		.limits = lmi_conn_limits_default,
		.tls = c->tls,
		.connect_timeout_ms = c->cfg->connect_timeout_ms,
		.on_request = on_request,
		.on_close = on_close,
		.user = c,
	};

	/* Answers are read whatever waits to be written: both sides pausing each other would be a standstill. */
	rpc.limits.out_pause_bytes = SIZE_MAX;
	rpc.limits.out_max_bytes = SIZE_MAX; /* the producers' own limits bound it */
	rpc.limits.requests_max = UINT32_MAX;
	s->result = -ENOMEM;
	c->rpc = lmi_rpc_new(&rpc);
	if (!c->rpc)
		return;
	if (route_cache_init(c) < 0)
		return;
	c->heartbeat_timer = (struct lmi_timer){ .fn = on_heartbeat, .arg = c };
	c->heartbeat_soon = (struct lmi_timer){ .fn = on_heartbeat, .arg = c };
	c->tick = (struct lmi_timer){ .fn = on_tick, .arg = c };
	s->result = lmi_timer_start(c->loop, &c->heartbeat_timer, c->cfg->heartbeat_ms, c->cfg->heartbeat_ms);
	if (s->result == 0)
		s->result = lmi_timer_start(c->loop, &c->tick, TICK_MS, TICK_MS);
}

static void shutdown_on_loop(void *arg)
{
	struct lmq_client *c = arg;

	c->stopping = true;
	lmi_timer_stop(&c->heartbeat_timer);
	lmi_timer_stop(&c->heartbeat_soon);
	lmi_timer_stop(&c->tick);
	route_cache_close(c);
	if (c->rpc)
		lmi_rpc_free(c->rpc);
	c->rpc = NULL;
	lmi_loop_stop(c->loop);
}

static void *thread_main(void *arg)
{
	struct lmq_client *c = arg;

	lmi_loop_run(c->loop);
	return NULL;
}

static void client_free(struct lmq_client *c)
{
	if (c->resolver)
		lmi_executor_threads_free(c->resolver);
	route_cache_done(c);
	lmi_map_done(&c->requests, NULL);
	event_queue_done(&c->events);
	if (c->loop)
		lmi_loop_free(c->loop);
	lmi_tls_unref(c->tls);
	namesrv_done(&c->namesrv);
	lmi_arena_done(&c->arena);
	signer_done(&c->signer);
	lmi_buf_done(&c->frame);
	lmi_buf_done(&c->body);
	lmq_config_free(c->cfg);
	free(c->id);
	free(c);
}

/* Our threads must not take signals that are meant for the program. */
static int start_threads(struct lmq_client *c)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	c->resolver = lmi_executor_threads_new(c->loop, 1);
	r = c->resolver ? -pthread_create(&c->thread, NULL, thread_main, c) : -EAGAIN;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

/* Asked once, on the caller's thread: the C library's time zone is shared with the program. */
static int32_t zone_now(const struct lmq_client *c)
{
	time_t now = (time_t)(lmi_wall_ms(c->clock) / 1000);
	struct tm tm;

	return localtime_r(&now, &tm) ? (int32_t)tm.tm_gmtoff : 0;
}

/* Rule: ClientConfig.buildMQClientId, changeInstanceNameToPID. */
static int make_ids(struct lmq_client *c)
{
	char ip[LMI_HOST_CHARS], *colon;
	struct lmi_host host;
	uint64_t chance = lmi_rng_u64(c->rng);
	int r;

	local_host_find(&host);
	(void)lmi_host_print(&host, ip, sizeof(ip));
	colon = strrchr(ip, ':');
	if (colon)
		*colon = '\0';
	unique_id_init(&c->ids, &host, (uint32_t)c->pid, (uint32_t)chance, (uint32_t)(chance >> 32));
	c->zone_s = zone_now(c);
	month_update(c);
	if (*c->cfg->instance_name)
		r = asprintf(&c->id, "%s@%s", *c->cfg->client_ip ? c->cfg->client_ip : ip, c->cfg->instance_name);
	else
		r = asprintf(&c->id, "%s@%ld#%" PRIu64, *c->cfg->client_ip ? c->cfg->client_ip : ip, (long)c->pid,
			     lmi_rng_u64(c->rng) >> 1);
	if (r < 0)
		c->id = NULL;
	return r < 0 ? -ENOMEM : 0;
}

static int open_tls(struct lmq_client *c, char *errbuf, size_t errbuf_bytes)
{
	struct lmi_tls_config cfg = {
		.cert_path = c->cfg->tls_cert,
		.key_path = c->cfg->tls_key,
		.key_password = c->cfg->tls_key_password,
		.trust_path = c->cfg->tls_trust,
		.verify_peer = c->cfg->tls_verify,
		.verify_host = c->cfg->tls_verify_host,
	};
	char why[LMI_TLS_WHY_CHARS];
	int r = c->cfg->use_tls ? lmi_tls_new(&cfg, &c->tls, why) : 0;

	if (r < 0)
		config_say(errbuf, errbuf_bytes, "TLS: %s", why);
	return r;
}

static int client_init(struct lmq_client *c, const struct lmq_config *cfg, char *errbuf, size_t errbuf_bytes)
{
	int r;

	c->refs = 1;
	c->pid = getpid();
	c->clock = lmi_clock_system();
	c->rng = lmi_rng_system();
	lmi_list_init(&c->producers);
	lmi_list_init(&c->consumers);
	lmi_list_init(&c->unnamed);
	lmi_arena_init(&c->arena, ARENA_MAX);
	signer_init(&c->signer);
	c->cfg = lmq_config_dup(cfg);
	r = event_queue_init(&c->events, c->cfg && c->cfg->callback_mode == CONFIG_CALLBACKS_POLLED);
	if (!c->cfg || r < 0)
		return c->cfg ? r : -ENOMEM;
	r = namesrv_init(&c->namesrv, c->cfg->namesrv_addr);
	if (r == -LMQ_EBADCONFIG)
		config_say(errbuf, errbuf_bytes, "namesrvAddr: \"%s\" is no list of host:port", c->cfg->namesrv_addr);
	if (r < 0)
		return r;
	r = make_ids(c);
	if (r == 0)
		r = open_tls(c, errbuf, errbuf_bytes);
	if (r < 0)
		return r;
	c->loop = lmi_loop_new();
	if (!c->loop)
		return -ENOMEM;
	return start_threads(c);
}

int lmq_client_new(const struct lmq_config *cfg, struct lmq_client **out, char *errbuf, size_t errbuf_bytes)
{
	struct lmq_client *c = calloc(1, sizeof(*c));
	struct setup setup = { .client = c };
	int r;

	config_say(errbuf, errbuf_bytes, "out of memory or threads");
	if (!c)
		return -ENOMEM;
	r = client_init(c, cfg, errbuf, errbuf_bytes);
	if (r < 0) {
		client_free(c);
		return r;
	}
	r = client_call(c, setup_on_loop, &setup);
	if (r == 0)
		r = setup.result;
	if (r < 0) {
		client_unref(c);
		return r;
	}
	config_say(errbuf, errbuf_bytes, "%s", "");
	*out = c;
	return 0;
}

struct lmq_client *client_ref(struct lmq_client *c)
{
	__atomic_add_fetch(&c->refs, 1, __ATOMIC_RELAXED);
	return c;
}

void client_unref(struct lmq_client *c)
{
	if (__atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	if (c->tracer) {
		client_ref(c);
		trace_close(c);
		__atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL);
	}
	/* Without memory for the message there is no way to stop the thread but to try again. */
	while (client_call(c, shutdown_on_loop, c) == -ENOMEM)
		sched_yield();
	pthread_join(c->thread, NULL);
	client_free(c);
}

void lmq_client_free(struct lmq_client *client)
{
	if (client && client_may_wait(client) == 0)
		client_unref(client);
}

const char *lmq_client_id(const struct lmq_client *client)
{
	return client->id;
}
