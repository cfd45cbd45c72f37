// SPDX-License-Identifier: GPL-2.0-only
/* Test devtrio/proc_relate.h as an unprivileged user. */
#include "proc_relate.h"

#include <ctype.h>
#include <dirent.h>
#include <sys/ptrace.h>

static void get_info_reports_the_record(void **state)
{
	struct proc_relate_info info;
	int fd = opened();

	memset(&info, 0xa5, sizeof(info));
	assert_works(ioctl(fd, PROC_RELATE_GET_INFO, &info));
	assert_in_range(info.version, PROC_RELATE_VERSION, UINT32_MAX);
	assert_int_equal(info.record_size, RECORD);
	assert_true(info.query_flags & PROC_RELATE_THREADS);
	if (!on_live_machine) {
		assert_int_equal(info.version, PROC_RELATE_VERSION);
		assert_int_equal(info.query_flags, 0xff);
		assert_int_equal(info.log_size, 8192);
	}
	assert_int_equal(info.reserved[3], 0);
	close(fd);
}

static void own_record_is_correct(void **state)
{
	int fd = opened();
	struct proc_relate_task self = task_of(fd, getpid());
	char name[16];

	assert_int_equal(self.tgid, getpid());
	assert_int_equal(self.group_leader, getpid());
	assert_int_equal(self.parent, getppid());
	assert_int_equal(self.real_parent, getppid());
	assert_int_equal(self.pgid, getpgrp());
	assert_int_equal(self.sid, getsid(0));
	assert_int_equal(self.uid, getuid());
	assert_int_equal(self.gid, getgid());
	assert_int_equal(self.euid, geteuid());
	assert_int_equal(self.egid, getegid());
	assert_int_equal(self.state, 'R');
	assert_int_equal(self.flags, 0);
	assert_int_equal(self.threads, 1);
	assert_true(self.mm);
	assert_int_equal(self.mm, self.active_mm);
	assert_int_equal(prctl(PR_GET_NAME, name), 0);
	assert_string_equal(self.comm, name);
	close(fd);
}

static void records_ascend_without_repeats(void **state)
{
	int fd = opened();
	pid_t child = fork_idle();
	struct table *table = snapshot(fd);
	size_t i;

	assert_in_range(table->n, 2, MAX);
	for (i = 1; i < table->n; i++)
		assert_in_range(table->task[i].pid,
				table->task[i - 1].pid + 1, UINT32_MAX);
	end_idle(child);
	close(fd);
}

static void buffer_smaller_than_a_record_fails_with_EINVAL(void **state)
{
	char buffer[RECORD];
	int fd = opened();

	assert_errno(EINVAL, read(fd, buffer, RECORD - 1));
	assert_errno(EINVAL, read(fd, buffer, 0));
	close(fd);
}

static void read_returns_whole_records(void **state)
{
	char buffer[2 * RECORD];
	int fd = opened();

	assert_int_equal(read(fd, buffer, 2 * RECORD - 1), RECORD);
	close(fd);
}

static void read_at_the_end_keeps_returning_0(void **state)
{
	struct proc_relate_task task;
	int fd = opened();
	pid_t child;

	snapshot(fd);
	child = fork_idle();
	assert_int_equal(read(fd, &task, RECORD), 0);
	assert_int_equal(read(fd, &task, RECORD), 0);
	end_idle(child);
	close(fd);
}

static void rewind_starts_a_new_snapshot(void **state)
{
	int fd = opened();
	pid_t child;

	snapshot(fd);
	child = fork_idle();
	assert_non_null(find(snapshot(fd), child));
	end_idle(child);
	assert_null(find(snapshot(fd), child));
	close(fd);
}

static void other_seeks_fail_with_EINVAL(void **state)
{
	struct proc_relate_task first, next;
	int fd = opened();
	pid_t child = fork_idle();

	assert_int_equal(read(fd, &first, RECORD), RECORD);
	assert_errno(EINVAL, lseek(fd, RECORD, SEEK_SET));
	assert_errno(EINVAL, lseek(fd, -1, SEEK_SET));
	assert_errno(EINVAL, lseek(fd, 0, SEEK_CUR));
	assert_errno(EINVAL, lseek(fd, 0, SEEK_END));
	assert_int_equal(read(fd, &next, RECORD), RECORD);
	assert_in_range(next.pid, first.pid + 1, UINT32_MAX);
	end_idle(child);
	close(fd);
}

static void pread_and_write_fail(void **state)
{
	struct proc_relate_task task = { 0 };
	int fd = open_or_fail("/dev/proc_relate", O_RDWR);

	assert_errno(ESPIPE, pread(fd, &task, RECORD, 0));
	assert_errno(EINVAL, write(fd, &task, RECORD));
	close(fd);
}

#define MANY	300

/* The first driver stopped at 30. Also read one record at a time. */
static void many_processes_are_all_reported(void **state)
{
	static struct table one_by_one;
	pid_t child[MANY];
	int i, fd = opened();

	for (i = 0; i < MANY; i++)
		child[i] = fork_idle();
	assert_int_equal(read_all(fd, &one_by_one, 1), 0);
	for (i = 0; i < MANY; i++) {
		struct proc_relate_task *task = find(&one_by_one, child[i]);

		assert_non_null(task);
		assert_int_equal(task->real_parent, getpid());
		assert_non_null(find(snapshot(fd), child[i]));
	}
	for (i = 0; i < MANY; i++)
		end_idle(child[i]);
	close(fd);
}

static void fault_loses_no_record(void **state)
{
	char *hole = page_before_a_hole() + sysconf(_SC_PAGESIZE);
	struct proc_relate_task *last = (void *)(hole - 2 * RECORD);
	struct proc_relate_task next;
	int fd = opened();
	ssize_t got;

	assert_errno(EFAULT, read(fd, hole, 4 * RECORD));
	assert_errno(EFAULT, read(fd, hole - RECORD / 2, 4 * RECORD));
	got = read(fd, last, 4 * RECORD);
	/* A copy can stop before the last bytes that fit. */
	assert_true(got == 2 * RECORD || got == RECORD);
	assert_int_equal(last[0].pid, 1);
	assert_int_equal(read(fd, &next, RECORD), RECORD);
	assert_non_null(find(snapshot(fd), next.pid));
	assert_ptr_equal(find(snapshot(fd), next.pid),
			 find(snapshot(fd), last[got / RECORD - 1].pid) + 1);
	close(fd);
}

static struct proc_relate_status status_of_file(int fd)
{
	struct proc_relate_status status;

	memset(&status, 0xa5, sizeof(status));
	assert_works(ioctl(fd, PROC_RELATE_GET_STATUS, &status));
	assert_int_equal(status.generation, 0);
	assert_int_equal(status.now, 0);
	assert_int_equal(status.reserved[0], 0);
	assert_int_equal(status.reserved[2], 0);
	/* Constant. */
	status.flags &= ~PROC_RELATE_RESTRICTED;
	return status;
}

static void ended_is_not_set_before_the_last_read(void **state)
{
	char *hole = page_before_a_hole() + sysconf(_SC_PAGESIZE);
	const struct proc_relate_query query = {
		.flags = PROC_RELATE_BELOW, .below = getpid(),
	};
	struct proc_relate_task task;
	int fd = opened();

	assert_int_equal(status_of_file(fd).flags, 0);
	assert_works(ioctl(fd, PROC_RELATE_SET_QUERY, &query));
	assert_errno(EFAULT, read(fd, hole, 2 * RECORD));
	assert_int_equal(status_of_file(fd).flags, 0);
	assert_int_equal(read(fd, &task, RECORD), RECORD);
	assert_int_equal(task.pid, getpid());
	assert_int_equal(read(fd, &task, RECORD), 0);
	assert_int_equal(status_of_file(fd).flags, PROC_RELATE_ENDED);
	close(fd);
}

/* Value of "Name:\tvalue" in /proc/PID/status, or NULL. */
static char *status_of(unsigned int pid, const char *name)
{
	static char value[256];
	char path[64], line[256], *found = NULL;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	file = fopen(path, "r");
	if (!file)
		return NULL;
	while (!found && fgets(line, sizeof(line), file)) {
		size_t length = strlen(name);

		if (strncmp(line, name, length) || line[length] != ':')
			continue;
		strcpy(value, line + length + 2);
		value[strcspn(value, "\n")] = '\0';
		found = value;
	}
	fclose(file);
	return found;
}

static void assert_agrees_with_proc(const struct proc_relate_task *task)
{
	char path[64], *value = status_of(task->pid, "Name");
	unsigned int sessionid = 0;
	FILE *file;

	if (!value)
		return;	/* it has ended */
	/* status escapes the name, and extends that of kernel threads. */
	if (!strpbrk(value, "\\") && !(task->flags & PROC_RELATE_KTHREAD))
		assert_string_equal(task->comm, value);
	assert_int_equal(task->real_parent,
			 atoi(status_of(task->pid, "PPid")));
	assert_int_equal(task->tgid, atoi(status_of(task->pid, "Tgid")));
	assert_int_equal(task->threads, atoi(status_of(task->pid, "Threads")));
	assert_int_equal(task->uid, atoi(status_of(task->pid, "Uid")));
	assert_int_equal(task->gid, atoi(status_of(task->pid, "Gid")));
	assert_int_equal(!task->mm, !status_of(task->pid, "VmSize"));

	snprintf(path, sizeof(path), "/proc/%u/sessionid", task->pid);
	file = fopen(path, "r");
	if (file && fscanf(file, "%u", &sessionid) == 1)
		assert_int_equal(task->sessionid, sessionid);
	if (file)
		fclose(file);
}

static void all_records_agree_with_proc(void **state)
{
	int fd = opened();
	struct table *table = snapshot(fd);
	struct dirent *entry;
	DIR *proc;
	size_t i;

	for (i = 0; i < table->n; i++)
		assert_agrees_with_proc(&table->task[i]);

	/* No task is missing, except kernel threads that start and end. */
	proc = opendir("/proc");
	assert_non_null(proc);
	while ((entry = readdir(proc))) {
		pid_t pid = atoi(entry->d_name);

		if (!isdigit(entry->d_name[0]) || find(table, pid))
			continue;
		assert_null(find(snapshot(fd), pid));
	}
	closedir(proc);
	close(fd);
}

static void start_time_matches_proc(void **state)
{
	int fd = opened();
	struct proc_relate_task self = task_of(fd, getpid());
	unsigned long long ticks = 0;
	FILE *file = fopen("/proc/self/stat", "r");

	assert_int_equal(fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d "
				"%*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
				"%*d %*d %llu", &ticks), 1);
	assert_int_equal(self.start_time / (1000000000 / sysconf(_SC_CLK_TCK)),
			 ticks);
	fclose(file);
	close(fd);
}

static void parent_start_times_are_correct(void **state)
{
	int fd = opened();
	pid_t child = fork_idle();
	struct table *table = snapshot(fd);
	struct proc_relate_task *task = find(table, child);

	assert_non_null(task);
	assert_int_equal(task->real_parent_start_time,
			 find(table, getpid())->start_time);
	assert_int_equal(task->parent_start_time,
			 task->real_parent_start_time);
	assert_in_range(task->start_time, task->real_parent_start_time,
			UINT64_MAX);
	end_idle(child);
	close(fd);
}

static void init_has_no_parent(void **state)
{
	int fd = opened();
	struct proc_relate_task init = task_of(fd, 1);

	assert_int_equal(init.parent, 0);
	assert_int_equal(init.real_parent, 0);
	assert_int_equal(init.parent_start_time, 0);
	assert_int_equal(init.sessionid, PROC_RELATE_SESSIONID_UNSET);
	close(fd);
}

static void kernel_threads_are_flagged(void **state)
{
	int fd = opened();
	struct proc_relate_task kthreadd = task_of(fd, 2);

	assert_string_equal(kthreadd.comm, "kthreadd");
	assert_int_equal(kthreadd.flags, PROC_RELATE_KTHREAD);
	assert_int_equal(kthreadd.mm, 0);
	assert_false(task_of(fd, 1).flags & PROC_RELATE_KTHREAD);
	close(fd);
}

static void threads_are_reported_on_request(void **state)
{
	struct proc_relate_task task;
	struct thread thread;
	int fd = opened();

	start_thread(&thread);
	assert_null(find(snapshot(fd), thread.tid));
	assert_int_equal(task_of(fd, getpid()).threads, 2);

	assert_works(set_query(fd, PROC_RELATE_THREADS));
	task = task_of(fd, thread.tid);
	assert_int_equal(task.tgid, getpid());
	assert_int_equal(task.group_leader, getpid());
	assert_int_equal(task.real_parent, getppid());
	assert_int_equal(task.mm, task_of(fd, getpid()).mm);

	assert_works(set_query(fd, 0));
	assert_null(find(snapshot(fd), thread.tid));
	end_thread(&thread);
	close(fd);
}

static void set_query_starts_a_new_snapshot(void **state)
{
	struct proc_relate_task task;
	int fd = opened();

	snapshot(fd);
	assert_works(set_query(fd, 0));
	assert_int_equal(read(fd, &task, RECORD), RECORD);
	/* hidepid= can hide it on a live machine. */
	if (!on_live_machine)
		assert_int_equal(task.pid, 1);
	close(fd);
}

static void invalid_query_changes_nothing(void **state)
{
	struct proc_relate_query query = { .reserved[2] = 1 };
	struct proc_relate_task first, next;
	int fd = opened();
	pid_t child = fork_idle();

	assert_int_equal(read(fd, &first, RECORD), RECORD);
	assert_errno(EINVAL, set_query(fd, 1U << 31));
	assert_errno(EINVAL, set_query(fd, 1U << 8));
	assert_errno(EINVAL, ioctl(fd, PROC_RELATE_SET_QUERY, &query));
	assert_errno(EFAULT, ioctl(fd, PROC_RELATE_SET_QUERY, NULL));
	assert_int_equal(read(fd, &next, RECORD), RECORD);
	assert_in_range(next.pid, first.pid + 1, UINT32_MAX);
	end_idle(child);
	close(fd);
}

static void unknown_commands_fail_with_ENOTTY(void **state)
{
	int fd = opened();

	assert_errno(ENOTTY, ioctl(fd, 0, 0));
	assert_errno(ENOTTY, ioctl(fd, _IO(0xBE, 0x0f), 0));
	assert_errno(EFAULT, ioctl(fd, PROC_RELATE_GET_INFO, NULL));
	assert_errno(EFAULT, ioctl(fd, PROC_RELATE_GET_STATUS, NULL));
	close(fd);
}

static void forked_child_has_its_own_mm(void **state)
{
	int fd = opened();
	pid_t child = fork_idle();

	assert_int_not_equal(task_of(fd, child).mm, task_of(fd, getpid()).mm);
	end_idle(child);
	close(fd);
}

/* A vfork() child shares its parent's memory until it execs or exits. */
static void vforked_child_shares_the_mm(void **state)
{
	static struct table table;
	int fd = opened();
	pid_t parent = getpid(), child;
	volatile int shared = 0;

	child = vfork();
	if (!child) {
		struct proc_relate_task *own;

		if (!read_all(fd, &table, 512)) {
			own = find(&table, syscall(SYS_getpid));
			shared = own && find(&table, parent) &&
				 own->mm == find(&table, parent)->mm;
		}
		_exit(0);
	}
	assert_int_equal(exit_code_of(child), 0);
	assert_true(shared);
	close(fd);
}

static void zombie_is_reported_as_zombie(void **state)
{
	struct proc_relate_task task;
	int fd = opened();
	pid_t child = fork_idle();
	siginfo_t info;

	kill(child, SIGKILL);
	assert_int_equal(waitid(P_PID, child, &info, WEXITED | WNOWAIT), 0);
	task = task_of(fd, child);
	assert_int_equal(task.state, 'Z');
	assert_true(task.flags & PROC_RELATE_ZOMBIE);
	assert_int_equal(task.real_parent, getpid());
	assert_int_equal(task.mm, 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_null(find(snapshot(fd), child));
	close(fd);
}

static void tracer_is_parent_but_not_real_parent(void **state)
{
	struct proc_relate_task task;
	int fd = opened(), ready[2];
	pid_t tracee = fork_idle(), tracer;
	char byte;

	assert_int_equal(pipe(ready), 0);
	tracer = fork();
	if (!tracer) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (ptrace(PTRACE_SEIZE, tracee, NULL, NULL) ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	task = task_of(fd, tracee);
	assert_int_equal(task.parent, tracer);
	assert_int_equal(task.real_parent, getpid());
	assert_true(task.flags & PROC_RELATE_TRACED);
	assert_int_equal(task.parent_start_time,
			 task_of(fd, tracer).start_time);
	end_idle(tracer);
	end_idle(tracee);
	close(ready[0]);
	close(ready[1]);
	close(fd);
}

static void orphan_is_reparented(void **state)
{
	int fd = opened(), told[2];
	pid_t middle, orphan = 0;

	assert_int_equal(pipe(told), 0);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	middle = fork();
	if (!middle) {
		pid_t child = fork();

		/* It has no parent to die with. */
		alarm(PATIENCE_MS / 1000);
		if (!child)
			for (;;)
				pause();
		_exit(write(told[1], &child, sizeof(child)) != sizeof(child));
	}
	assert_int_equal(read(told[0], &orphan, sizeof(orphan)), sizeof(orphan));
	assert_int_equal(exit_code_of(middle), 0);
	assert_int_equal(task_of(fd, orphan).real_parent, getpid());
	end_idle(orphan);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
	close(told[0]);
	close(told[1]);
	close(fd);
}

/* View from inside a pid namespace, sent over a pipe. */
struct inner_view {
	int n;
	int passed_on;		/* records read through its parent's file */
	struct proc_relate_task self;
};

static void look_around(int outer, int report)
{
	static struct table table;
	struct inner_view view = { .n = -1 };
	int fd = open("/dev/proc_relate", O_RDONLY);

	if (fd >= 0 && !read_all(fd, &table, 512)) {
		view.n = table.n;
		view.self = table.task[0];
	}
	if (!read_all(outer, &table, 512))
		view.passed_on = table.n;
	if (write(report, &view, sizeof(view)) != sizeof(view))
		_exit(1);
	for (;;)
		pause();
}

/* Fork the first process of a new user and pid namespace. */
static pid_t fork_container(int outer, struct inner_view *view)
{
	pid_t maker, first = 0;
	int told[2];

	assert_int_equal(pipe(told), 0);
	maker = fork();
	if (!maker) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWUSER | CLONE_NEWPID))
			_exit(1);
		first = fork();
		if (!first) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			look_around(outer, told[1]);
		}
		for (;;)
			pause();
	}
	close(told[1]);
	if (read(told[0], view, sizeof(*view)) != sizeof(*view))
		fail_msg("failed to create a pid namespace");
	close(told[0]);
	return maker;
}

static void container_sees_only_itself(void **state)
{
	struct inner_view view;
	int fd = opened();
	pid_t maker = fork_container(fd, &view);
	struct table *table = snapshot(fd);
	size_t i;

	assert_int_equal(view.n, 1);
	assert_int_equal(view.self.pid, 1);
	assert_int_equal(view.self.tgid, 1);
	assert_int_equal(view.self.real_parent, 0);
	assert_int_equal(view.self.parent, 0);
	assert_int_equal(view.self.real_parent_start_time, 0);
	assert_int_equal(view.self.pgid, 0);
	assert_int_equal(view.self.sid, 0);
	/* Without a mapping, all ids are the overflow id. */
	assert_int_equal(view.self.uid, 65534);

	/* A passed file keeps its opener's view. */
	assert_in_range(view.passed_on, 4, MAX);

	/* From outside it has another pid and other identities. */
	for (i = 0; i < table->n; i++)
		if (table->task[i].real_parent == (unsigned int)maker)
			break;
	assert_in_range(i, 0, table->n - 1);
	assert_int_not_equal(table->task[i].pid, 1);
	assert_int_equal(table->task[i].uid, getuid());
	assert_int_equal(table->task[i].start_time, view.self.start_time);
	assert_int_not_equal(table->task[i].mm, view.self.mm);
	end_idle(maker);
	close(fd);
}

/* Processes start and end: no record is mixed up or reported twice. */
static void records_stay_correct_under_churn(void **state)
{
	int i, fd = opened();
	pid_t churner = fork(), steady;
	size_t j;

	if (!churner) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			pid_t child = fork();

			if (!child)
				_exit(0);
			waitpid(child, NULL, 0);
		}
	}
	steady = fork_idle();
	for (i = 0; i < 100; i++) {
		struct table *table = snapshot(fd);

		assert_non_null(find(table, steady));
		assert_non_null(find(table, churner));
		for (j = 1; j < table->n; j++)
			assert_in_range(table->task[j].pid,
					table->task[j - 1].pid + 1, UINT32_MAX);
	}
	end_idle(steady);
	end_idle(churner);
	close(fd);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		live_test(get_info_reports_the_record),
		live_test(own_record_is_correct),
		live_test(records_ascend_without_repeats),
		live_test(buffer_smaller_than_a_record_fails_with_EINVAL),
		live_test(read_returns_whole_records),
		live_test(read_at_the_end_keeps_returning_0),
		live_test(rewind_starts_a_new_snapshot),
		live_test(other_seeks_fail_with_EINVAL),
		live_test(pread_and_write_fail),
		cmocka_unit_test(many_processes_are_all_reported),
		cmocka_unit_test(fault_loses_no_record),
		live_test(ended_is_not_set_before_the_last_read),
		cmocka_unit_test(all_records_agree_with_proc),
		live_test(start_time_matches_proc),
		live_test(parent_start_times_are_correct),
		cmocka_unit_test(init_has_no_parent),
		cmocka_unit_test(kernel_threads_are_flagged),
		live_test(threads_are_reported_on_request),
		live_test(set_query_starts_a_new_snapshot),
		live_test(invalid_query_changes_nothing),
		live_test(unknown_commands_fail_with_ENOTTY),
		live_test(forked_child_has_its_own_mm),
		live_test(vforked_child_shares_the_mm),
		live_test(zombie_is_reported_as_zombie),
		cmocka_unit_test(tracer_is_parent_but_not_real_parent),
		live_test(orphan_is_reparented),
		cmocka_unit_test(container_sees_only_itself),
		cmocka_unit_test(records_stay_correct_under_churn),
	};

	return run_as_tap(tests);
}
