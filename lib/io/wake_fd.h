/* SPDX-License-Identifier: Apache-2.0 */
/* A descriptor that is readable while something waits, for other people's event loops.  Any thread. */
#ifndef LMI_IO_WAKE_FD_H
#define LMI_IO_WAKE_FD_H

#include <stdint.h>

#include "base/error.h"

/** Gives a descriptor (close with lmi_wake_fd_close), or -errno. */
int lmi_wake_fd_new(void);
/** Accepts -1. */
void lmi_wake_fd_close(int fd);
/** Make it readable, or not.  Doing so twice is doing it once. */
void lmi_wake_fd_set(int fd);
void lmi_wake_fd_clear(int fd);
/** Wait until it is readable; -1: for ever.  Returns early on a signal. */
void lmi_wake_fd_wait(int fd, int64_t timeout_ms);

#endif
