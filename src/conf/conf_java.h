/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys that Apache RocketMQ's broker and name server read from their configuration files, with what they are here when
 * the key table does not have them.  Rule: BrokerConfig, MessageStoreConfig, NettyServerConfig, NettyClientConfig, AuthConfig
 * and NamesrvConfig of 5.3; the tiered store's and the controller's, which are read from the same files.  Constant, any thread.
 */
#ifndef LIGHTMQ_CONF_CONF_JAVA_H
#define LIGHTMQ_CONF_CONF_JAVA_H

#include "conf/conf.h"

/* Why a key is not carried.  From JAVA_ACL on something is lost, unless the value is RocketMQ's default. */
enum conf_java_why {
	JAVA_OURS, /* it is: the key table has it */
	JAVA_HOME,
	JAVA_POOL,
	JAVA_NET,
	JAVA_FLUSH,
	JAVA_STATS,
	JAVA_REGISTER,
	JAVA_POPBUF,
	JAVA_TIMER,
	JAVA_ACL,
	JAVA_TLS,
	JAVA_HA,
	JAVA_DLEDGER,
	JAVA_CONTROLLER,
	JAVA_ROCKSDB,
	JAVA_TIERED,
	JAVA_COMPACTION,
	JAVA_LMQ,
	JAVA_CQEXT,
	JAVA_PATHS,
	JAVA_STORE,
	JAVA_METRICS,
	JAVA_COLD,
	JAVA_LACK
};

struct conf_java_key {
	const char *name;
	const char *def; /* RocketMQ's default; NULL: it depends on the machine */
	enum conf_java_why why;
};

/** Keys of the server that a table of ours stands for; the last has a NULL name. */
const struct conf_java_key *conf_java_keys(const struct conf_table *t);
/** The key of that name, or NULL.  Names are compared as Java does, letter by letter. */
const struct conf_java_key *conf_java_find(const struct conf_table *t, const char *name);
/** A sentence for people, without a full stop. */
const char *conf_java_reason(enum conf_java_why why);
/** Whether something that was asked for is not there when such a key is left out. */
static inline bool conf_java_is_loss(enum conf_java_why why) { return why >= JAVA_ACL; }

extern const struct conf_java_key conf_java_broker[], conf_java_namesrv[];

#endif
