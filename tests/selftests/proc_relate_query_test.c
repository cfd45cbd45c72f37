// SPDX-License-Identifier: GPL-2.0-only
/* Test which tasks a query selects and which an opener can see. */
#include "proc_relate.h"

#include <linux/capability.h>
#include <linux/sched.h>
#include <sys/mount.h>
#include <sys/socket.h>

static int ask(int fd, struct proc_relate_query query)
{
	return ioctl(fd, PROC_RELATE_SET_QUERY, &query);
}

#define ask(fd, ...) ask(fd, (struct proc_relate_query){ __VA_ARGS__ })

static bool restricted(int fd)
{
	struct proc_relate_status status;

	assert_works(ioctl(fd, PROC_RELATE_GET_STATUS, &status));
	return status.flags & PROC_RELATE_RESTRICTED;
}

static void below_selects_a_process_and_its_descendants(void **state)
{
	int fd = opened();
	pid_t child = fork_idle();
	struct table *table;

	assert_works(ask(fd, .flags = PROC_RELATE_BELOW, .below = getpid()));
	table = snapshot(fd);
	assert_int_equal(table->n, 2);
	assert_non_null(find(table, getpid()));
	assert_non_null(find(table, child));
	assert_works(ask(fd, .flags = PROC_RELATE_BELOW, .below = child));
	assert_int_equal(snapshot(fd)->n, 1);
	/* In a container it can have come from outside; hidepid= can hide it. */
	if (!on_live_machine) {
		assert_works(ask(fd, .flags = PROC_RELATE_BELOW, .below = 1));
		assert_non_null(find(snapshot(fd), child));
	}
	end_idle(child);
	close(fd);
}

/* More generations than the driver climbs in one go. */
static void below_reaches_any_depth(void **state)
{
	enum { DEPTH = 300 };
	int fd = opened(), told[2], i;
	pid_t deepest = 0, root;

	assert_int_equal(pipe(told), 0);
	root = fork();
	for (i = 0; !root && i < DEPTH; i++) {
		pid_t child = fork();

		if (!child)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		waitpid(child, NULL, 0);
		_exit(0);
	}
	if (!root) {
		pid_t self = getpid();

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (write(told[1], &self, sizeof(self)) != sizeof(self))
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(told[0], &deepest, sizeof(deepest)),
			 sizeof(deepest));
	assert_works(ask(fd, .flags = PROC_RELATE_BELOW, .below = root));
	assert_int_equal(snapshot(fd)->n, DEPTH + 1);
	assert_works(ask(fd, .flags = PROC_RELATE_BELOW, .below = deepest));
	assert_int_equal(snapshot(fd)->n, 1);
	/* Kill the deepest first: the others then exit one by one. */
	kill(deepest, SIGKILL);
	assert_int_equal(waitpid(root, NULL, 0), root);
	close(told[0]);
	close(told[1]);
	close(fd);
}

static void below_a_dead_process_is_empty(void **state)
{
	int fd = opened();
	pid_t child = fork_idle();

	assert_works(ask(fd, .flags = PROC_RELATE_BELOW, .below = child));
	end_idle(child);
	assert_int_equal(snapshot(fd)->n, 0);
	assert_errno(ESRCH, ask(fd, .flags = PROC_RELATE_BELOW,
				.below = child));
	assert_errno(ESRCH, ask(fd, .flags = PROC_RELATE_BELOW, .below = 0));
	assert_errno(ESRCH, ask(fd, .flags = PROC_RELATE_BELOW,
				.below = UINT32_MAX));
	close(fd);
}

/* A reused pid does not denote the new process. */
static void below_ignores_a_reused_pid(void **state)
{
	int fd = opened();
	pid_t child = fork_idle(), again;
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&child,
		.set_tid_size = 1,
	};

	assert_works(ask(fd, .flags = PROC_RELATE_BELOW, .below = child));
	end_idle(child);
	again = syscall(SYS_clone3, &args, sizeof(args));
	if (!again)
		_exit(0);
	assert_int_equal(again, child);
	assert_int_equal(snapshot(fd)->n, 0);
	assert_works(ask(fd, .flags = PROC_RELATE_BELOW, .below = again));
	assert_int_equal(snapshot(fd)->n, 1);
	assert_int_equal(waitpid(again, NULL, 0), again);
	close(fd);
}

static pid_t fork_session(void)
{
	int told[2];
	char byte;
	pid_t child;

	assert_int_equal(pipe(told), 0);
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (setsid() < 0 || write(told[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(told[0], &byte, 1), 1);
	close(told[0]);
	close(told[1]);
	return child;
}

static void session_selects_its_tasks(void **state)
{
	int fd = opened();
	pid_t child = fork_session();
	struct table *table;

	assert_works(ask(fd, .flags = PROC_RELATE_SESSION, .session = child));
	table = snapshot(fd);
	assert_int_equal(table->n, 1);
	assert_int_equal(table->task[0].pid, child);
	assert_int_equal(table->task[0].sid, child);
	assert_works(ask(fd, .flags = PROC_RELATE_SESSION,
			 .session = getsid(0)));
	table = snapshot(fd);
	assert_null(find(table, child));
	assert_non_null(find(table, getpid()));
	end_idle(child);
	close(fd);
}

static void uid_selects_its_tasks(void **state)
{
	int fd = opened();
	struct table *table;
	size_t i;

	assert_works(ask(fd, .flags = PROC_RELATE_UID, .uid = getuid()));
	table = snapshot(fd);
	assert_non_null(find(table, getpid()));
	for (i = 0; i < table->n; i++)
		assert_int_equal(table->task[i].uid, getuid());
	if (!on_live_machine) {
		assert_works(ask(fd, .flags = PROC_RELATE_UID, .uid = 0));
		table = snapshot(fd);
		assert_null(find(table, getpid()));
		assert_non_null(find(table, 1));
	}
	assert_errno(EINVAL, ask(fd, .flags = PROC_RELATE_UID,
				 .uid = UINT32_MAX));
	close(fd);
}

static void filters_combine(void **state)
{
	const unsigned int all = PROC_RELATE_BELOW | PROC_RELATE_SESSION |
				 PROC_RELATE_UID | PROC_RELATE_THREADS;
	int fd = opened();
	pid_t child = fork_session(), other = fork_idle();
	struct thread thread;

	start_thread(&thread);
	assert_works(ask(fd, .flags = all, .below = getpid(),
			 .session = getsid(0), .uid = getuid()));
	assert_int_equal(snapshot(fd)->n, 3);
	assert_non_null(find(snapshot(fd), thread.tid));
	assert_non_null(find(snapshot(fd), other));
	assert_works(ask(fd, .flags = all, .below = getpid(),
			 .session = child, .uid = getuid()));
	assert_int_equal(snapshot(fd)->n, 1);
	if (!on_live_machine) {
		assert_works(ask(fd, .flags = all, .below = getpid(),
				 .session = child, .uid = 0));
		assert_int_equal(snapshot(fd)->n, 0);
	}
	end_thread(&thread);
	end_idle(child);
	end_idle(other);
	close(fd);
}

static void fields_without_their_flag_fail_with_EINVAL(void **state)
{
	int fd = opened();

	assert_errno(EINVAL, ask(fd, .below = 1));
	assert_errno(EINVAL, ask(fd, .session = 1));
	assert_errno(EINVAL, ask(fd, .uid = 1));
	assert_errno(EINVAL, ask(fd, .since = 1));
	assert_errno(EINVAL, ask(fd, .flags = PROC_RELATE_TRACK, .since = 1));
	assert_errno(EINVAL, ask(fd, .reserved[0] = 1));
	assert_errno(EINVAL, ask(fd, .reserved[2] = 1));
	assert_errno(EINVAL, ask(fd, .flags = PROC_RELATE_CHANGES |
					      PROC_RELATE_CONSISTENT));
	close(fd);
}

static bool has_CAP_SYSLOG(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	assert_works(syscall(SYS_capget, &header, data));
	return data[CAP_SYSLOG / 32].effective & (1U << CAP_SYSLOG % 32);
}

/* Runs with and without it. In a container it does not count. */
static void raw_addresses_need_CAP_SYSLOG(void **state)
{
	int fd = opened();
	uint64_t mm = task_of(fd, getpid()).mm;

	if (!has_CAP_SYSLOG() ||
	    (on_live_machine && set_query(fd, PROC_RELATE_RAW_ADDRESSES))) {
		assert_errno(EPERM, set_query(fd, PROC_RELATE_RAW_ADDRESSES));
		assert_int_equal(task_of(fd, getpid()).mm, mm);
	} else {
		assert_works(set_query(fd, PROC_RELATE_RAW_ADDRESSES));
		/* A kernel address, except in User Mode Linux. */
		if (!on_live_machine && access("/proc/exitcode", F_OK))
			assert_int_equal(task_of(fd, getpid()).mm >> 56, 0xff);
		assert_int_not_equal(task_of(fd, getpid()).mm, mm);
	}
	close(fd);
}

static int pass_on(int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { };
	struct iovec data = { .iov_base = "x", .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int pair[2];
	char byte;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(sendmsg(pair[0], &message, 0), 1);
	data.iov_base = &byte;
	assert_int_equal(recvmsg(pair[1], &message, 0), 1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	close(pair[0]);
	close(pair[1]);
	return fd;
}

static void passed_file_continues_the_snapshot(void **state)
{
	int fd = opened(), passed = pass_on(fd);
	struct proc_relate_task first, second;
	pid_t child = fork_idle();

	assert_int_equal(read(fd, &first, RECORD), RECORD);
	assert_int_equal(read(passed, &second, RECORD), RECORD);
	assert_in_range(second.pid, first.pid + 1, UINT32_MAX);
	close(fd);
	assert_non_null(find(snapshot(passed), getpid()));
	end_idle(child);
	close(passed);
}

static void open_files_have_separate_snapshots(void **state)
{
	int a = opened(), b = opened();
	struct proc_relate_task first, second;
	pid_t child = fork_idle();

	assert_int_equal(read(a, &first, RECORD), RECORD);
	assert_int_equal(read(b, &second, RECORD), RECORD);
	assert_memory_equal(&first, &second, 8);
	close(a);
	assert_int_equal(read(b, &second, RECORD), RECORD);
	assert_in_range(second.pid, first.pid + 1, UINT32_MAX);
	end_idle(child);
	close(b);
}

/* View from inside a pid namespace, sent over a pipe. */
struct view {
	int n;
	int nested;		/* view from a nested namespace */
	int tracks;
	int restricted;
	int unmapped;		/* errno for a query for an unmapped user */
	int outer_changes;	/* changes outside that are reported inside */
	int inner_changes;
	unsigned int last;
};

static void idle_in_mid_air(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

static int changes_now(int fd, struct table *table, pid_t *from)
{
	size_t i;
	int n = 0;

	if (lseek(fd, 0, SEEK_SET) || read_all(fd, table, 512))
		return -1;
	for (i = 0; i < table->n; i++)
		if (table->task[i].type != PROC_RELATE_TABLE) {
			*from = table->task[i].real_parent;
			n++;
		}
	return n;
}

/* First process of the namespace, with its own /proc. */
static void look_out_of_a_container(int report, int go)
{
	static struct table table;
	struct proc_relate_status status;
	struct view view = { .n = -1 };
	pid_t from;
	char byte;
	int fd;

	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", 0, NULL))
		_exit(2);
	fd = open("/dev/proc_relate", O_RDONLY);
	if (fd < 0)
		_exit(3);
	if (!unshare(CLONE_NEWPID) && !fork())
		idle_in_mid_air();
	if (!read_all(fd, &table, 512)) {
		view.n = table.n;
		view.last = table.task[table.n - 1].real_parent;
	}
	ioctl(fd, PROC_RELATE_GET_STATUS, &status);
	view.restricted = status.flags & PROC_RELATE_RESTRICTED;
	ask(fd, .flags = PROC_RELATE_UID, .uid = 77);
	view.unmapped = errno;
	view.tracks = !set_query(fd, PROC_RELATE_CHANGES);
	changes_now(fd, &table, &from);
	if (write(report, &view, sizeof(view)) != sizeof(view) ||
	    read(go, &byte, 1) != 1)
		_exit(4);
	/* Meanwhile processes have started and ended outside. */
	view.outer_changes = changes_now(fd, &table, &from);
	if (!fork())
		idle_in_mid_air();
	view.inner_changes = changes_now(fd, &table, &from);
	view.last = from;
	if (write(report, &view, sizeof(view)) != sizeof(view))
		_exit(5);
	for (;;)
		pause();
}

static void container_sees_only_its_processes_and_changes(void **state)
{
	int report[2], go[2], i;
	struct view view;
	pid_t maker;

	assert_int_equal(pipe(report), 0);
	assert_int_equal(pipe(go), 0);
	maker = fork();
	if (!maker) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS))
			_exit(1);
		if (!fork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			look_out_of_a_container(report[1], go[0]);
		}
		idle_in_mid_air();
	}
	close(report[1]);
	assert_int_equal(read(report[0], &view, sizeof(view)), sizeof(view));
	assert_int_equal(view.n, 2);
	assert_int_equal(view.last, 1);
	assert_false(view.restricted);
	assert_int_equal(view.unmapped, EINVAL);
	assert_true(view.tracks);
	for (i = 0; i < 20; i++)
		end_idle(fork_idle());
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(read(report[0], &view, sizeof(view)), sizeof(view));
	assert_int_equal(view.outer_changes, 0);
	assert_int_equal(view.inner_changes, 1);
	assert_int_equal(view.last, 1);
	end_idle(maker);
	close(report[0]);
	close(go[0]);
	close(go[1]);
}

/* The same tasks as in the opener's /proc. */
static void hidden_in_proc_is_hidden_here(void **state)
{
	bool hidden = access("/proc/1/stat", R_OK);
	int fd = opened();

	if (!restricted(fd))
		assert_false(hidden);
	if (hidden)
		assert_null(find(snapshot(fd), 1));
	else if (!restricted(fd))
		assert_non_null(find(snapshot(fd), 1));
	close(fd);
}

/*
 * The next four tests need a /proc mounted with hidepid=. The script `run` mounts
 * it and selects them.
 */
static void hidepid_hides_tasks_of_others(void **state)
{
	pid_t child = fork_idle();
	int fd = opened();
	struct table *table = snapshot(fd);

	assert_true(restricted(fd));
	assert_non_null(find(table, getpid()));
	assert_non_null(find(table, child));
	assert_null(find(table, 1));
	assert_null(find(table, 2));
	assert_errno(ESRCH, ask(fd, .flags = PROC_RELATE_BELOW, .below = 1));
	end_idle(child);
	close(fd);
}

static void hidepid_hides_undumpable_tasks(void **state)
{
	pid_t child = fork_idle();
	int fd = opened();

	assert_non_null(find(snapshot(fd), getpid()));
	assert_int_equal(prctl(PR_SET_DUMPABLE, 0), 0);
	assert_null(find(snapshot(fd), getpid()));
	assert_non_null(find(snapshot(fd), child));
	assert_int_equal(prctl(PR_SET_DUMPABLE, 1), 0);
	end_idle(child);
	close(fd);
}

static void hidepid_forbids_tracking(void **state)
{
	int fd = opened();

	assert_errno(EPERM, set_query(fd, PROC_RELATE_TRACK));
	assert_errno(EPERM, set_query(fd, PROC_RELATE_CONSISTENT));
	assert_errno(EPERM, set_query(fd, PROC_RELATE_CHANGES));
	assert_non_null(find(snapshot(fd), getpid()));
	close(fd);
}

static void hidepid_does_not_restrict_exempt_openers(void **state)
{
	int fd = opened();

	assert_false(restricted(fd));
	assert_non_null(find(snapshot(fd), 1));
	assert_works(set_query(fd, PROC_RELATE_TRACK));
	close(fd);
}

static int hide_proc(void)
{
	return mount("tmpfs", "/proc", "tmpfs", 0, NULL);
}

static int enter_dev(void)
{
	return chroot("/dev");
}

static void only_the_own_is_seen_after(int (*prepare)(void), const char *node)
{
	pid_t child = fork();

	if (!child) {
		static struct table table;
		int fd;

		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    prepare())
			_exit(1);
		fd = open(node, O_RDONLY);
		if (fd < 0 || read_all(fd, &table, 512))
			_exit(2);
		_exit(find(&table, 1) || !find(&table, getpid()) ? 3 : 0);
	}
	assert_int_equal(exit_code_of(child), 0);
}

/* Fail closed if /proc is missing or of another namespace. */
static void without_proc_only_own_tasks_are_visible(void **state)
{
	only_the_own_is_seen_after(hide_proc, "/dev/proc_relate");
	only_the_own_is_seen_after(enter_dev, "/proc_relate");
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		live_test(below_selects_a_process_and_its_descendants),
		cmocka_unit_test(below_reaches_any_depth),
		live_test(below_a_dead_process_is_empty),
		live_test(session_selects_its_tasks),
		live_test(uid_selects_its_tasks),
		live_test(filters_combine),
		live_test(fields_without_their_flag_fail_with_EINVAL),
		live_test(raw_addresses_need_CAP_SYSLOG),
		live_test(hidden_in_proc_is_hidden_here),
		live_test(passed_file_continues_the_snapshot),
		live_test(open_files_have_separate_snapshots),
		cmocka_unit_test(container_sees_only_its_processes_and_changes),
		cmocka_unit_test(without_proc_only_own_tasks_are_visible),
	};
	struct CMUnitTest root[] = {
		cmocka_unit_test(below_ignores_a_reused_pid),
		cmocka_unit_test(raw_addresses_need_CAP_SYSLOG),
		cmocka_unit_test(hidepid_does_not_restrict_exempt_openers),
	};
	struct CMUnitTest hidden[] = {
		cmocka_unit_test(hidden_in_proc_is_hidden_here),
		cmocka_unit_test(hidepid_hides_tasks_of_others),
		cmocka_unit_test(hidepid_hides_undumpable_tasks),
		cmocka_unit_test(hidepid_forbids_tracking),
	};
	struct CMUnitTest spared[] = {
		cmocka_unit_test(hidepid_does_not_restrict_exempt_openers),
	};
	const char *which = argc > 1 ? argv[1] : "";

	if (!strcmp(which, "root"))
		return run_as_tap(root);
	if (!strcmp(which, "hidden"))
		return run_as_tap(hidden);
	if (!strcmp(which, "spared"))
		return run_as_tap(spared);
	return run_as_tap(tests);
}
