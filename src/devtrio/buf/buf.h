/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BUF_H
#define BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/devtrio.h"
#include "lib/rambuf.h"

/* Default location of saved buffers; only root has access. */
#define BUF_DIRECTORY	"/var/lib/devtrio/rambuf"

/**
 * struct request - the parsed command line
 * @device: the buffer
 * @chosen: --buffer or --device was given
 * @offset: first byte
 * @length: maximum number of bytes, or the number of changes to wait for
 * @operand: text to write, NULL for stdin; or file to save or restore, NULL for
 *	BUF_DIRECTORY
 * @json: print JSON
 * @pad: clear the rest of the buffer
 */
struct request {
	struct device device;
	bool chosen;
	uint64_t offset;
	uint64_t length;
	const char *operand;
	bool json;
	bool pad;
};

/* buf.c */
void buf_get_info(int fd, const char *path, struct rambuf_info *info);
char *buf_allocate(size_t size);
size_t buf_read_all(int fd, const char *path, uint64_t offset, char *bytes,
		    size_t size);
void buf_write_all(int fd, const char *path, uint64_t offset,
		   const char *bytes, size_t size);
void buf_progress(const char *what, size_t done, size_t total);

/* save.c */
int buf_save(const void *data);
int buf_restore(const void *data);

#endif /* BUF_H */
