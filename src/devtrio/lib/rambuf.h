/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Access to /dev/rambuf.
 */
#ifndef RAMBUF_H
#define RAMBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <devtrio/rambuf.h>

/* Return 0, or -1 with errno. */
int rambuf_get_info(int fd, struct rambuf_info *info);
int rambuf_clear(int fd);
int rambuf_await_change(int fd, int reader);

/* Return the number of bytes; fewer with errno, which is 0 at the end. */
size_t rambuf_read(int fd, uint64_t offset, char *bytes, size_t size);
size_t rambuf_write(int fd, uint64_t offset, const char *bytes, size_t size);

void rambuf_node(unsigned int index, char *path, size_t size);

#endif /* RAMBUF_H */
