/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BUF_H
#define BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/devtrio.h"
#include "lib/rambuf.h"

/* Where buffers are saved unless a file is named; root's alone. */
#define BUF_DIRECTORY	"/var/lib/devtrio/rambuf"

/**
 * struct request - what the command line asks for
 * @device: the buffer
 * @chosen: whether one was asked for
 * @offset: where to start
 * @length: how many bytes to read or write at the most, or changes to wait for
 * @operand: what to write, NULL for stdin; or the file to save to or restore
 *	from, NULL for that in BUF_DIRECTORY
 * @json: for programs, for info
 */
struct request {
	struct device device;
	bool chosen;
	uint64_t offset;
	uint64_t length;
	const char *operand;
	bool json;
};

/* buf.c */
void buf_get_info(int fd, const char *path, struct rambuf_info *info);
char *buf_allocate(size_t size);
size_t buf_read_all(int fd, const char *path, uint64_t offset, char *bytes,
		    size_t size);
void buf_write_all(int fd, const char *path, uint64_t offset,
		   const char *bytes, size_t size);
void buf_progress(const char *what, size_t done, size_t total);

/* buf_save.c */
int buf_save(const void *data);
int buf_restore(const void *data);

#endif /* BUF_H */
