// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz the whole utility: its command line and the drivers' answers.
 *
 * An input has one word per line up to an empty line, then the bytes that the
 * devices answer. Missing bytes are zeros, which mean success. Nothing reaches
 * the machine: the Makefile renames the utility's system calls, and open()
 * calls fake_open(). All files are fakes, no program runs, and exit() returns
 * to this file.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <libsmartcols/libsmartcols.h>

#include <devtrio/proc_relate.h>
#include <devtrio/rambuf.h>

#include "fuzz.h"

#define WORDS_MAX	12
#define CALLS_MAX	200	/* stop commands that run endlessly */

int devtrio_main(int argc, char **argv);

static const uint8_t *answers;
static size_t answers_left;
static unsigned int calls;
static jmp_buf ended;
static int exit_code;

static void answer(void *to, size_t size)
{
	size_t n = size < answers_left ? size : answers_left;

	memset(to, 0, size);
	memcpy(to, answers, n);
	answers += n;
	answers_left -= n;
}

/* Choose a number below count by a byte of the input. */
static unsigned int choice(unsigned int count)
{
	uint8_t byte;

	answer(&byte, 1);
	return byte % count;
}

static const int errors[] = {
	0, 0, 0, 0, ENODEV, EINVAL, EPERM, EAGAIN, EACCES, ENOENT, ESRCH,
	EOPNOTSUPP, EINTR, EIO, ENOSPC, EBADF,
};

static int fails(void)
{
	errno = errors[choice(sizeof(errors) / sizeof(errors[0]))];
	return errno;
}

void __attribute__((noreturn)) fake_exit(int code)
{
	exit_code = code;
	longjmp(ended, 1);
}

void __attribute__((noreturn)) fake__exit(int code)
{
	fake_exit(code);
}

int fake_atexit(void (*function)(void))
{
	return 0;
}

static void count_call(void)
{
	if (++calls > CALLS_MAX)
		fake_exit(0);
}

/* Create a fake file with some of the answers as its content. */
static int create_fake(void)
{
	uint8_t bytes[4096];
	size_t size;
	int fd;

	count_call();
	if (fails())
		return -1;
	fd = memfd_create("fake", MFD_CLOEXEC);
	MUST(fd >= 0);
	size = answers_left < sizeof(bytes) ? answers_left : sizeof(bytes);
	/* Most files have whole records. */
	if (choice(4) != 3)
		size -= size % sizeof(struct proc_relate_task);
	answer(bytes, size);
	MUST(write(fd, bytes, size) == (ssize_t)size);
	MUST(!lseek(fd, 0, SEEK_SET));
	return fd;
}

/* Give a buffer the size that bound_size() reports. */
int fake_open(const char *path, int flags, ...)
{
	int fd = create_fake();

	if (fd >= 0 && !strncmp(path, "/dev/rambuf", strlen("/dev/rambuf")))
		MUST(!ftruncate(fd, 1 + choice(2) * 4096));
	return fd;
}

FILE *fake_fopen(const char *path, const char *mode)
{
	int fd = create_fake();

	return fd < 0 ? NULL : fdopen(fd, "r");
}

int fake_mkostemp(char *name, int flags)
{
	return create_fake();
}

static void bound_size(int fd, struct rambuf_info *info)
{
	off_t size = lseek(fd, 0, SEEK_END);

	info->size = size > 0 ? size : 1;
	MUST(!lseek(fd, 0, SEEK_SET) || size < 0);
	info->count = 1 + info->count % RAMBUF_MAX_COUNT;
}

static void set_version(struct proc_relate_info *info)
{
	info->version = PROC_RELATE_VERSION;
	info->record_size = sizeof(struct proc_relate_task);
}

int fake_ioctl(int fd, unsigned long command, ...)
{
	va_list args;
	void *argument;

	va_start(args, command);
	argument = va_arg(args, void *);
	va_end(args);

	count_call();
	if (fails())
		return -1;
	if (!argument && _IOC_SIZE(command)) {
		errno = EFAULT;
		return -1;
	}
	if (command == TIOCGWINSZ)
		answer(argument, sizeof(struct winsize));
	else if (_IOC_DIR(command) & _IOC_READ)
		answer(argument, _IOC_SIZE(command));
	/* Keep answers plausible, or most inputs would stop here. */
	if (command == RAMBUF_GET_INFO)
		bound_size(fd, argument);
	if (command == PROC_RELATE_GET_INFO && choice(8) != 7)
		set_version(argument);
	return 0;
}

int fake_isatty(int fd)
{
	return choice(2);
}

int fake_poll(struct pollfd *files, nfds_t count, int timeout)
{
	nfds_t i;

	count_call();
	for (i = 0; i < count; i++)
		files[i].revents = choice(8) == 7 ? POLLERR : files[i].events;
	return count - choice(count + 1);
}

int fake_ppoll(struct pollfd *files, nfds_t count,
		 const struct timespec *timeout, const sigset_t *mask)
{
	return fake_poll(files, count, timeout ? 0 : -1);
}

int fake_sigwait(const sigset_t *set, int *number)
{
	*number = SIGINT;
	return 0;
}

/* Refuse calls that change processes or the disk. */
#define REFUSED(type, name, ...)					\
	type fake_##name(__VA_ARGS__)					\
	{								\
		errno = EPERM;						\
		return -1;						\
	}

REFUSED(int, fork, void)
REFUSED(int, vfork, void)
REFUSED(int, kill, int pid, int signal)
REFUSED(int, system, const char *command)
REFUSED(int, execv, const char *path, char *const *argv)
REFUSED(int, execvp, const char *path, char *const *argv)
REFUSED(int, execve, const char *path, char *const *argv, char *const *envp)
REFUSED(int, pthread_create, void *thread, void *attr, void *run, void *arg)
REFUSED(int, unlink, const char *path)
REFUSED(int, rmdir, const char *path)
REFUSED(int, rename, const char *from, const char *to)
REFUSED(int, renameat2, int a, const char *from, int b, const char *to,
	unsigned int flags)
REFUSED(int, mkdir, const char *path, int mode)
REFUSED(int, setitimer, int which, void *new, void *old)
REFUSED(int, sigaction, int number, const void *new, void *old)
REFUSED(int, sigprocmask, int how, const void *new, void *old)

int fake_posix_spawn(void)
{
	return EPERM;
}

int fake_posix_spawnp(void)
{
	return EPERM;
}

FILE *fake_popen(const char *command, const char *mode)
{
	errno = EPERM;
	return NULL;
}

/* The next input needs stdin and stdout again. */
int fake_fclose(FILE *file)
{
	return file == stdin || file == stdout ? 0 : fclose(file);
}

/* Track allocations: exit() would release them, but fake_exit() returns. */
static void *allocated[1 << 12];

static void *note_allocated(void *old, void *new)
{
	size_t i;

	for (i = 0; i < sizeof(allocated) / sizeof(allocated[0]); i++)
		if (allocated[i] == old) {
			allocated[i] = new;
			break;
		}
	return new;
}

void *fake_malloc(size_t size)
{
	return note_allocated(NULL, malloc(size));
}

void *fake_calloc(size_t count, size_t size)
{
	return note_allocated(NULL, calloc(count, size));
}

void *fake_reallocarray(void *old, size_t count, size_t size)
{
	void *new = reallocarray(old, count, size);

	return new ? note_allocated(old, new) : NULL;
}

void *fake_realloc(void *old, size_t size)
{
	return fake_reallocarray(old, 1, size);
}

void fake_free(void *old)
{
	if (old)
		note_allocated(old, NULL);
	free(old);
}

/* The utility has one table at a time. */
static struct libscols_table *table;

struct libscols_table *fake_scols_new_table(void)
{
	return table = scols_new_table();
}

void fake_scols_unref_table(struct libscols_table *old)
{
	scols_unref_table(old);
	table = NULL;
}

static void free_allocated(void)
{
	size_t i;

	scols_unref_table(table);
	table = NULL;

	for (i = 0; i < sizeof(allocated) / sizeof(allocated[0]); i++) {
		free(allocated[i]);
		allocated[i] = NULL;
	}
}

static int first_file;

/* Keep the utility's messages apart from the sanitizers' reports. */
FILE *fake_stderr;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	MUST(freopen("/dev/null", "r", stdin));
	MUST(freopen("/dev/null", "w", stdout));
	fake_stderr = fopen("/dev/null", "w");
	MUST(fake_stderr);
	/* The utility uses file descriptors from here on. */
	first_file = dup(STDIN_FILENO);
	MUST(first_file >= 0);
	close(first_file);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *argv[WORDS_MAX + 2] = { strdup("devtrio") };
	int argc = 1, i;

	while (size && *data != '\n' && argc <= WORDS_MAX) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t length = end ? (size_t)(end - data) : size;

		argv[argc++] = strndup((const char *)data, length);
		length += end != NULL;
		data += length;
		size -= length;
	}
	answers = size ? data + 1 : data;
	answers_left = size ? size - 1 : 0;
	calls = 0;
	optind = 0;
	if (!setjmp(ended))
		exit_code = devtrio_main(argc, (char *[WORDS_MAX + 2]){
			argv[0], argv[1], argv[2], argv[3], argv[4], argv[5],
			argv[6], argv[7], argv[8], argv[9], argv[10], argv[11],
			argv[12], NULL });
	MUST(exit_code >= 0 && exit_code < 32);
	clearerr(stdout);
	close_range(first_file, ~0U, 0);
	free_allocated();
	for (i = 0; i < argc; i++)
		free(argv[i]);
	return 0;
}
