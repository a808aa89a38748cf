/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of all settings: a row says everything about one of them.  A new setting is a field of struct lmq_config and a
 * row here; "make man-settings" writes the page's list anew.
 */
#include "client/config_table.h"

#define KIB INT64_C(1024)
#define MIB (KIB * KIB)

#define AT(field) offsetof(struct lmq_config, field)
#define TEXT(n, f, def, allowed, text) { n, KIND_TEXT, AT(f), def, 0, 0, 1, NULL, allowed, text }
/* the value is the number of the word, from 0 */
#define CHOICE(n, f, def, words, text) { n, KIND_CHOICE, AT(f), def, 0, 0, 1, words, words, text }
#define COUNT(n, f, def, lo, hi, text) { n, KIND_COUNT, AT(f), def, lo, hi, 1, NULL, #lo " to " #hi, text }
#define TIME(n, f, def, lo, hi, text) { n, KIND_TIME, AT(f), def, lo, hi, 1, NULL, #lo " to " #hi " ms", text }
#define BOOL(n, f, def, text) { n, KIND_BOOL, AT(f), def, 0, 0, 1, "false true", "false, true", text }
#define SIZE(n, f, def, lo, hi, plain, allowed, text) { n, KIND_SIZE, AT(f), def, lo, hi, plain, NULL, allowed, text }

/* Rule: names, units and defaults of ClientConfig, NettyClientConfig, DefaultMQProducer, DefaultMQPushConsumer where they have them. */
const struct config_property config_table[] = {
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
	TEXT("accessKey", access_key, "", "any text without control characters",
	     "The name under which requests are signed; empty: they are not."),
	TEXT("secretKey", secret_key, "", "any text without control characters", "The secret by which requests are signed."),
	TEXT("securityToken", security_token, "", "any text without control characters", "A token that is sent with signed requests."),
	TEXT("namespace", namespace_v1, "", "any text without control characters",
	     "What servers see in front of the names of topics and groups; the program uses them without."),
	TEXT("namespaceV2", namespace_v2, "", "any text without control characters",
	     "The namespace that every request names beside topics and groups."),
	BOOL("useTLS", use_tls, "false", "Whether connections to name servers and brokers are encrypted."),
	TEXT("tls.client.trustCertPath", tls_trust, "", "a PEM file",
	     "Certificates by which servers are trusted; empty: those that the system trusts."),
	BOOL("tls.client.authServer", tls_verify, "true", "Whether a server must have a certificate that is trusted."),
	BOOL("tls.client.checkHost", tls_verify_host, "true",
	     "Whether that certificate must be made for the name or address by which the server is reached; brokers are reached by what they registered."),
	TEXT("tls.client.certPath", tls_cert, "", "a PEM file", "The certificate that is shown to servers that ask for one."),
	TEXT("tls.client.keyPath", tls_key, "", "a PEM file", "The key of that certificate."),
	TEXT("tls.client.keyPassword", tls_key_password, "", "any text without control characters", "The password of that key, if it has one."),
	BOOL("enableTrace", trace, "false",
	     "Whether what becomes of each message is told in messages of a topic of their own, which RocketMQ's tools read."),
	TEXT("traceTopic", trace_topic, "RMQ_SYS_TRACE_TOPIC", "a topic name", "That topic."),
	COUNT("traceMsgBatchNum", trace_batch, "10", 1, 20, "How many records go in one such message; fewer when 5 seconds are over."),
	CHOICE("callbackMode", callback_mode, "THREADS", "THREADS POLL",
	       "Whether callbacks are made on threads of the library, or by lmq_client_poll."),

	TIME("sendMsgTimeout", send_timeout_ms, "3000", 1, 600000, "How long a send may take, retries included."),
	TIME("sendMsgMaxTimeoutPerRequest", send_timeout_each_ms, "-1", -1, 600000,
	     "How long one try of a send may take; -1: all the time that is left."),
	COUNT("retryTimesWhenSendFailed", send_retries, "2", 0, 16, "How often a failed send is tried again."),
	COUNT("retryTimesWhenSendAsyncFailed", send_retries_async, "2", 0, 16, "How often a failed asynchronous send is tried again."),
	BOOL("retryAnotherBrokerWhenNotStoreOK", retry_not_stored_ok, "false",
	     "Whether a send that waits is tried again when the message was stored less safely than configured."),
	BOOL("sendLatencyFaultEnable", latency_fault, "false",
	     "Whether a broker that was slow or failed is passed over for a while, up to 30 seconds."),
	SIZE("compressMsgBodyOverHowmuch", compress_bytes, "4096", 0, 15 * MIB, 1, "0 to 15 MiB",
	     "Bodies from so long on are compressed; 0: none."),
	CHOICE("compressType", compress_type, "ZLIB", "ZLIB LZ4 ZSTD", "How bodies are compressed."),
	COUNT("compressLevel", compress_level, "5", 0, 9, "How hard compression tries; 0 is fastest."),
	BOOL("autoBatch", auto_batch, "false", "Whether messages of a topic that are sent one by one go to the broker as batches."),
	TIME("batchMaxDelayMs", batch_linger_ms, "10", 0, 30000,
	     "How long a message waits for others to go with; 0: only what was sent at the same moment goes together."),
	SIZE("batchMaxBytes", batch_bytes, "32768", 1 * KIB, 4 * MIB, 1, "1 KiB to 4 MiB", "Longest batch that is gathered."),
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
	COUNT("pullThresholdForTopic", topic_messages_max, "-1", -1, 6553500,
	      "Messages of one topic that are held here, an equal share for each queue; -1: only queues have limits."),
	SIZE("pullThresholdSizeForTopic", topic_bytes_max, "-1", -1, 102400 * MIB, MIB, "1 to 102400, in MiB, or with a unit; -1",
	     "Bytes of one topic that are held here, an equal share for each queue; -1: only queues have limits."),
	COUNT("consumeConcurrentlyMaxSpan", queue_span_max, "2000", 1, 65535,
	      "Positions between the oldest unfinished message of a queue and the newest held here; above, fetching pauses."),
	COUNT("maxReconsumeTimes", reconsume_max, "-1", -1, 1000000,
	      "How often a message may fail before it becomes a dead letter; -1: what the broker has for the group."),
	CHOICE("consumeFromWhere", from, "CONSUME_FROM_LAST_OFFSET",
	       "CONSUME_FROM_LAST_OFFSET CONSUME_FROM_FIRST_OFFSET CONSUME_FROM_TIMESTAMP",
	       "Where a group begins to read a queue of which it has read nothing yet."),
	TEXT("consumeTimestamp", from_time, "", "local time as yyyyMMddHHmmss",
	     "Where CONSUME_FROM_TIMESTAMP begins; empty: half an hour before the start."),
	CHOICE("messageModel", model, "CLUSTERING", "CLUSTERING BROADCASTING",
	       "Whether the members of a group share the messages, or each gets all of them."),
	TEXT("localOffsetStoreDir", offset_folder, "", "a folder",
	     "BROADCASTING: where positions are kept, below a folder of the client's IP address and instanceName (DEFAULT when it has "
	     "none); empty: .rocketmq_offsets in the home folder."),
	CHOICE("allocateMessageQueueStrategy", strategy, "AVG",
	       "AVG AVG_BY_CIRCLE CONFIG MACHINE_ROOM MACHINE_ROOM_NEARBY CONSISTENT_HASH",
	       "How the members of a group share the queues; all members must say the same."),
	TEXT("consumeridcs", rooms, "", "names separated by semicolons",
	     "MACHINE_ROOM: only queues of brokers called room@name are read, room being one of these."),
	TIME("suspendCurrentQueueTimeMillis", order_rest_ms, "1000", 10, 30000,
	     "How long a queue rests after a message failed that must not be overtaken."),
	TIME("lockInterval", lock_ms, "20000", 10, 25000,
	     "How often the locks of queues that are read in order are refreshed; a lock counts for 30 s."),
	BOOL("autoCommit", auto_commit, "true", "Lite pull: whether what was polled is committed without being told."),
	COUNT("pullThresholdForAll", all_messages_max, "10000", 1, 1000000,
	      "Lite pull: messages that wait to be polled; above, fetching pauses."),
	COUNT("popBatchNums", pop_batch, "32", 1, 32, "POP: most messages that one call receives."),
	TIME("popInvisibleTime", pop_invisible_ms, "60000", 1000, 300000,
	     "POP: how long a message is invisible for others once it was received."),
	TIME("persistConsumerOffsetInterval", persist_ms, "5000", 10, 600000, "How often positions are committed."),
	TIME("rebalanceInterval", rebalance_ms, "20000", 10, 600000, "How often queues are shared out anew without being told."),
	TIME("brokerSuspendMaxTimeMillis", suspend_ms, "15000", 0, 600000, "How long a broker may hold a fetch that finds nothing."),
	TIME("consumerTimeoutMillisWhenSuspend", pull_timeout_ms, "30000", 1, 1200000, "How long the answer to a fetch may take."),
	TIME("pullTimeDelayMillsWhenException", pull_retry_ms, "1000", 1, 600000, "How long fetching rests after a failure."),
};

const size_t config_table_rows = sizeof(config_table) / sizeof(config_table[0]);
