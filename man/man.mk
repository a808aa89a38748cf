# SPDX-License-Identifier: Apache-2.0
dist_man_MANS += \
	man/liblightmq.3 \
	man/lightmq-architecture.7 \
	man/lmq_client.3 \
	man/lmq_consumer.3 \
	man/lmq_message.3 \
	man/lmq_producer.3
