/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * File format of devtrio buf save.
 */
#ifndef SAVE_FILE_H
#define SAVE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAGIC	"RAMBUF1\n"

/**
 * struct save_header - precedes the content
 * @magic: MAGIC
 * @size: size of the content in bytes, little-endian
 * @crc: CRC-32 of @size and the content, little-endian
 * @reserved: 0
 */
struct save_header {
	char magic[8];
	uint64_t size;
	uint32_t crc;
	uint32_t reserved;
};

struct save_header save_header_for(const char *content, uint64_t size);
bool save_file_write(int fd, const char *content, size_t size);
const char *save_file_read(int fd, char **content, size_t *size);

#endif /* SAVE_FILE_H */
