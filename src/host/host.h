/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/host, L3: being a good systemd service: options, sockets from systemd or own, readiness, watchdog, journal, signals.
 * The mains use it; it uses conf, io, base and libsystemd.  One host per process; the main thread's.
 */
#ifndef LIGHTMQ_HOST_HOST_H
#define LIGHTMQ_HOST_HOST_H

#include "base/log.h"
#include "conf/conf.h"
#include "io/conn.h"

enum { HOST_EXIT_OK = 0, HOST_EXIT_FAILED = 1, HOST_EXIT_USAGE = 2, HOST_EXIT_CONFIG = 78 };

struct host;

struct host_program {
	const char *name;            /* "rmq-brokerd" */
	const char *summary;         /* one sentence for --help */
	const char *default_config;  /* used when -c is not given and the file is there */
	const struct conf_table *table;
	/** Checks between keys: complain with conf_complain.  May be NULL. */
	void (*check)(struct conf *c);
	/** The file that keeps what requests have changed, into @path.  May be NULL. */
	void (*changes)(const struct conf *c, char *path, size_t cap);
};

struct host_hooks {
	void (*reload)(void *user, const struct conf *c); /* SIGHUP, after the new configuration was found good */
	void (*summary)(void *user, struct lmi_buf *out); /* SIGUSR1: a few lines of state */
	void *user;
};

/**
 * Parse the command line, load and check the configuration, set up log, loop and signals.
 *
 * Returns -1 to go on with *out set (gives; host_free), or the exit status when there is nothing more to do
 * (--help, --check, …, bad usage, bad configuration; everything has been said).
 */
int host_init(const struct host_program *p, int argc, char **argv, struct host **out);
void host_free(struct host *h);

struct conf *host_conf(struct host *h);
struct lmi_loop *host_loop(struct host *h);
struct lmi_log *host_log(struct host *h);
/** What a word of logLevel means. */
enum lmi_log_level host_log_level(const char *word);

/**
 * A listening socket: the one that systemd handed in under @name, else bound to bindAddress and @port.
 * A port other than the configured one is a warning that names both places.
 *
 * @out_local  the real address
 *
 * Returns a descriptor, or -errno (said in the log).
 */
int host_listen(struct host *h, const char *name, uint16_t port, struct lmi_host *out_local);

/** The same on an address of its own, where the socket is not handed in. */
int host_listen_at(struct host *h, const char *name, const char *address, uint16_t port, struct lmi_host *out_local);

/** READY=1 with a STATUS; starts the watchdog timer.  host_status changes the STATUS later. */
void host_ready(struct host *h, const char *status);
void host_status(struct host *h, const char *fmt, ...) LMI_PRINTF(2, 3);
/** Still starting, for so many more microseconds (recovery). */
void host_extend_timeout(struct host *h, unsigned int seconds);
void host_set_hooks(struct host *h, const struct host_hooks *hooks);

/** Run the loop until SIGTERM, SIGINT or host_fail.  Returns the exit status. */
int host_run(struct host *h);
/** End the run with status 1, saying why, with ERRNO= when @err is -errno.  Any thread owned by the loop. */
void host_fail(struct host *h, int err, const char *fmt, ...) LMI_PRINTF(3, 4);

/** True for 127.0.0.0/8 and ::1 literals. */
bool host_is_loopback(const char *address);

#endif
