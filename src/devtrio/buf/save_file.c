// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read and write the files of devtrio buf save.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "buf.h"
#include "save_file.h"

#define CHUNK	(1 << 20)

struct save_header save_header_for(const char *content, uint64_t size)
{
	struct save_header header = { .magic = MAGIC, .size = htole64(size) };
	uint32_t crc = crc32(0, (const void *)&header.size, sizeof(header.size));

	/* crc32() takes 32-bit sizes; RAMBUF_MAX_SIZE fits. */
	header.crc = htole32(crc32(crc, (const void *)content, size));
	return header;
}

/* Transfer all bytes; on failure errno is set, or 0 at the end of the file. */
static bool transfer(int fd, bool out, char *bytes, size_t size,
		     const char *what)
{
	size_t done = 0, part;
	ssize_t n;

	while (done < size) {
		part = size - done < CHUNK ? size - done : CHUNK;
		n = out ? write(fd, bytes + done, part) :
			  read(fd, bytes + done, part);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n ? errno : 0;
			return false;
		}
		done += n;
		buf_progress(what, done, size);
	}
	return true;
}

/**
 * save_file_write() - write header and content
 * @fd: the file
 * @content: the content
 * @size: size of @content
 *
 * Return: true on success, or false with errno.
 */
bool save_file_write(int fd, const char *content, size_t size)
{
	struct save_header header = save_header_for(content, size);

	return transfer(fd, true, (char *)&header, sizeof(header), NULL) &&
	       transfer(fd, true, (char *)content, size, "saving");
}

/**
 * save_file_read() - read and verify saved content
 * @fd: the file
 * @content: the content, for the caller to free
 * @size: size of @content
 *
 * Return: NULL on success, or an error message for the user.
 */
const char *save_file_read(int fd, char **content, size_t *size)
{
	struct save_header header, right;
	struct stat status;
	char rest;
	const char *problem = NULL;

	if (!transfer(fd, false, (char *)&header, sizeof(header), NULL))
		return errno ? strerror(errno) : "it is too short";
	if (memcmp(header.magic, MAGIC, sizeof(header.magic)))
		return "it was not created by devtrio buf save";
	*size = le64toh(header.size);
	if (fstat(fd, &status) || *size < 1 || *size > RAMBUF_MAX_SIZE ||
	    (S_ISREG(status.st_mode) &&
	     (uint64_t)status.st_size != sizeof(header) + *size))
		return "its size is wrong";

	*content = buf_allocate(*size);
	if (!transfer(fd, false, *content, *size, "restoring"))
		problem = errno ? strerror(errno) : "it is too short";
	else if (read(fd, &rest, 1) > 0)
		problem = "its size is wrong";
	right = save_header_for(*content, *size);
	if (!problem && memcmp(&header, &right, sizeof(header)))
		problem = "its checksum is wrong";
	if (problem)
		free(*content);
	return problem;
}
