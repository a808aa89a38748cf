/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every header of liblightmq shares: the mark of a promised symbol, and C linkage for C++.
 * Include <lightmq/lightmq.h>, not this file.
 */
#ifndef LIGHTMQ_API_H
#define LIGHTMQ_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define LMQ_API __attribute__((visibility("default")))
#else
#define LMQ_API
#endif

#ifdef __cplusplus
#define LMQ_BEGIN_DECLS extern "C" {
#define LMQ_END_DECLS }
#else
#define LMQ_BEGIN_DECLS
#define LMQ_END_DECLS
#endif

#endif
