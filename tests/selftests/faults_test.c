// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inject failures of memory allocation and user memory access into each call:
 * first into the first such point, then into the second, and so on until the
 * call succeeds. Runs as root in a kernel with fault injection.
 *
 * Each failure must either be handled, or fail the call with an expected errno
 * and without effect. The same call must succeed afterwards.
 */
#include "device.h"

#include <dirent.h>
#include <linux/input.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <devtrio/beepctrl.h>
#include <devtrio/proc_relate.h>
#include <devtrio/rambuf.h>

#define BUZZER	"beepctrl.0"
#define DRIVER	"/sys/bus/platform/drivers/beepctrl/"
#define CHIP	"/sys/bus/platform/drivers/devtrio-testchip/"
#define SIZE	(600 * 1024)
#define MOST_POINTS	20000

static int fail_nth = -1;
static char bytes[SIZE];

/* A call under test. */
struct walk {
	long (*call)(struct walk *walk);
	/* Reverts a successful call so that it can be repeated. */
	void (*undo)(struct walk *walk);
	/* Checks that a failed call had no effect. */
	void (*failed)(struct walk *walk);
	int fd;
	const void *arg;
	unsigned long command;
	long result;
	/* A pass takes minutes: stop once all expected errnos were seen. */
	bool is_long;
};

static void set_fail_nth(int n)
{
	char number[12];
	int length = snprintf(number, sizeof(number), "%d", n);

	/* Writing 0 can fail by the injected failure, which also resets it. */
	assert_true(pwrite(fail_nth, number, length, 0) == length || !n);
}

/* Whether the nth point was reached. This read can fail as well. */
static bool was_reached(void)
{
	char left = '1';

	return pread(fail_nth, &left, 1, 0) == 1 && left == '0';
}

static void call_again(struct walk *walk)
{
	errno = 0;
	walk->result = walk->call(walk);
	if (walk->result < 0)
		fail_msg("call after the failure: %s", strerror(errno));
	if (walk->undo)
		walk->undo(walk);
}

/* Passes over each call. */
#define PASSES	3

struct errnos {
	bool seen[256];
};

static void pass_through(struct walk *walk, struct errnos *errnos)
{
	int n, err;
	bool reached;

	for (n = 1; n < MOST_POINTS; n++) {
		set_fail_nth(n);
		errno = 0;
		walk->result = walk->call(walk);
		err = errno;
		reached = was_reached();
		set_fail_nth(0);

		if (walk->result >= 0 && walk->undo)
			walk->undo(walk);
		if (!reached) {
			assert_true(walk->result >= 0);
			break;
		}
		if (walk->result >= 0)
			continue;
		assert_in_range(err, 1, 255);
		errnos->seen[err] = true;
		if (walk->failed)
			walk->failed(walk);
		call_again(walk);
	}
	print_message("# %d points\n", n - 1);
	assert_true(n < MOST_POINTS);
}

/* Whether all expected errnos without a ? were seen. */
static bool are_all(const struct errnos *errnos, const char *expected)
{
	char names[64], *rest = names, *name;
	int err;

	assert_true(strlen(expected) < sizeof(names));
	strcpy(names, expected);
	while ((name = strsep(&rest, " ")) && *name) {
		if (strchr(name, '?'))
			continue;
		for (err = 1; err < 256; err++)
			if (errnos->seen[err] &&
			    !strcmp(strerrorname_np(err), name))
				break;
		if (err == 256)
			return false;
	}
	return true;
}

static void are_expected(const struct errnos *errnos, const char *expected)
{
	const char *name, *found;
	int err;

	for (err = 1; err < 256; err++) {
		if (!errnos->seen[err])
			continue;
		name = strerrorname_np(err);
		found = name ? strstr(expected, name) : NULL;
		if (!found)
			fail_msg("unexpected error: %s", strerror(err));
	}
}

/*
 * Inject a failure at each point of a call and check its errnos. A ? marks an
 * optional one, such as EFAULT for a string copy, which User Mode Linux does not
 * raise. Repeat a few times because other allocations of the kernel shift the
 * points.
 */
static void walk_through(struct walk *walk, const char *expected)
{
	struct errnos errnos = { };
	int pass;

	call_again(walk);
	for (pass = 0; pass < PASSES; pass++) {
		pass_through(walk, &errnos);
		are_expected(&errnos, expected);
		if (walk->is_long && are_all(&errnos, expected))
			break;
	}
	if (!are_all(&errnos, expected))
		fail_msg("some errnos of %s did not occur", expected);
}

static void close_it(struct walk *walk)
{
	assert_int_equal(close(walk->result), 0);
}

static long open_it(struct walk *walk)
{
	return open(walk->arg, O_RDWR | O_CLOEXEC);
}

static long ioctl_it(struct walk *walk)
{
	return ioctl(walk->fd, walk->command, walk->arg);
}

static long poll_it(struct walk *walk)
{
	struct pollfd poll_fd = { .fd = walk->fd, .events = POLLIN };

	return poll(&poll_fd, 1, 0);
}

static void opens(const char *path)
{
	struct walk walk = {
		.call = open_it, .undo = close_it, .arg = path,
	};

	/* EFAULT for the path, ENOMEM for the open file. */
	walk_through(&walk, "EFAULT? ENOMEM");
}

static void takes_command(int fd, unsigned long command, const void *arg,
			  const char *expected)
{
	struct walk walk = {
		.call = ioctl_it, .fd = fd, .command = command, .arg = arg,
	};

	walk_through(&walk, expected);
}

static void polls(int fd)
{
	struct walk walk = { .call = poll_it, .fd = fd };

	walk_through(&walk, "EFAULT");
}

static int tell(const char *path, const char *word)
{
	int fd = open_or_fail(path, O_WRONLY);
	ssize_t length = write(fd, word, strlen(word));
	int err = errno;

	close(fd);
	errno = err;
	return length < 0 ? -1 : 0;
}

static bool is_absent(void)
{
	struct beepctrl_info info = { .index = 0 };
	int fd = open_or_fail("/dev/beepctrl", O_RDWR);

	assert_works(ioctl(fd, BEEPCTRL_GET_INFO, &info));
	close(fd);
	return info.flags & BEEPCTRL_ABSENT;
}

/* The modules themselves. */

struct load {
	const char *module;
	const char *parameters;
	const char *node;
	/* Checks the loaded module. */
	void (*check)(void);
};

static bool is_loaded(const struct load *load)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s", load->module);
	return !access(path, F_OK);
}

static long load_it(struct walk *walk)
{
	const struct load *load = walk->arg;

	return syscall(SYS_finit_module, walk->fd, load->parameters, 0);
}

static long unload_it(struct walk *walk)
{
	const struct load *load = walk->arg;

	return syscall(SYS_delete_module, load->module, O_NONBLOCK);
}

static void unload_after(struct walk *walk)
{
	const struct load *load = walk->arg;
	char path[64];
	int fd, tries = 0;

	snprintf(path, sizeof(path), "/dev/%s", load->node);
	fd = open_or_fail(path, O_RDWR);
	close(fd);
	if (load->check)
		load->check();
	while (unload_it(walk)) {
		assert_int_equal(errno, EWOULDBLOCK);
		assert_in_range(++tries, 1, 1000000);
	}
	assert_false(is_loaded(load));
}

static void is_not_loaded(struct walk *walk)
{
	const struct load *load = walk->arg;
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", load->node);
	assert_false(is_loaded(load));
	assert_int_equal(access(path, F_OK), -1);
}

static void load_again(struct walk *walk)
{
	assert_works(load_it(walk));
}

static void is_still_loaded(struct walk *walk)
{
	assert_true(is_loaded(walk->arg));
}

static int open_module(const struct load *load)
{
	char path[64];

	snprintf(path, sizeof(path), "%s.ko", load->module);
	return open_or_fail(path, O_RDONLY);
}

static void loads_and_unloads(const struct load *load, const char *load_errors)
{
	struct walk loading = {
		.call = load_it, .undo = unload_after,
		.failed = is_not_loaded, .fd = open_module(load), .arg = load,
		.is_long = true,
	};
	struct walk unloading = {
		.call = unload_it, .undo = load_again,
		.failed = is_still_loaded, .fd = loading.fd, .arg = load,
	};

	syscall(SYS_delete_module, load->module, O_NONBLOCK);
	walk_through(&loading, load_errors);
	assert_works(load_it(&loading));
	/* EFAULT for the module name. */
	walk_through(&unloading, "EFAULT?");
	close(loading.fd);
}

/* Even after a failed allocation, each buzzer is linked to its chip. */
static void chip_takes_its_buzzers(void)
{
	if (is_absent())
		return;
	assert_works(tell(CHIP "unbind", "devtrio-testchip"));
	assert_true(is_absent());
	assert_works(tell(CHIP "bind", "devtrio-testchip"));
}

static const struct load rambuf = {
	"rambuf", "size=614400 count=2", "rambuf1", NULL,
};
static const struct load beepctrl = {
	"beepctrl", "lines=devtrio-testchip:1,devtrio-testchip:3:active-low",
	"beepctrl", chip_takes_its_buzzers,
};
static const struct load proc_relate = {
	"proc_relate", "", "proc_relate", NULL,
};

#define LOAD_ERRORS	"EFAULT ENOMEM"

static void keep_opening(const char *path)
{
	int fd;
	char byte;

	for (;;) {
		fd = open(path, O_RDWR);
		if (fd < 0) {
			sched_yield();
			continue;
		}
		if (read(fd, &byte, 1) != 1)
			_exit(1);
		close(fd);
	}
}

/* Also while another process opens the node as soon as it appears. */
static void rambuf_loads_and_unloads(void **state)
{
	struct walk loading = {
		.call = load_it, .undo = unload_after,
		.failed = is_not_loaded, .fd = open_module(&rambuf),
		.arg = &rambuf, .is_long = true,
	};
	int status;
	pid_t opener;

	loads_and_unloads(&rambuf, LOAD_ERRORS);
	opener = fork();
	assert_works(opener);
	if (!opener)
		keep_opening("/dev/rambuf");
	while (unload_it(&loading))
		assert_int_equal(errno, EWOULDBLOCK);
	walk_through(&loading, LOAD_ERRORS);
	assert_int_equal(waitpid(opener, &status, WNOHANG), 0);
	kill(opener, SIGKILL);
	assert_int_equal(waitpid(opener, NULL, 0), opener);
	assert_works(load_it(&loading));
	close(loading.fd);
}

static void beepctrl_loads_and_unloads(void **state)
{
	/* A failed name allocation in platform_device_add() leads to EINVAL. */
	loads_and_unloads(&beepctrl, "EFAULT EINVAL? ENOMEM");
}

static void proc_relate_loads_and_unloads(void **state)
{
	loads_and_unloads(&proc_relate, LOAD_ERRORS);
}

/* rambuf */

static void rambuf_opens(void **state)
{
	opens("/dev/rambuf");
}

static void rambuf_takes_commands(void **state)
{
	struct rambuf_info info;
	int fd = open_or_fail("/dev/rambuf", O_RDWR);

	takes_command(fd, RAMBUF_GET_INFO, &info, "EFAULT");
	takes_command(fd, RAMBUF_CLEAR, NULL, "");
	takes_command(fd, RAMBUF_NOTIFY, NULL, "");
	takes_command(fd, RAMBUF_RAW_0, NULL, "");
	takes_command(fd, RAMBUF_RAW_1, NULL, "");
	polls(fd);
	close(fd);
}

static void has_all(struct walk *walk)
{
	size_t i;

	assert_true(walk->result == SIZE || walk->result == SIZE / 2 ||
		    walk->result == 256 * 1024 || walk->result == 512 * 1024);
	for (i = 0; i < (size_t)walk->result; i++)
		if (bytes[i] != (char)(i / 1024 + 1))
			fail_msg("byte %zu is %d", i, bytes[i]);
	memset(bytes, 0, sizeof(bytes));
}

static void fill_bytes(void)
{
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = i / 1024 + 1;
}

static long pread_it(struct walk *walk)
{
	return pread(walk->fd, bytes, SIZE, 0);
}

static long preadv_it(struct walk *walk)
{
	const struct iovec pieces[] = {
		{ bytes, SIZE / 2 }, { bytes + SIZE / 2, SIZE / 2 },
	};

	return preadv(walk->fd, pieces, 2, 0);
}

static void rambuf_reads(void **state)
{
	int fd = open_or_fail("/dev/rambuf", O_RDWR);
	struct walk walk = { .call = pread_it, .undo = has_all, .fd = fd };

	fill_bytes();
	assert_int_equal(pwrite(fd, bytes, SIZE, 0), SIZE);
	/* A read in steps returns a short count if a later step fails. */
	walk_through(&walk, "EFAULT");
	walk.call = preadv_it;
	walk_through(&walk, "EFAULT");
	close(fd);
}

static void is_written(struct walk *walk)
{
	char first, last;

	assert_true(walk->result > 0);
	assert_int_equal(pread(walk->fd, &first, 1, 0), 1);
	assert_int_equal(pread(walk->fd, &last, 1, walk->result - 1), 1);
	assert_int_equal(first, bytes[0]);
	assert_int_equal(last, bytes[walk->result - 1]);
	assert_works(ioctl(walk->fd, RAMBUF_CLEAR));
}

static long pwrite_it(struct walk *walk)
{
	return pwrite(walk->fd, bytes, SIZE, 0);
}

static long pwritev_it(struct walk *walk)
{
	const struct iovec pieces[] = {
		{ bytes, SIZE / 2 }, { bytes + SIZE / 2, SIZE / 2 },
	};

	return pwritev(walk->fd, pieces, 2, 0);
}

static void rambuf_writes(void **state)
{
	int fd = open_or_fail("/dev/rambuf", O_RDWR);
	struct walk walk = { .call = pwrite_it, .undo = is_written, .fd = fd };

	fill_bytes();
	/* A fault in mapped memory is retried. */
	walk_through(&walk, "");
	walk.call = pwritev_it;
	/* A fault in the iovec array is not. */
	walk_through(&walk, "EFAULT");
	close(fd);
}

static long mmap_it(struct walk *walk)
{
	void *map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 walk->fd, 0);

	return map == MAP_FAILED ? -1 : (long)(uintptr_t)map;
}

static void munmap_it(struct walk *walk)
{
	char *map = (char *)(uintptr_t)walk->result;

	map[0] = 1;
	map[SIZE - 1] = 2;
	assert_int_equal(munmap(map, SIZE), 0);
}

static void rambuf_maps(void **state)
{
	int fd = open_or_fail("/dev/rambuf", O_RDWR);
	struct walk walk = { .call = mmap_it, .undo = munmap_it, .fd = fd };

	walk_through(&walk, "ENOMEM");
	close(fd);
}

/* Access a page that was dropped. */
static long touch_it(struct walk *walk)
{
	volatile char *map = (char *)(uintptr_t)walk->arg;

	return map[SIZE - 1] == 2 ? 0 : -1;
}

static void drop_pages(struct walk *walk)
{
	assert_int_equal(madvise((void *)walk->arg, SIZE, MADV_DONTNEED), 0);
}

static void rambuf_faults_pages_back_in(void **state)
{
	int fd = open_or_fail("/dev/rambuf", O_RDWR);
	struct walk walk = { .call = touch_it, .undo = drop_pages };
	char *map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	assert_ptr_not_equal(map, MAP_FAILED);
	map[SIZE - 1] = 2;
	walk.arg = map;
	drop_pages(&walk);
	walk_through(&walk, "");
	munmap(map, SIZE);
	close(fd);
}

static int pipe_fds[2];

static void empty_pipe(struct walk *walk)
{
	ssize_t left = walk->result, n;

	while (left > 0) {
		n = read(pipe_fds[0], bytes, left);
		assert_true(n > 0);
		left -= n;
	}
}

static long splice_out(struct walk *walk)
{
	assert_int_equal(lseek(walk->fd, 0, SEEK_SET), 0);
	return splice(walk->fd, NULL, pipe_fds[1], NULL, 8192, 0);
}

static long splice_in(struct walk *walk)
{
	assert_int_equal(lseek(walk->fd, 0, SEEK_SET), 0);
	return splice(pipe_fds[0], NULL, walk->fd, NULL, 8192, 0);
}

static void refill_pipe(struct walk *walk)
{
	assert_true(walk->result > 0);
	assert_int_equal(write(pipe_fds[1], bytes, walk->result), walk->result);
}

static void rambuf_splices(void **state)
{
	int fd = open_or_fail("/dev/rambuf", O_RDWR);
	struct walk walk = { .call = splice_out, .undo = empty_pipe, .fd = fd };

	assert_works(pipe(pipe_fds));
	/* Errno for a failed page allocation for the pipe. */
	walk_through(&walk, kernel_is_before(6, 5) ? "EAGAIN" : "ENOMEM");
	walk = (struct walk){
		.call = splice_in, .undo = refill_pipe, .fd = fd,
	};
	assert_int_equal(write(pipe_fds[1], bytes, 8192), 8192);
	walk_through(&walk, "ENOMEM");
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	close(fd);
}

/* proc_relate */

static void proc_relate_opens(void **state)
{
	opens("/dev/proc_relate");
}

static struct proc_relate_task tasks[1024];

static long read_tasks(struct walk *walk)
{
	return read(walk->fd, tasks, sizeof(tasks));
}

static void rewind_it(struct walk *walk)
{
	assert_int_equal(lseek(walk->fd, 0, SEEK_SET), 0);
}

static void finds_itself(struct walk *walk)
{
	ssize_t rest = 0;
	size_t i, n;

	/* After a partial read, read the rest. */
	if (walk->result < (long)sizeof(tasks))
		rest = read(walk->fd, (char *)tasks + walk->result,
			    sizeof(tasks) - walk->result);
	assert_true(rest >= 0);
	n = (walk->result + rest) / sizeof(tasks[0]);
	for (i = 0; i < n; i++)
		if (tasks[i].pid == (unsigned int)getpid())
			break;
	assert_true(i < n);
	rewind_it(walk);
}

static void proc_relate_reads(void **state)
{
	struct walk walk = {
		.call = read_tasks, .undo = finds_itself,
		.fd = open_or_fail("/dev/proc_relate", O_RDONLY),
	};

	walk_through(&walk, "EFAULT");
	close(walk.fd);
}

static void proc_relate_takes_commands(void **state)
{
	struct proc_relate_query query = { .flags = PROC_RELATE_BELOW };
	struct proc_relate_status status;
	struct proc_relate_info info;
	int fd = open_or_fail("/dev/proc_relate", O_RDONLY);

	query.below = getpid();
	takes_command(fd, PROC_RELATE_GET_INFO, &info, "EFAULT");
	takes_command(fd, PROC_RELATE_GET_STATUS, &status, "EFAULT");
	takes_command(fd, PROC_RELATE_SET_QUERY, &query, "EFAULT");
	polls(fd);
	close(fd);
}

/*
 * Reload the module each time to start a new log: without subscribers, the log
 * stays for a while.
 */
static long track(struct walk *walk)
{
	const struct proc_relate_query query = { .flags = PROC_RELATE_TRACK };

	return ioctl(walk->fd, PROC_RELATE_SET_QUERY, &query);
}

static void load_afresh(struct walk *walk)
{
	struct walk module = { .arg = &proc_relate };

	close(walk->fd);
	assert_works(unload_it(&module));
	module.fd = open_module(&proc_relate);
	assert_works(load_it(&module));
	close(module.fd);
	walk->fd = open_or_fail("/dev/proc_relate", O_RDONLY);
}

static void proc_relate_starts_tracking(void **state)
{
	struct walk walk = {
		.call = track, .undo = load_afresh,
		.fd = open_or_fail("/dev/proc_relate", O_RDONLY),
	};

	walk_through(&walk, "EFAULT ENOMEM");
	close(walk.fd);
}

/* beepctrl */

static void beepctrl_opens(void **state)
{
	opens("/dev/beepctrl");
}

static void beepctrl_takes_commands(void **state)
{
	static const struct beepctrl_step steps[] = {
		{ BEEPCTRL_STEADY, 10 }, { 440, 10 },
	};
	struct beepctrl_play play = {
		.repeat = 1, .count = 2, .steps = (uintptr_t)steps,
	};
	struct beepctrl_buzzer buzzer = { .index = 0 };
	struct beepctrl_info info = { .index = 1 };
	int fd = open_or_fail("/dev/beepctrl", O_RDWR);

	takes_command(fd, BEEPCTRL_GET_INFO, &info, "EFAULT");
	takes_command(fd, BEEPCTRL_ON, &buzzer, "EFAULT");
	takes_command(fd, BEEPCTRL_STOP, &buzzer, "EFAULT");
	takes_command(fd, BEEPCTRL_RAW_ON, (void *)1, "");
	takes_command(fd, BEEPCTRL_RAW_OFF, (void *)1, "");
	takes_command(fd, BEEPCTRL_PLAY, &play, "EFAULT ENOMEM");
	takes_command(fd, BEEPCTRL_OFF, &buzzer, "EFAULT");
	polls(fd);
	close(fd);
}

static long write_word(struct walk *walk)
{
	return write(walk->fd, walk->arg, strlen(walk->arg));
}

static void unbind_after(struct walk *walk)
{
	assert_false(is_absent());
	assert_works(tell(DRIVER "unbind", BUZZER));
	assert_true(is_absent());
}

static void is_not_bound(struct walk *walk)
{
	assert_true(is_absent());
}

static void beepctrl_binds(void **state)
{
	struct walk walk = {
		.call = write_word, .undo = unbind_after,
		.failed = is_not_bound, .arg = BUZZER,
		.fd = open_or_fail(DRIVER "bind", O_WRONLY),
	};

	assert_works(tell(DRIVER "unbind", BUZZER));
	/* A failed name in input_allocate_device() leads to EINVAL. */
	walk_through(&walk, "EFAULT EINVAL? ENOMEM");
	assert_works(tell(DRIVER "bind", BUZZER));
	close(walk.fd);
}

static void bind_after(struct walk *walk)
{
	assert_true(is_absent());
	assert_works(tell(DRIVER "bind", BUZZER));
	assert_false(is_absent());
}

static void is_bound(struct walk *walk)
{
	assert_false(is_absent());
}

static void beepctrl_unbinds(void **state)
{
	struct walk walk = {
		.call = write_word, .undo = bind_after,
		.failed = is_bound, .arg = BUZZER,
		.fd = open_or_fail(DRIVER "unbind", O_WRONLY),
	};

	walk_through(&walk, "EFAULT ENOMEM");
	close(walk.fd);
}

/* The event device of buzzer 0. */
static const char *event_node(void)
{
	static char path[300];
	struct dirent *entry;
	DIR *inputs = opendir("/dev/input");
	char name[64];
	int fd;

	assert_non_null(inputs);
	while ((entry = readdir(inputs))) {
		snprintf(path, sizeof(path), "/dev/input/%s", entry->d_name);
		fd = open(path, O_RDWR | O_NONBLOCK);
		if (fd < 0)
			continue;
		memset(name, 0, sizeof(name));
		ioctl(fd, EVIOCGPHYS(sizeof(name) - 1), name);
		close(fd);
		if (!strcmp(name, "beepctrl0"))
			break;
	}
	closedir(inputs);
	assert_non_null(entry);
	return path;
}

static long write_event(struct walk *walk)
{
	struct input_event event = {
		.type = EV_SND, .code = SND_TONE, .value = 440,
	};

	return write(walk->fd, &event, sizeof(event));
}

static void beepctrl_takes_input_events(void **state)
{
	struct walk walk = { .call = write_event };

	opens(event_node());
	walk.fd = open_or_fail(event_node(), O_RDWR);
	walk_through(&walk, "EFAULT");
	close(walk.fd);
	assert_true(!is_absent());
}

static int find_fail_nth(void **state)
{
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	return fail_nth < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(rambuf_opens),
		cmocka_unit_test(rambuf_takes_commands),
		cmocka_unit_test(rambuf_reads),
		cmocka_unit_test(rambuf_writes),
		cmocka_unit_test(rambuf_maps),
		cmocka_unit_test(rambuf_faults_pages_back_in),
		cmocka_unit_test(rambuf_splices),
		cmocka_unit_test(proc_relate_opens),
		cmocka_unit_test(proc_relate_reads),
		cmocka_unit_test(proc_relate_takes_commands),
		cmocka_unit_test(proc_relate_starts_tracking),
		cmocka_unit_test(beepctrl_opens),
		cmocka_unit_test(beepctrl_takes_commands),
		cmocka_unit_test(beepctrl_takes_input_events),
		cmocka_unit_test(beepctrl_binds),
		cmocka_unit_test(beepctrl_unbinds),
		cmocka_unit_test(rambuf_loads_and_unloads),
		cmocka_unit_test(beepctrl_loads_and_unloads),
		cmocka_unit_test(proc_relate_loads_and_unloads),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return run_as_tap_after(find_fail_nth, tests);
}
