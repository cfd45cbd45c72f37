// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio test: tests of proc_relate.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/proc_relate.h"
#include "test.h"

#define RECORD sizeof(struct proc_relate_task)

/* Generous: a machine may be busy, or an emulated one. */
#define DEADLINE_MS 20000

/* Each test opens the device once; what it leaves open, the next one closes. */
static int reopen(void)
{
	static int fd = -1;

	if (fd >= 0)
		close(fd);
	fd = open(proc_relate_device.path, O_RDONLY | O_CLOEXEC);
	return fd;
}

/* Reads one task's record from a fresh snapshot; false if it is not in it. */
static bool look_up(int fd, pid_t pid, struct proc_relate_task *record)
{
	const struct proc_relate_task *found;
	struct snapshot snapshot;

	if (snapshot_fresh(fd, &snapshot))
		return false;
	found = snapshot_find(&snapshot, pid);
	if (found)
		*record = *found;
	free(snapshot.records);
	return found;
}

static pid_t start_child(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent)
		pause();
	_exit(0);
}

static void end_child(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static const char *test_info(void)
{
	struct proc_relate_info info;
	int fd = reopen();

	EXPECT(!proc_relate_get_info(fd, &info));
	EXPECT(info.version >= PROC_RELATE_VERSION);
	EXPECT(info.record_size == RECORD);
	EXPECT(info.query_flags & PROC_RELATE_THREADS);
	EXPECT_ERRNO(ioctl(fd, PROC_RELATE_GET_INFO, NULL), EFAULT);
	return NULL;
}

static const char *test_small_buffer(void)
{
	char buffer[RECORD];
	int fd = reopen();

	EXPECT_ERRNO(read(fd, buffer, RECORD - 1), EINVAL);
	EXPECT_ERRNO(read(fd, buffer, 0), EINVAL);
	EXPECT(read(fd, buffer, RECORD) == (ssize_t)RECORD);
	return NULL;
}

static const char *test_whole_records(void)
{
	char buffer[2 * RECORD + RECORD / 2];
	int fd = reopen();
	ssize_t n;

	n = read(fd, buffer, sizeof(buffer));
	EXPECT(n > 0);
	EXPECT(n % RECORD == 0);
	return NULL;
}

static const char *test_bad_buffer(void)
{
	/* volatile, or else the compiler warns of just what is tested. */
	char *volatile nowhere = NULL;
	int fd = reopen();

	EXPECT_ERRNO(read(fd, nowhere, RECORD), EFAULT);
	return NULL;
}

static const char *test_order(void)
{
	struct proc_relate_task records[3];
	int fd = reopen();
	uint32_t last = 0;
	ssize_t i, n;

	while ((n = read(fd, records, sizeof(records))) > 0) {
		for (i = 0; i < n / (ssize_t)RECORD; i++) {
			EXPECT(records[i].pid > last);
			last = records[i].pid;
		}
	}
	EXPECT(!n);
	EXPECT(last);
	EXPECT(!read(fd, records, sizeof(records)));
	return NULL;
}

static const char *test_self(void)
{
	struct proc_relate_task self;
	char comm[PROC_RELATE_COMM_LEN];
	int fd = reopen();

	prctl(PR_GET_NAME, comm);
	EXPECT(look_up(fd, getpid(), &self));
	EXPECT(self.tgid == (uint32_t)getpid());
	EXPECT(self.group_leader == (uint32_t)getpid());
	EXPECT(self.real_parent == (uint32_t)getppid());
	EXPECT(self.pgid == (uint32_t)getpgid(0));
	EXPECT(self.sid == (uint32_t)getsid(0));
	EXPECT(self.uid == getuid());
	EXPECT(self.gid == getgid());
	EXPECT(self.euid == geteuid());
	EXPECT(self.egid == getegid());
	EXPECT(!strncmp(self.comm, comm, sizeof(comm)));
	EXPECT(self.mm);
	EXPECT(self.start_time);
	return NULL;
}

static const char *expect_child(int fd, pid_t child)
{
	struct proc_relate_task self, record;

	EXPECT(look_up(fd, getpid(), &self));
	EXPECT(look_up(fd, child, &record));
	EXPECT(record.tgid == (uint32_t)child);
	EXPECT(record.parent == self.pid);
	EXPECT(record.real_parent == self.pid);
	EXPECT(record.parent_start_time == self.start_time);
	EXPECT(record.real_parent_start_time == self.start_time);
	EXPECT(record.start_time > self.start_time);
	EXPECT(record.mm && record.mm != self.mm);
	return NULL;
}

static const char *test_child(void)
{
	int fd = reopen();
	pid_t child = start_child();
	const char *why;

	EXPECT(child > 0);
	why = expect_child(fd, child);
	end_child(child);
	return why;
}

static const char *test_rewind(void)
{
	struct proc_relate_task record;
	struct snapshot snapshot;
	int fd = reopen();
	bool found;
	pid_t child;

	EXPECT(!snapshot_read(fd, &snapshot));
	free(snapshot.records);
	child = start_child();
	EXPECT(child > 0);
	found = look_up(fd, child, &record);
	end_child(child);
	EXPECT(found);
	return NULL;
}

static const char *test_seeks(void)
{
	char buffer[RECORD];
	int fd = reopen();

	EXPECT_ERRNO(lseek(fd, 1, SEEK_SET), EINVAL);
	EXPECT_ERRNO(lseek(fd, 0, SEEK_CUR), EINVAL);
	EXPECT_ERRNO(lseek(fd, 0, SEEK_END), EINVAL);
	EXPECT_ERRNO(pread(fd, buffer, RECORD, 0), ESPIPE);
	return NULL;
}

/**
 * struct onlooker - a thread that looks for its own record
 * @fd: the device
 * @tid: who it is
 * @found: whether it is there
 * @record: its record
 */
struct onlooker {
	int fd;
	pid_t tid;
	bool found;
	struct proc_relate_task record;
};

static void *look_for_self(void *arg)
{
	struct onlooker *onlooker = arg;

	onlooker->tid = gettid();
	onlooker->found = look_up(onlooker->fd, onlooker->tid,
				  &onlooker->record);
	return NULL;
}

static bool run_onlooker(struct onlooker *onlooker)
{
	pthread_t thread;

	return !pthread_create(&thread, NULL, look_for_self, onlooker) &&
	       !pthread_join(thread, NULL);
}

static const char *test_thread(void)
{
	struct proc_relate_query query = { .flags = PROC_RELATE_THREADS };
	struct onlooker onlooker = { .fd = reopen() };
	struct proc_relate_task self;

	EXPECT(!proc_relate_set_query(onlooker.fd, &query));
	EXPECT(run_onlooker(&onlooker));
	EXPECT(onlooker.found);
	EXPECT(look_up(onlooker.fd, getpid(), &self));
	EXPECT(onlooker.record.tgid == self.pid);
	EXPECT(onlooker.record.group_leader == self.pid);
	EXPECT(onlooker.record.mm == self.mm);
	return NULL;
}

static const char *test_no_thread(void)
{
	struct onlooker onlooker = { .fd = reopen() };

	EXPECT(run_onlooker(&onlooker));
	EXPECT(!onlooker.found);
	return NULL;
}

/* Whether all tasks of a fresh snapshot fit to the query, and this one is there. */
static bool all_fit(int fd, bool (*fits)(const struct proc_relate_task *task))
{
	struct snapshot snapshot;
	bool fit;
	size_t i;

	if (snapshot_fresh(fd, &snapshot))
		return false;
	fit = snapshot_find(&snapshot, getpid());
	for (i = 0; i < snapshot.count; i++)
		fit = fit && fits(&snapshot.records[i]);
	free(snapshot.records);
	return fit;
}

static bool is_of_session(const struct proc_relate_task *task)
{
	return task->sid == (uint32_t)getsid(0);
}

static const char *test_session(void)
{
	struct proc_relate_query query = {
		.flags = PROC_RELATE_SESSION,
		.session = getsid(0),
	};
	int fd = reopen();

	EXPECT(!proc_relate_set_query(fd, &query));
	EXPECT(all_fit(fd, is_of_session));
	return NULL;
}

static bool is_of_user(const struct proc_relate_task *task)
{
	return task->uid == getuid();
}

static const char *test_uid(void)
{
	struct proc_relate_query query = {
		.flags = PROC_RELATE_UID,
		.uid = getuid(),
	};
	int fd = reopen();

	EXPECT(!proc_relate_set_query(fd, &query));
	EXPECT(all_fit(fd, is_of_user));
	return NULL;
}

static const char *test_below(void)
{
	struct proc_relate_query query = {
		.flags = PROC_RELATE_BELOW,
		.below = getpid(),
	};
	struct proc_relate_task record;
	int fd = reopen();
	bool found;
	pid_t child;

	EXPECT(!proc_relate_set_query(fd, &query));
	EXPECT(look_up(fd, getpid(), &record));
	EXPECT(!look_up(fd, getppid(), &record));
	child = start_child();
	EXPECT(child > 0);
	found = look_up(fd, child, &record);
	end_child(child);
	EXPECT(found);
	/* No kernel gives numbers as high as this. */
	query.below = INT32_MAX;
	EXPECT_ERRNO(proc_relate_set_query(fd, &query), ESRCH);
	return NULL;
}

static const char *test_thread_below(void)
{
	struct proc_relate_query query = {
		.flags = PROC_RELATE_THREADS | PROC_RELATE_BELOW |
			 PROC_RELATE_UID,
		.below = getpid(),
		.uid = getuid(),
	};
	struct onlooker onlooker = { .fd = reopen() };
	struct proc_relate_task record;

	EXPECT(!proc_relate_set_query(onlooker.fd, &query));
	EXPECT(run_onlooker(&onlooker));
	EXPECT(onlooker.found);
	EXPECT(!look_up(onlooker.fd, getppid(), &record));
	return NULL;
}

/* Whoever is hidden in this user's /proc is so here, and nobody else. */
static const char *test_hidepid(void)
{
	struct proc_relate_status status;
	struct proc_relate_task record;
	int fd = reopen();
	bool hidden;

	EXPECT(!proc_relate_get_status(fd, &status));
	hidden = access("/proc/1/stat", R_OK);
	if (!(status.flags & PROC_RELATE_RESTRICTED))
		EXPECT(!hidden && look_up(fd, 1, &record));
	else if (hidden)
		EXPECT(!look_up(fd, 1, &record));
	return NULL;
}

static bool has_capability(unsigned int capability)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	return !syscall(SYS_capget, &header, data) &&
	       data[capability / 32].effective & (1U << capability % 32);
}

static const char *test_raw_addresses(void)
{
	struct proc_relate_query query = { .flags = PROC_RELATE_RAW_ADDRESSES };
	int fd = reopen();

	/* Who has it in a user namespace only is refused as well. */
	if (has_capability(CAP_SYSLOG) &&
	    !proc_relate_set_query(fd, &query))
		return NULL;
	EXPECT_ERRNO(proc_relate_set_query(fd, &query), EPERM);
	return NULL;
}

static const char *test_status(void)
{
	struct proc_relate_status status;
	struct snapshot snapshot;
	int fd = reopen();

	EXPECT(!proc_relate_get_status(fd, &status));
	EXPECT(!(status.flags & ~PROC_RELATE_RESTRICTED));
	EXPECT(!snapshot_read(fd, &snapshot));
	free(snapshot.records);
	EXPECT(!proc_relate_get_status(fd, &status));
	EXPECT((status.flags & ~PROC_RELATE_RESTRICTED) == PROC_RELATE_ENDED);
	EXPECT(!status.generation && !status.now);
	EXPECT_ERRNO(ioctl(fd, PROC_RELATE_GET_STATUS, NULL), EFAULT);
	return NULL;
}

static int set_flags(int fd, uint32_t flags)
{
	struct proc_relate_query query = { .flags = flags };

	return proc_relate_set_query(fd, &query);
}

/* By which errno changes can't be told to this user here; 0 when they can. */
static int untold(int fd)
{
	struct proc_relate_status status;
	struct proc_relate_info info;

	if (!proc_relate_get_info(fd, &info) &&
	    !(info.query_flags & PROC_RELATE_TRACK))
		return EOPNOTSUPP;
	if (!proc_relate_get_status(fd, &status) &&
	    status.flags & PROC_RELATE_RESTRICTED)
		return EPERM;
	return 0;
}

static bool is_nested_too_deep(int fd)
{
	return set_flags(fd, PROC_RELATE_TRACK) && errno == EOPNOTSUPP;
}

static const char *skip_nested(void)
{
	return tap_skipped(EXIT_FAILED,
			   "this pid namespace is nested too deep for it");
}

static const char *test_consistent(void)
{
	struct proc_relate_status status;
	struct proc_relate_task record;
	struct snapshot snapshot;
	int fd = reopen(), err = untold(fd);

	if (err) {
		EXPECT_ERRNO(set_flags(fd, PROC_RELATE_CONSISTENT), err);
		return NULL;
	}
	if (is_nested_too_deep(fd))
		return skip_nested();
	EXPECT(!set_flags(fd, PROC_RELATE_CONSISTENT));
	EXPECT(read(fd, &record, sizeof(record)) < 0 &&
	       (errno == EMSGSIZE || errno == EAGAIN));
	err = snapshot_fresh(fd, &snapshot);
	/* Its promise where processes come and go all the time. */
	if (err == -EAGAIN)
		return NULL;
	EXPECT(!err);
	free(snapshot.records);
	EXPECT(!proc_relate_get_status(fd, &status));
	EXPECT(status.flags & PROC_RELATE_TRACKED);
	EXPECT(status.flags & PROC_RELATE_ENDED);
	EXPECT(!(status.flags & PROC_RELATE_CHANGED));
	return NULL;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Waits until the changes tell of a task; returns what they first tell. */
static bool await(int fd, pid_t pid, uint32_t type,
		  struct proc_relate_task *record)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	int64_t left, end = now_ms() + DEADLINE_MS;
	struct snapshot snapshot;
	bool found = false;
	size_t i;

	while (!found && (left = end - now_ms()) > 0) {
		if (poll(&poller, 1, left) != 1 ||
		    snapshot_fresh(fd, &snapshot))
			return false;
		for (i = 0; i < snapshot.count && !found; i++) {
			*record = snapshot.records[i];
			found = record->pid == (uint32_t)pid &&
				record->type == type;
		}
		free(snapshot.records);
	}
	return found;
}

static const char *test_changes(void)
{
	struct proc_relate_task came, gone;
	struct snapshot snapshot;
	int fd = reopen(), err;
	bool table, told;
	pid_t child;

	err = untold(fd);
	if (err) {
		EXPECT_ERRNO(set_flags(fd, PROC_RELATE_CHANGES), err);
		return NULL;
	}
	if (is_nested_too_deep(fd))
		return skip_nested();
	EXPECT(!set_flags(fd, PROC_RELATE_CHANGES));
	EXPECT(!snapshot_fresh(fd, &snapshot));
	table = snapshot.count &&
		snapshot.records[0].type == PROC_RELATE_TABLE;
	free(snapshot.records);
	EXPECT(table);

	child = start_child();
	EXPECT(child > 0);
	told = await(fd, child, PROC_RELATE_TASK, &came);
	end_child(child);
	EXPECT(told);
	EXPECT(came.real_parent == (uint32_t)getpid());
	EXPECT(await(fd, child, PROC_RELATE_GONE, &gone));
	EXPECT(gone.start_time == came.start_time);
	return NULL;
}

static const char *test_bad_query(void)
{
	struct proc_relate_query unknown = { .flags = ~PROC_RELATE_THREADS };
	struct proc_relate_query reserved = { .reserved[2] = 1 };
	struct proc_relate_query unasked = { .below = 1 };
	int fd = reopen();

	EXPECT_ERRNO(proc_relate_set_query(fd, &unknown), EINVAL);
	EXPECT_ERRNO(proc_relate_set_query(fd, &reserved), EINVAL);
	EXPECT_ERRNO(proc_relate_set_query(fd, &unasked), EINVAL);
	EXPECT_ERRNO(ioctl(fd, PROC_RELATE_SET_QUERY, NULL), EFAULT);
	return NULL;
}

static const char *test_unknown_ioctl(void)
{
	int fd = reopen();

	EXPECT_ERRNO(ioctl(fd, _IO(0xBE, 0x0f), NULL), ENOTTY);
	EXPECT_ERRNO(ioctl(fd, 0, NULL), ENOTTY);
	return NULL;
}

static const struct tap_test tests[] = {
	{ "it tells its version and the size of a record", test_info },
	{ "a buffer smaller than a record is EINVAL", test_small_buffer },
	{ "a read returns whole records", test_whole_records },
	{ "a buffer that can't be written is EFAULT", test_bad_buffer },
	{ "no pid comes twice, and after the end comes 0", test_order },
	{ "it shows this process as it is", test_self },
	{ "it shows a child with its parent and its own mm", test_child },
	{ "a rewind starts a fresh snapshot", test_rewind },
	{ "other seeks are EINVAL, pread is ESPIPE", test_seeks },
	{ "a thread shares its process's mm", test_thread },
	{ "threads are shown on request only", test_no_thread },
	{ "only a process and its descendants, on request", test_below },
	{ "filters go together, for threads too", test_thread_below },
	{ "only a session, on request", test_session },
	{ "only a user's tasks, on request", test_uid },
	{ "addresses are for CAP_SYSLOG only, else EPERM", test_raw_addresses },
	{ "who is hidden in /proc is hidden here, and nobody else",
	  test_hidepid },
	{ "its status tells how far it was read", test_status },
	{ "a consistent table did not change, or is EAGAIN", test_consistent },
	{ "a child is told of when it comes and when it is gone", test_changes },
	{ "a query that it does not know is EINVAL", test_bad_query },
	{ "an unknown ioctl is ENOTTY", test_unknown_ioctl },
};

const struct suite proc_relate_suite = {
	.device = &proc_relate_device,
	.flags = O_RDONLY,
	.tests = tests,
	.count = ARRAY_SIZE(tests),
};
