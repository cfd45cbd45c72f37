// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system calls of a hostile program: valid, nearly valid and invalid ones,
 * on all device files of the drivers, from processes and threads that share
 * them.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <poll.h>
#include <unistd.h>

#include <linux/input.h>

#include <devtrio/beepctrl.h>
#include <devtrio/proc_relate.h>
#include <devtrio/rambuf.h>

#include "driver_calls.h"

#define SLOTS	8
#define MEMORY	(1 << 20)
#define MAPS	4
#define THREADS	4
#define MAX_CHILDREN	8

static const char * const nodes[] = {
	"/dev/proc_relate", "/dev/beepctrl", "/dev/rambuf", "/dev/rambuf1",
	"/dev/input/event0", "/dev/input/event1",
};

/* State of a sequence. Threads share it without locking on purpose. */
static volatile int slots[SLOTS];
static struct {
	char *volatile address;
	volatile size_t size;
} maps[MAPS];
static int pipe_fds[2], socket_fds[2], epoll_fd;
/* Below 4 GiB, for 32-bit calls. */
static char *memory;
static char *read_only;
static char *hole;

static const struct {
	unsigned long number;
	unsigned int size;
} commands[] = {
	{ PROC_RELATE_GET_INFO, sizeof(struct proc_relate_info) },
	{ PROC_RELATE_SET_QUERY, sizeof(struct proc_relate_query) },
	{ PROC_RELATE_SET_QUERY, sizeof(struct proc_relate_query) },
	{ PROC_RELATE_GET_STATUS, sizeof(struct proc_relate_status) },
	{ BEEPCTRL_GET_INFO, sizeof(struct beepctrl_info) },
	{ BEEPCTRL_ON, sizeof(struct beepctrl_buzzer) },
	{ BEEPCTRL_OFF, sizeof(struct beepctrl_buzzer) },
	{ BEEPCTRL_PLAY, sizeof(struct beepctrl_play) },
	{ BEEPCTRL_PLAY, sizeof(struct beepctrl_play) },
	{ BEEPCTRL_STOP, sizeof(struct beepctrl_buzzer) },
	{ RAMBUF_GET_INFO, sizeof(struct rambuf_info) },
	{ RAMBUF_CLEAR, 0 },
	{ RAMBUF_NOTIFY, 0 },
	{ RAMBUF_RAW_0, 0 },
	{ RAMBUF_RAW_1, 0 },
};

#define NUMBER_OF(array)	(sizeof(array) / sizeof((array)[0]))

/* Return a size, mostly at a limit. */
static size_t a_size(struct dice *dice)
{
	static const size_t sizes[] = {
		0, 1, 7, 8, 127, 128, 129, 4095, 4096, 4097, 7680, 8192,
		65536, 262143, 262144, 262145, 600000, MEMORY,
	};

	if (roll_below(dice, 16) == 0)
		return ((size_t)roll(dice) << 32) | roll(dice);
	if (roll_below(dice, 4) == 0)
		return roll_below(dice, 20000);
	return sizes[roll_below(dice, NUMBER_OF(sizes))];
}

static long long an_offset(struct dice *dice)
{
	long long offset = a_size(dice);

	switch (roll_below(dice, 12)) {
	case 0:
		return -offset;
	case 1:
		return INT64_MAX - roll_below(dice, 2);
	case 2:
		return offset << 12;
	default:
		return roll_below(dice, 3) ? offset % 8192 : offset;
	}
}

/* Return an existing mapping if there is one. */
static unsigned int a_map(struct dice *dice)
{
	unsigned int first = roll_below(dice, MAPS), i;

	for (i = first; i < first + MAPS; i++)
		if (maps[i % MAPS].address)
			return i % MAPS;
	return first;
}

/* Return a valid or invalid address. */
static char *an_address(struct dice *dice)
{
	unsigned int map = a_map(dice);

	switch (roll_below(dice, 16)) {
	case 0:
		return NULL;
	case 1:
		return (char *)0xffff888000000000;
	case 2:
		return read_only;
	case 3:
		return hole - roll_below(dice, 300);
	case 4:
	case 5:
		if (maps[map].address)
			return maps[map].address;
		return memory;
	case 6:
		return memory + roll_below(dice, 64);
	default:
		return memory;
	}
}

/* Return the file in the slot, or usually the next open one. */
static int file_from(uint8_t slot)
{
	unsigned int i;

	for (i = 0; i < SLOTS && slot < 240; i++)
		if (slots[(slot + i) % SLOTS] >= 0)
			return slots[(slot + i) % SLOTS];
	return slots[slot % SLOTS];
}

static int a_file(const struct call *call)
{
	return file_from(call->slot);
}

static long keep(const struct call *call, long fd)
{
	int old;

	if (fd < 0)
		return fd;
	old = slots[call->slot % SLOTS];
	slots[call->slot % SLOTS] = fd;
	if (old >= 0)
		close(old);
	return fd;
}

static long do_open(const struct call *call, struct dice *dice)
{
	static const int modes[] = { O_RDWR, O_RDWR, O_RDONLY, O_WRONLY };
	static const int flags[] = {
		0, 0, 0, O_NONBLOCK, O_APPEND, O_DIRECT, O_TRUNC, O_PATH,
		O_SYNC, O_CREAT | O_EXCL,
	};
	const char *node = nodes[roll_below(dice, NUMBER_OF(nodes))];

	return keep(call, open(node, modes[roll_below(dice, 4)] |
			       flags[roll_below(dice, NUMBER_OF(flags))], 0600));
}

static long do_close(const struct call *call, struct dice *dice)
{
	int fd = slots[call->slot % SLOTS];

	slots[call->slot % SLOTS] = -1;
	return close(fd);
}

static long do_dup(const struct call *call, struct dice *dice)
{
	return keep(call, dup(file_from(roll(dice))));
}

static long do_read(const struct call *call, struct dice *dice)
{
	return syscall(SYS_read, a_file(call), an_address(dice), a_size(dice));
}

static long do_write(const struct call *call, struct dice *dice)
{
	return syscall(SYS_write, a_file(call), an_address(dice), a_size(dice));
}

static long do_pread(const struct call *call, struct dice *dice)
{
	return syscall(SYS_pread64, a_file(call), an_address(dice),
		       a_size(dice), an_offset(dice));
}

static long do_pwrite(const struct call *call, struct dice *dice)
{
	return syscall(SYS_pwrite64, a_file(call), an_address(dice),
		       a_size(dice), an_offset(dice));
}

static unsigned int some_pieces(struct dice *dice, struct iovec *pieces)
{
	unsigned int i, n = roll_below(dice, 5);

	for (i = 0; i < n; i++) {
		pieces[i].iov_base = an_address(dice);
		pieces[i].iov_len = a_size(dice);
	}
	return n;
}

/* Use flags such as RWF_NOWAIT and RWF_APPEND. */
static long do_preadv2(const struct call *call, struct dice *dice)
{
	struct iovec pieces[4];
	unsigned int n = some_pieces(dice, pieces);

	return syscall(SYS_preadv2, a_file(call), pieces, n, an_offset(dice), 0,
		       roll_below(dice, 2) ? roll_below(dice, 64) : 0);
}

static long do_pwritev2(const struct call *call, struct dice *dice)
{
	struct iovec pieces[4];
	unsigned int n = some_pieces(dice, pieces);

	return syscall(SYS_pwritev2, a_file(call), pieces, n, an_offset(dice),
		       0, roll_below(dice, 2) ? roll_below(dice, 64) : 0);
}

static long do_lseek(const struct call *call, struct dice *dice)
{
	long long offset = roll_below(dice, 2) ? an_offset(dice) : 0;

	return lseek(a_file(call), offset, roll_below(dice, 6));
}

static void fill(struct dice *dice, void *to, size_t size)
{
	uint8_t *bytes = to;

	while (size--)
		*bytes++ = roll(dice);
}

static void make_query(struct dice *dice, struct proc_relate_query *query)
{
	*query = (struct proc_relate_query){ .flags = roll_below(dice, 512) };
	if (roll_below(dice, 2))
		query->flags &= PROC_RELATE_THREADS | PROC_RELATE_CHANGES;
	if (query->flags & PROC_RELATE_BELOW)
		query->below = roll_below(dice, 2) ? (uint32_t)getpid() :
						     roll_below(dice, 200);
	if (query->flags & PROC_RELATE_SESSION)
		query->session = roll_below(dice, 200);
	if (query->flags & PROC_RELATE_UID)
		query->uid = roll_below(dice, 2) ? 1000 : 0;
	if (query->flags & PROC_RELATE_CHANGES)
		query->since = roll_below(dice, 1000);
}

static void make_play(struct dice *dice, struct beepctrl_play *play)
{
	struct beepctrl_step *steps = (void *)(memory + 4096);
	unsigned int i;

	*play = (struct beepctrl_play){
		.index = roll_below(dice, 3),
		.flags = roll_below(dice, 2),
		.repeat = roll_below(dice, 4),
		.count = roll_below(dice, 8) ? 1 + roll_below(dice, 8) :
					       roll_below(dice, 1100),
		.steps = (uintptr_t)(roll_below(dice, 8) ? (char *)steps :
							   an_address(dice)),
	};
	for (i = 0; i < play->count; i++) {
		steps[i].frequency = roll_below(dice, 4) ?
				     20 + roll_below(dice, 20000) :
				     -roll_below(dice, 2);
		steps[i].duration = 1 + roll_below(dice, 20);
	}
}

/* Make a valid argument, then perhaps corrupt it. */
static void make_argument(struct dice *dice, unsigned int which)
{
	unsigned long number = commands[which].number;
	unsigned int size = commands[which].size;

	memset(memory, 0, size);
	if (number == PROC_RELATE_SET_QUERY)
		make_query(dice, (void *)memory);
	else if (number == BEEPCTRL_PLAY)
		make_play(dice, (void *)memory);
	else if (size)
		memory[0] = roll_below(dice, 3);

	if (size && roll_below(dice, 4) == 0)
		memory[roll_below(dice, size)] ^= 1 << roll_below(dice, 8);
	if (roll_below(dice, 12) == 0)
		fill(dice, memory, size);
}

static unsigned long a_command(struct dice *dice, unsigned int *which)
{
	*which = roll_below(dice, NUMBER_OF(commands));
	switch (roll_below(dice, 12)) {
	case 0:
		return commands[*which].number ^ (1UL << roll_below(dice, 32));
	case 1:
		return roll(dice);
	case 2:
		/* Generic ioctls of files and terminals. */
		return 0x5400 + roll_below(dice, 0x70);
	default:
		return commands[*which].number;
	}
}

static long an_argument(struct dice *dice, unsigned int which)
{
	if (roll_below(dice, 8) == 0)
		return (long)an_address(dice);
	if (commands[which].number < 2 || roll_below(dice, 16) == 0)
		return roll_below(dice, 40);
	make_argument(dice, which);
	return (long)memory;
}

static long do_ioctl(const struct call *call, struct dice *dice)
{
	unsigned int which;
	unsigned long command = a_command(dice, &which);

	return syscall(SYS_ioctl, a_file(call), command,
		       an_argument(dice, which));
}

/* Call ioctl() like a 32-bit program. */
static long do_ioctl_32(const struct call *call, struct dice *dice)
{
#ifdef __x86_64__
	unsigned int which;
	unsigned long command = a_command(dice, &which);
	long argument = an_argument(dice, which), result;

	asm volatile("int $0x80" : "=a"(result)
		     : "a"(54), "b"((long)a_file(call)), "c"(command),
		       "d"(argument)
		     : "memory", "r8", "r9", "r10", "r11");
	if ((int)result < 0) {
		errno = -(int)result;
		return -1;
	}
	return result;
#else
	return do_ioctl(call, dice);
#endif
}

static long do_mmap(const struct call *call, struct dice *dice)
{
	static const int flags[] = {
		MAP_SHARED, MAP_SHARED, MAP_SHARED | MAP_POPULATE, MAP_PRIVATE,
		MAP_PRIVATE | MAP_LOCKED,
	};
	unsigned int i = roll_below(dice, MAPS);
	size_t size = 1 + roll_below(dice, 70000);
	int access = roll_below(dice, 2) ? PROT_READ : roll_below(dice, 8);
	int how = flags[roll_below(dice, NUMBER_OF(flags))];
	long long offset = roll_below(dice, 4) ? 0 : 4096 * an_offset(dice);
	char *address = MAP_FAILED;
	unsigned int n;

	/* Try files until one can be mapped. */
	for (n = 0; n < SLOTS && address == MAP_FAILED; n++)
		address = mmap(NULL, size, access, how,
			       slots[(call->slot + n) % SLOTS], offset);
	if (address == MAP_FAILED)
		return -1;
	/* A mapping that is replaced stays until the process exits. */
	maps[i].size = size;
	maps[i].address = address;
	return 0;
}

static long do_munmap(const struct call *call, struct dice *dice)
{
	unsigned int i = a_map(dice);
	char *address = maps[i].address;
	size_t size = maps[i].size;

	maps[i].address = NULL;
	if (!address) {
		errno = ENOENT;
		return -1;
	}
	/* Sometimes unmap only the first page. */
	return munmap(address, roll_below(dice, 4) ? size : 4096);
}

/* Access the mapping from the kernel: a fault is EFAULT, not a signal. */
static long do_touch(const struct call *call, struct dice *dice)
{
	unsigned int i = a_map(dice);
	char *address = maps[i].address;

	if (!address) {
		errno = ENOENT;
		return -1;
	}
	address += roll(dice) % maps[i].size;
	if (roll_below(dice, 2))
		return write(pipe_fds[1], address, 1);
	return read(pipe_fds[0], address, 1);
}

static long do_advise(const struct call *call, struct dice *dice)
{
	static const int advices[] = {
		MADV_DONTNEED, MADV_DONTNEED, MADV_WILLNEED, MADV_DONTFORK,
		MADV_REMOVE, MADV_FREE, MADV_COLD, MADV_PAGEOUT,
		MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_HUGEPAGE,
		MADV_WIPEONFORK, MADV_MERGEABLE,
	};
	unsigned int i = a_map(dice);

	if (!maps[i].address) {
		errno = ENOENT;
		return -1;
	}
	return madvise(maps[i].address, maps[i].size,
		       advices[roll_below(dice, NUMBER_OF(advices))]);
}

static long do_remap(const struct call *call, struct dice *dice)
{
	unsigned int i = a_map(dice);
	size_t size = 1 + roll_below(dice, 100000);
	char *address = maps[i].address;

	if (!address) {
		errno = ENOENT;
		return -1;
	}
	if (roll_below(dice, 2))
		return mprotect(address, maps[i].size, roll_below(dice, 4));
	address = mremap(address, maps[i].size, size, MREMAP_MAYMOVE);
	if (address == MAP_FAILED)
		return -1;
	maps[i].size = size;
	maps[i].address = address;
	return 0;
}

static long do_poll(const struct call *call, struct dice *dice)
{
	struct pollfd fds[SLOTS];
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		fds[i] = (struct pollfd){ .fd = slots[i],
					  .events = roll(dice) };
	return poll(fds, SLOTS, roll_below(dice, 4));
}

static long do_epoll(const struct call *call, struct dice *dice)
{
	struct epoll_event event = { .events = roll(dice) };

	if (roll_below(dice, 3) == 0)
		return epoll_wait(epoll_fd, &event, 1, roll_below(dice, 3));
	return epoll_ctl(epoll_fd, 1 + roll_below(dice, 3), a_file(call),
			 &event);
}

static long do_fcntl(const struct call *call, struct dice *dice)
{
	int on = roll_below(dice, 2);

	switch (roll_below(dice, 4)) {
	case 0:
		return fcntl(a_file(call), F_SETFL,
			     roll(dice) & (O_NONBLOCK | O_APPEND | O_DIRECT |
					   O_ASYNC));
	case 1:
		return ioctl(a_file(call), FIONBIO, &on);
	case 2:
		return fsync(a_file(call));
	default:
		return ftruncate(a_file(call), an_offset(dice));
	}
}

static long do_splice(const struct call *call, struct dice *dice)
{
	loff_t offset = an_offset(dice);
	loff_t *position = roll_below(dice, 2) ? &offset : NULL;
	size_t size = roll_below(dice, 20000);

	switch (roll_below(dice, 3)) {
	case 0:
		return splice(a_file(call), position, pipe_fds[1], NULL, size,
			      SPLICE_F_NONBLOCK);
	case 1:
		return splice(pipe_fds[0], NULL, a_file(call), position, size,
			      SPLICE_F_NONBLOCK);
	default:
		return syscall(SYS_sendfile, file_from(roll(dice)),
			       a_file(call), position, size);
	}
}

static long do_send_file(const struct call *call, struct dice *dice)
{
	char control[CMSG_SPACE(sizeof(int))] = "", byte = 0;
	struct iovec piece = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &piece, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int fd = a_file(call);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	return sendmsg(socket_fds[0], &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static long do_receive_file(const struct call *call, struct dice *dice)
{
	char control[CMSG_SPACE(sizeof(int))] = "", byte;
	struct iovec piece = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &piece, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;
	int fd;

	if (recvmsg(socket_fds[1], &message, MSG_DONTWAIT) < 0)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return 0;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return keep(call, fd);
}

static long do_sound(const struct call *call, struct dice *dice)
{
	struct input_event event = {
		.type = roll_below(dice, 4) ? EV_SND : roll_below(dice, 32),
		.code = roll_below(dice, 4) ? 1 + roll_below(dice, 2) :
					      roll_below(dice, 65536),
		.value = roll_below(dice, 4) ? roll_below(dice, 25000) :
					       roll(dice),
	};

	return write(a_file(call), &event, sizeof(event));
}

/* Interrupt a later call with a signal. */
static long do_alarm(const struct call *call, struct dice *dice)
{
	struct itimerval timer = { .it_value.tv_usec = 1 + roll_below(dice, 3000) };

	return setitimer(ITIMER_REAL, &timer, NULL);
}

/* Create processes that exec and exit, for files that track changes. */
static long do_spawn(const struct call *call, struct dice *dice)
{
	bool exec = roll_below(dice, 3) == 0, orphan = roll_below(dice, 4) == 0;
	pid_t child = fork();

	if (child)
		return child;
	if (orphan && fork())
		_exit(0);
	if (exec)
		execl("/bin/true", "true", NULL);
	_exit(0);
}

/* Later children get their own namespaces. */
static long do_unshare(const struct call *call, struct dice *dice)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWPID);
}

static long write_word(const char *path, const char *word)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	long length = fd < 0 ? -1 : write(fd, word, strlen(word));
	int err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
	return length;
}

/*
 * Unbind or bind a buzzer with its input device, but not its chip: gpiolib before
 * 6.9 has bugs there, and the driver core breaks if two processes unbind the chip
 * at once: the later one leaves the device links in the state before the unbind.
 */
static long do_unplug(const struct call *call, struct dice *dice)
{
	static const char * const verbs[] = { "unbind", "bind", "bind" };
	static const char * const buzzers[] = { "beepctrl.0", "beepctrl.1" };
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/platform/drivers/beepctrl/%s",
		 verbs[roll_below(dice, 3)]);
	return write_word(path, buzzers[roll_below(dice, NUMBER_OF(buzzers))]);
}

static long do_limit(const struct call *call, struct dice *dice)
{
	static const char * const limits[] = { "0", "1", "10", "30000" };

	return write_word("/sys/module/beepctrl/parameters/max_on_ms",
			  limits[roll_below(dice, NUMBER_OF(limits))]);
}

/* Two processes, or two threads, each execute the rest of the sequence. */
static long do_fork(const struct call *call, struct dice *dice);
static long do_thread(const struct call *call, struct dice *dice);

static const struct kind {
	const char *name;
	long (*run)(const struct call *call, struct dice *dice);
	unsigned int weight;
	bool root;
} kinds[] = {
	{ "open", do_open, 10, false },
	{ "close", do_close, 2, false },
	{ "dup", do_dup, 2, false },
	{ "read", do_read, 4, false },
	{ "write", do_write, 4, false },
	{ "pread", do_pread, 3, false },
	{ "pwrite", do_pwrite, 3, false },
	{ "preadv2", do_preadv2, 3, false },
	{ "pwritev2", do_pwritev2, 3, false },
	{ "lseek", do_lseek, 3, false },
	{ "ioctl", do_ioctl, 12, false },
	{ "ioctl_32", do_ioctl_32, 4, false },
	{ "mmap", do_mmap, 5, false },
	{ "munmap", do_munmap, 2, false },
	{ "touch", do_touch, 3, false },
	{ "madvise", do_advise, 3, false },
	{ "remap", do_remap, 2, false },
	{ "poll", do_poll, 3, false },
	{ "epoll", do_epoll, 2, false },
	{ "fcntl", do_fcntl, 2, false },
	{ "splice", do_splice, 3, false },
	{ "send_file", do_send_file, 2, false },
	{ "receive_file", do_receive_file, 2, false },
	{ "sound", do_sound, 3, false },
	{ "alarm", do_alarm, 1, false },
	{ "spawn", do_spawn, 2, false },
	{ "unshare", do_unshare, 1, false },
	{ "fork", do_fork, 1, false },
	{ "thread", do_thread, 2, false },
	{ "unplug", do_unplug, 1, true },
	{ "limit", do_limit, 1, true },
};

const unsigned int call_kinds = NUMBER_OF(kinds);

const char *call_name(unsigned int kind)
{
	return kinds[kind].name;
}

unsigned int call_weight(unsigned int kind, bool root)
{
	return root || !kinds[kind].root ? kinds[kind].weight : 0;
}

static struct run {
	const struct sequence *sequence;
	struct outcome *outcomes;
} run;

static pthread_t threads[THREADS];
static unsigned int thread_count;
static unsigned int children;
static __thread unsigned int place;	/* in the sequence */

static void run_from(unsigned int first)
{
	const struct sequence *sequence = run.sequence;

	for (place = first; place < sequence->count; place++) {
		const struct call *call = &sequence->calls[place];
		struct dice dice = { call->seed };
		struct outcome *outcome = &run.outcomes[call->kind];
		long result = kinds[call->kind].run(call, &dice);

		__atomic_add_fetch(result < 0 ? &outcome->failed :
						&outcome->worked, 1,
				   __ATOMIC_RELAXED);
	}
}

static long do_fork(const struct call *call, struct dice *dice)
{
	unsigned int rest = place + 1;
	pid_t child;

	if (children >= MAX_CHILDREN)
		return 0;
	children++;
	child = fork();
	if (child)
		return child;
	children = MAX_CHILDREN;
	thread_count = THREADS;		/* the parent's threads don't exist here */
	run_from(rest);
	_exit(0);
}

static void *run_rest(void *first)
{
	run_from((uintptr_t)first);
	return NULL;
}

static long do_thread(const struct call *call, struct dice *dice)
{
	unsigned int n = __atomic_fetch_add(&thread_count, 1, __ATOMIC_RELAXED);

	if (n >= THREADS)
		return 0;
	errno = pthread_create(&threads[n], NULL, run_rest,
			       (void *)(uintptr_t)(place + 1));
	return errno ? -1 : 0;
}

static void ignore(int signal)
{
}

void calls_prepare(void)
{
	struct sigaction action = { .sa_handler = ignore };

	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGIO, &action, NULL);
	signal(SIGPIPE, SIG_IGN);

	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	read_only = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	hole = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || read_only == MAP_FAILED ||
	    hole == MAP_FAILED || munmap(hole + 4096, 4096)) {
		perror("mmap");
		exit(2);
	}
	hole += 4096;
}

void run_sequence(const struct sequence *sequence, struct outcome *outcomes)
{
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		slots[i] = -1;
	if (pipe2(pipe_fds, O_NONBLOCK) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, socket_fds) ||
	    write(pipe_fds[1], memory, 6000) != 6000)
		_exit(2);
	epoll_fd = epoll_create1(0);

	run = (struct run){ sequence, outcomes };
	run_from(0);
	for (i = 0; i < THREADS && i < thread_count; i++)
		if (threads[i])
			pthread_join(threads[i], NULL);
}
