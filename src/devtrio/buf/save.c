// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio buf save, restore: preserve a buffer across a module reload, an
 * upgrade or a reboot.
 *
 * Restoring deletes a file in BUF_DIRECTORY: old content must never overwrite
 * newer content. A file that cannot be restored is renamed instead: the next
 * save must not overwrite it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "save_file.h"

/**
 * struct buffer - a buffer to save or restore
 * @path: its node
 * @fd: the open node
 * @info: its state when it was opened
 * @content: its content at that time
 */
struct buffer {
	char path[256];
	int fd;
	struct rambuf_info info;
	char *content;
};

/* Unlike die(), continue with the other buffers. */
#define failed(...)	(warn(__VA_ARGS__), EXIT_FAILED)

static void open_buffer(struct buffer *buffer, const struct device *device,
			int flags)
{
	snprintf(buffer->path, sizeof(buffer->path), "%s", device->path);
	buffer->fd = open_device(device, flags);
	buf_get_info(buffer->fd, buffer->path, &buffer->info);
	buffer->content = buf_allocate(buffer->info.size);
	if (buf_read_all(buffer->fd, buffer->path, 0, buffer->content,
			 buffer->info.size) != buffer->info.size)
		die(EXIT_FAILED, "cannot read %s: unexpected end", buffer->path);
}

static void close_buffer(struct buffer *buffer)
{
	free(buffer->content);
	close(buffer->fd);
}

/* Is the content still the module's initial content? */
static bool is_untouched(const struct buffer *buffer)
{
	const char *content = buffer->content;

	return !buffer->info.generation && !content[0] &&
	       !memcmp(content, content + 1, buffer->info.size - 1);
}

static int sync_folder_of(const char *file)
{
	const char *slash = strrchr(file, '/');
	char folder[4096];
	int fd, err;

	snprintf(folder, sizeof(folder), "%.*s",
		 slash ? (int)(slash - file) + 1 : 1, slash ? file : ".");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	err = fsync(fd);
	close(fd);
	return err;
}

/* Replace a regular file atomically, or create it; keep its owner and mode. */
static bool replace_file(const struct buffer *buffer, const char *file,
			 const struct stat *old)
{
	char fresh[4096];
	int fd, err;
	bool ok;

	if (snprintf(fresh, sizeof(fresh), "%s.XXXXXX", file) >=
	    (int)sizeof(fresh)) {
		errno = ENAMETOOLONG;
		return false;
	}
	/* mkostemp() creates files with mode 0600. */
	fd = mkostemp(fresh, O_CLOEXEC);
	if (fd < 0)
		return false;
	/* Only root can give a file away. */
	if (old && !fchown(fd, old->st_uid, old->st_gid))
		fchmod(fd, old->st_mode & 0777);
	ok = save_file_write(fd, buffer->content, buffer->info.size) &&
	     !fsync(fd);
	err = errno;
	if (close(fd) && ok) {
		ok = false;
		err = errno;
	}
	if (ok && !rename(fresh, file) && !sync_folder_of(file))
		return true;
	if (ok)
		err = errno;
	unlink(fresh);
	errno = err;
	return false;
}

/* Write into a device, a pipe, or where a dangling link leads to. */
static bool write_into(const struct buffer *buffer, int fd)
{
	bool ok = fd >= 0 &&
		  save_file_write(fd, buffer->content, buffer->info.size);
	int err = errno;

	if (fd >= 0 && close(fd) && ok)
		return false;
	errno = err;
	return ok;
}

static int save_to(const struct buffer *buffer, const char *file)
{
	char *target = realpath(file, NULL);
	struct stat old;
	bool ok, regular;

	regular = target ? !stat(target, &old) && S_ISREG(old.st_mode) :
			   lstat(file, &old) && strcmp(file, "-");
	if (regular)
		ok = replace_file(buffer, target ?: file, target ? &old : NULL);
	else if (strcmp(file, "-"))
		ok = write_into(buffer, open(file, O_WRONLY | O_CREAT | O_CLOEXEC,
					     0600));
	else
		ok = write_into(buffer, dup(STDOUT_FILENO));
	free(target);
	if (!ok)
		return failed("cannot save %s to %s: %s", buffer->path, file,
			      strerror(errno));
	/* The message would get into a pipe as well. */
	if (regular)
		printf("%s: saved %llu bytes to %s\n", buffer->path,
		       buffer->info.size, file);
	return EXIT_OK;
}

static bool make_directory(void)
{
	char path[] = BUF_DIRECTORY, *slash = strrchr(path, '/');

	*slash = '\0';
	if (mkdir(path, 0755) && errno != EEXIST)
		return false;
	*slash = '/';
	if (mkdir(path, 0700) && errno != EEXIST)
		return false;
	return !access(path, W_OK | X_OK);
}

static int save_to_directory(const struct buffer *buffer, const char *file)
{
	if (is_untouched(buffer)) {
		printf("%s: not saved, it was never written to\n", buffer->path);
		return EXIT_OK;
	}
	if (!make_directory())
		return failed("cannot write to %s: %s; name a file, or try: sudo devtrio buf save",
			      BUF_DIRECTORY, strerror(errno));
	return save_to(buffer, file);
}

/* Rename the file: the next save must not overwrite it. */
static int set_aside(const char *file, const char *reason)
{
	char kept[4096];
	int i;

	for (i = 1; i < 1000; i++) {
		snprintf(kept, sizeof(kept), "%s.kept.%d", file, i);
		if (!renameat2(AT_FDCWD, file, AT_FDCWD, kept,
			       RENAME_NOREPLACE))
			return failed("cannot restore %s: %s; renamed it to %s",
				      file, reason, kept);
		if (errno != EEXIST)
			break;
	}
	return failed("cannot restore %s: %s", file, reason);
}

static int store(const struct buffer *buffer, const char *file,
		 const char *content, size_t size)
{
	buf_write_all(buffer->fd, buffer->path, 0, content, size);
	printf("%s: restored %zu bytes from %s\n", buffer->path, size, file);
	return EXIT_OK;
}

/* The user named the file: keep it, and overwrite the buffer. */
static int restore_from(const struct buffer *buffer, const char *file, int fd)
{
	const char *problem;
	char *content;
	size_t size;

	problem = save_file_read(fd, &content, &size);
	if (problem)
		return failed("cannot restore %s: %s", file, problem);
	if (size > buffer->info.size)
		return failed("cannot restore %s: it has %zu bytes, %s only %llu",
			      file, size, buffer->path, buffer->info.size);
	store(buffer, file, content, size);
	free(content);
	return EXIT_OK;
}

static int restore_from_directory(const struct buffer *buffer,
				  const char *file, int fd)
{
	const char *problem;
	char *content;
	size_t size;
	int code = EXIT_OK;

	problem = save_file_read(fd, &content, &size);
	if (problem)
		return set_aside(file, problem);

	if (size <= buffer->info.size &&
	    !memcmp(content, buffer->content, size))
		printf("%s: already has the saved content\n", buffer->path);
	else if (size > buffer->info.size)
		code = set_aside(file, "it is larger than the buffer");
	else if (!is_untouched(buffer))
		code = set_aside(file, "the buffer was written to since the module was loaded");
	else
		store(buffer, file, content, size);
	free(content);

	if (code == EXIT_OK && (unlink(file) || sync_folder_of(file)))
		code = failed("restored %s, but cannot remove it: %s", file,
			      strerror(errno));
	return code;
}

static int save_one(const struct device *device, const char *file, bool own)
{
	struct buffer buffer;
	int code;

	open_buffer(&buffer, device, O_RDONLY);
	code = own ? save_to(&buffer, file) : save_to_directory(&buffer, file);
	close_buffer(&buffer);
	return code;
}

static int restore_one(const struct device *device, const char *file, bool own)
{
	bool input = own && !strcmp(file, "-");
	int code, fd = input ? dup(STDIN_FILENO) :
			       open(file, O_RDONLY | O_CLOEXEC);
	struct buffer buffer;

	if (fd < 0 && errno == ENOENT && !own) {
		printf("%s: no saved content\n", device->path);
		return EXIT_OK;
	}
	if (fd < 0)
		return failed("cannot restore %s: %s", file, strerror(errno));
	open_buffer(&buffer, device, O_RDWR);
	code = own ? restore_from(&buffer, file, fd) :
		     restore_from_directory(&buffer, file, fd);
	close_buffer(&buffer);
	close(fd);
	return code;
}

typedef int one(const struct device *device, const char *file, bool own);

static int run_in_directory(const struct device *device, one *run)
{
	struct rambuf_info info;
	char file[64];
	int fd = open_device(device, O_RDONLY);

	buf_get_info(fd, device->path, &info);
	close(fd);
	snprintf(file, sizeof(file), BUF_DIRECTORY "/%u", info.index);
	return run(device, file, false);
}

static int run_for_all(struct device device, one *run)
{
	int fd = open_device(&device, O_RDONLY), code, worst = EXIT_OK;
	struct rambuf_info info;
	char path[64];
	unsigned int i;

	buf_get_info(fd, device.path, &info);
	close(fd);
	for (i = 0; i < info.count; i++) {
		rambuf_node(i, path, sizeof(path));
		device.path = path;
		code = run_in_directory(&device, run);
		if (code != EXIT_OK)
			worst = code;
	}
	return worst;
}

static int save_or_restore(const struct request *request, one *run)
{
	if (request->operand)
		return run(&request->device, request->operand, true);
	if (request->chosen)
		return run_in_directory(&request->device, run);
	return run_for_all(request->device, run);
}

int buf_save(const void *data)
{
	return save_or_restore(data, save_one);
}

int buf_restore(const void *data)
{
	return save_or_restore(data, restore_one);
}
