/* SPDX-License-Identifier: Apache-2.0 */
/* NettyServerConfig and NettyClientConfig, as far as broker and name server do the same with them. */
#ifndef LIGHTMQ_CONF_CONF_JAVA_NETTY_H
#define LIGHTMQ_CONF_CONF_JAVA_NETTY_H

#include "conf/conf_java.h"

#define CONF_JAVA_NETTY_KEYS \
	{ "serverWorkerThreads", "8", JAVA_POOL }, \
	{ "serverCallbackExecutorThreads", "0", JAVA_POOL }, \
	{ "serverSelectorThreads", "3", JAVA_POOL }, \
	{ "serverOnewaySemaphoreValue", "256", JAVA_POOL }, \
	{ "serverAsyncSemaphoreValue", "64", JAVA_POOL }, \
	{ "serverChannelMaxIdleTimeSeconds", "120", JAVA_OURS }, \
	{ "serverSocketSndBufSize", "0", JAVA_NET }, \
	{ "serverSocketRcvBufSize", "0", JAVA_NET }, \
	{ "writeBufferHighWaterMark", "0", JAVA_NET }, \
	{ "writeBufferLowWaterMark", "0", JAVA_NET }, \
	{ "serverSocketBacklog", "1024", JAVA_NET }, \
	{ "serverNettyWorkerGroupEnable", "true", JAVA_NET }, \
	{ "serverPooledByteBufAllocatorEnable", "true", JAVA_NET }, \
	{ "enableShutdownGracefully", "false", JAVA_NET }, \
	{ "shutdownWaitTimeSeconds", "30", JAVA_NET }, \
	{ "useEpollNativeSelector", "false", JAVA_NET }, \
	/* NettyClientConfig */ \
	{ "clientWorkerThreads", NULL, JAVA_POOL }, \
	{ "clientCallbackExecutorThreads", NULL, JAVA_POOL }, \
	{ "clientOnewaySemaphoreValue", NULL, JAVA_POOL }, \
	{ "clientAsyncSemaphoreValue", NULL, JAVA_POOL }, \
	{ "connectTimeoutMillis", NULL, JAVA_NET }, \
	{ "channelNotActiveInterval", "60000", JAVA_NET }, \
	{ "scanAvailableNameSrv", "true", JAVA_NET }, \
	{ "clientChannelMaxIdleTimeSeconds", NULL, JAVA_NET }, \
	{ "clientSocketSndBufSize", NULL, JAVA_NET }, \
	{ "clientSocketRcvBufSize", NULL, JAVA_NET }, \
	{ "clientPooledByteBufAllocatorEnable", "false", JAVA_NET }, \
	{ "clientCloseSocketIfTimeout", NULL, JAVA_NET }, \
	{ "useTLS", NULL, JAVA_TLS }, \
	{ "socksProxyConfig", "{}", JAVA_NET }, \
	{ "disableCallbackExecutor", "false", JAVA_NET }, \
	{ "disableNettyWorkerGroup", "false", JAVA_NET }, \
	{ "maxReconnectIntervalTimeSeconds", "60", JAVA_NET }, \
	{ "enableReconnectForGoAway", "true", JAVA_NET }

#endif
