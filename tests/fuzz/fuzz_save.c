// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz the files of devtrio buf restore: the input alone, and after a valid
 * header, because mutations would not find the checksum.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "lib/rambuf.h"
#include "buf/save_file.h"

static int file_of(const void *a, size_t a_size, const void *b, size_t b_size)
{
	int fd = memfd_create("saved", MFD_CLOEXEC);

	MUST(fd >= 0);
	MUST(write(fd, a, a_size) == (ssize_t)a_size);
	MUST(write(fd, b, b_size) == (ssize_t)b_size);
	MUST(!lseek(fd, 0, SEEK_SET));
	return fd;
}

static const char *read_back(int fd, char **content, size_t *size)
{
	const char *why = save_file_read(fd, content, size);

	close(fd);
	return why;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct save_header header = save_header_for((const char *)data, size);
	char *content;
	size_t length;

	if (!read_back(file_of(data, size, NULL, 0), &content, &length)) {
		MUST(length && length <= RAMBUF_MAX_SIZE);
		MUST(length + sizeof(header) == size);
		free(content);
	}
	if (read_back(file_of(&header, sizeof(header), data, size), &content,
		      &length)) {
		MUST(!size);
		return 0;
	}
	MUST(length == size && !memcmp(content, data, size));
	free(content);
	return 0;
}
