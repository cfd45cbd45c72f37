// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files of devtrio buf save.
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

	/* At most RAMBUF_MAX_SIZE, so it fits. */
	header.crc = htole32(crc32(crc, (const void *)content, size));
	return header;
}

/* Moves all bytes to or from a file; false with errno, 0 for an early end. */
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
 * save_file_write() - write a content
 * @fd: the file
 * @content: the content
 * @size: of @content
 *
 * Return: whether all of it is written, or else errno says why.
 */
bool save_file_write(int fd, const char *content, size_t size)
{
	struct save_header header = save_header_for(content, size);

	return transfer(fd, true, (char *)&header, sizeof(header), NULL) &&
	       transfer(fd, true, (char *)content, size, "saving");
}

/**
 * save_file_read() - read a saved content
 * @fd: the file
 * @content: the result, allocated
 * @size: of @content
 *
 * Return: what is wrong with the file, for a person to read; NULL: nothing.
 */
const char *save_file_read(int fd, char **content, size_t *size)
{
	struct save_header header, right;
	struct stat status;
	const char *problem = NULL;

	if (!transfer(fd, false, (char *)&header, sizeof(header), NULL))
		return errno ? strerror(errno) : "it is too short";
	if (memcmp(header.magic, MAGIC, sizeof(header.magic)))
		return "it was not made by devtrio buf save";
	*size = le64toh(header.size);
	if (fstat(fd, &status) || *size < 1 || *size > RAMBUF_MAX_SIZE ||
	    (uint64_t)status.st_size != sizeof(header) + *size)
		return "its size is wrong";

	*content = buf_allocate(*size);
	if (!transfer(fd, false, *content, *size, "restoring"))
		problem = errno ? strerror(errno) : "it is too short";
	right = save_header_for(*content, *size);
	if (!problem && memcmp(&header, &right, sizeof(header)))
		problem = "its checksum is wrong";
	if (problem)
		free(*content);
	return problem;
}
