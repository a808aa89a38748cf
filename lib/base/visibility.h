/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which prototypes cross the library's wall: LMQ_API marks what users are
 * promised (version node LIGHTMQ_0.1), LMI_API what our own programs share with
 * the library (LIGHTMQ_PRIVATE).  Both also stand in lightmq.map.
 */
#ifndef LMI_BASE_VISIBILITY_H
#define LMI_BASE_VISIBILITY_H

#define LMI_API __attribute__((visibility("default")))

#define LMI_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define LMI_CLEANUP(fn) __attribute__((cleanup(fn)))

#endif
