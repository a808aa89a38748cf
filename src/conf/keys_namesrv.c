/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf.h"

static const struct conf_key keys[] = {
	{ "listenPort", CONF_INT, "9876", 0, 65535, NULL, false,
	  "Port to listen on, unless systemd hands in the socket; 0 lets the kernel choose." },
	{ "bindAddress", CONF_TEXT, "127.0.0.1", 0, 0, NULL, false,
	  "Literal address to listen on. Anything but loopback needs insecure: true." },
	{ "insecure", CONF_BOOL, "false", 0, 0, NULL, false,
	  "Allow listening beyond loopback although there is no access control." },
	{ "kvConfigPath", CONF_TEXT, "/var/lib/lightmq/namesrv/kvConfig.json", 0, 0, NULL, false,
	  "File that keeps the KV configuration; replaced as a whole at each change." },
	{ "configStorePath", CONF_TEXT, "", 0, 0, NULL, false,
	  "File that keeps settings changed over the wire; read after the configuration files, below the command line; empty: "
	  "namesrv.yaml beside kvConfigPath." },
	{ "routeSnapshot", CONF_TEXT, "", 0, 0, NULL, false,
	  "File that keeps the routes, so that a restarted name server answers from it, marked stale, until brokers are back; empty: none." },
	{ "scanNotActiveBrokerInterval", CONF_MS, "5000", 100, 3600000, NULL, false,
	  "How often brokers without a heartbeat are looked for." },
	{ "brokerChannelExpiredTime", CONF_MS, "120000", 1000, 86400000, NULL, false,
	  "A broker that was silent for so long is withdrawn, unless it announced its own limit." },
	{ "orderMessageEnable", CONF_BOOL, "false", 0, 0, NULL, true, "Put a topic's order configuration into its route." },
	{ "returnOrderTopicConfigToBroker", CONF_BOOL, "true", 0, 0, NULL, true,
	  "Answer a registration with the order configuration." },
	{ "deleteTopicWithBrokerRegistration", CONF_BOOL, "false", 0, 0, NULL, true,
	  "Drop topics of a broker that are missing in its registration." },
	{ "enableAllTopicList", CONF_BOOL, "true", 0, 0, NULL, true, "Answer the list of all topics." },
	{ "enableTopicList", CONF_BOOL, "true", 0, 0, NULL, true, "Answer the lists of a cluster's topics and of unit topics." },
	{ "supportActingMaster", CONF_BOOL, "false", 0, 0, NULL, true,
	  "Give the least replica of a broker without a master as its master, where the broker allows it." },
	{ "notifyMinBrokerIdChanged", CONF_BOOL, "false", 0, 0, NULL, true,
	  "Tell the replicas of a broker when the least broker id among them changes." },
	{ "needWaitForService", CONF_BOOL, "false", 0, 0, NULL, true, "Give no route before waitSecondsForService have passed." },
	{ "waitSecondsForService", CONF_SECONDS, "45", 0, 86400, NULL, true, "See needWaitForService." },
	{ "configBlackList", CONF_TEXT, "", 0, 0, NULL, false,
	  "Keys that may not be changed over the wire, separated by semicolons, besides those that cannot change while running." },
	{ "serverChannelMaxIdleTimeSeconds", CONF_SECONDS, "120", 1, 86400, NULL, false,
	  "Connections that were idle for so long are closed." },
	{ "maxConnections", CONF_INT, "65536", 1, 1048576, NULL, false, "Connections at the same time." },
	{ "maxHeldBytes", CONF_BYTES, "512MiB", 16777216, 1099511627776, NULL, false,
	  "Bytes that all connections together may hold of unfinished requests and of answers that are not read; above, whoever holds much is closed." },
	{ "maxTopics", CONF_INT, "2000000", 1, 100000000, NULL, false, "Topics in all; registrations beyond are refused." },
	{ "maxTopicsPerBroker", CONF_INT, "1000000", 1, 100000000, NULL, false, "Topics of one broker; a registration of more is refused." },
	{ "maxBrokers", CONF_INT, "10000", 1, 1000000, NULL, false, "Brokers in all; registrations beyond are refused." },
	{ "proxyProtocol", CONF_BOOL, "false", 0, 0, NULL, false, "Recognise the PROXY protocol at the start of a connection." },
	{ "logLevel", CONF_CHOICE, "info", 0, 0, "error warning notice info debug", true, "Lines above this level are not written." },
	{ NULL, CONF_INT, NULL, 0, 0, NULL, false, NULL }
};

static const struct conf_hint hints[] = {
	{ "rocketmqHome", "there is no home folder; files have their own keys" },
	{ "clientRequestThreadPoolNums", "there are no thread pools" },
	{ "defaultThreadPoolNums", "there are no thread pools" },
	{ "enableControllerInNamesrv", "there is no controller" },
	{ NULL, NULL }
};

const struct conf_table conf_namesrv_table = { "rmq-namesrvd", keys, hints };
