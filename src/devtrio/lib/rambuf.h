/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What /dev/rambuf can be asked.
 */
#ifndef RAMBUF_H
#define RAMBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <devtrio/rambuf.h>

/* 0, or else -1 with errno. */
int rambuf_get_info(int fd, struct rambuf_info *info);
int rambuf_clear(int fd);
int rambuf_await_change(int fd, int reader);

/* How many bytes, fewer at the end or with errno, which is 0 at the end. */
size_t rambuf_read(int fd, uint64_t offset, char *bytes, size_t size);
size_t rambuf_write(int fd, uint64_t offset, const char *bytes, size_t size);

void rambuf_node(unsigned int index, char *path, size_t size);

#endif /* RAMBUF_H */
