// SPDX-License-Identifier: GPL-2.0-only
/*
 * What proc_relate tells of changes. A guest is never quite at rest (its kernel
 * starts threads of its own), so that what shall be quiet is tried more than
 * once, until a deadline.
 */
#include "proc_relate.h"

#include <sys/epoll.h>

#define DEADLINE	20	/* seconds, generous for an emulated machine */

static int tracking(unsigned int flags)
{
	int fd = opened();

	assert_works(set_query(fd, flags));
	return fd;
}

static struct proc_relate_status status_of_file(int fd)
{
	struct proc_relate_status status;

	memset(&status, 0xa5, sizeof(status));
	assert_works(ioctl(fd, PROC_RELATE_GET_STATUS, &status));
	return status;
}

static bool readable(int fd, int ms)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	return poll(&poller, 1, ms) == 1 && poller.revents & POLLIN;
}

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Tries until it holds, for DEADLINE seconds at most. */
#define assert_in_time(condition)					\
	do {								\
		time_t end_ = seconds() + DEADLINE;			\
		bool held_;						\
									\
		while (!(held_ = (condition)) && seconds() < end_)	\
			;						\
		if (!held_)						\
			fail_msg("not within %d s: %s", DEADLINE,	\
				 #condition);				\
	} while (0)

/* The last record of a pid in a pass, of any type. */
static struct proc_relate_task *last_of(struct table *table, pid_t pid)
{
	size_t i;

	for (i = table->n; i-- > 0;)
		if (table->task[i].pid == (unsigned int)pid)
			return &table->task[i];
	return NULL;
}

/* The next pass tells of this pid, with this type of record. */
static bool tells(int fd, pid_t pid, unsigned int type,
		  struct proc_relate_task *task)
{
	struct proc_relate_task *found;

	if (!readable(fd, 1000))
		return false;
	found = last_of(snapshot(fd), pid);
	if (!found || found->type != type)
		return false;
	if (task)
		*task = *found;
	return true;
}

static bool quiet(int fd)
{
	snapshot(fd);
	return !readable(fd, 100);
}

static void without_tracking_there_is_always_news(void **state)
{
	struct proc_relate_status status;
	int fd = opened();

	assert_true(readable(fd, 0));
	snapshot(fd);
	assert_true(readable(fd, 0));
	status = status_of_file(fd);
	assert_int_equal(status.flags, PROC_RELATE_ENDED);
	assert_int_equal(status.generation, 0);
	assert_int_equal(status.now, 0);
	assert_int_equal(status.reserved[0], 0);
	assert_int_equal(status.reserved[2], 0);
	assert_errno(EFAULT, ioctl(fd, PROC_RELATE_GET_STATUS, NULL));
	close(fd);
}

static void a_table_read_to_its_end_waits_for_changes(void **state)
{
	int fd = tracking(PROC_RELATE_TRACK);
	pid_t child;

	assert_true(readable(fd, 0));
	assert_in_time(quiet(fd));
	/* Rewinding alone makes no news. */
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	child = fork_idle();
	assert_true(readable(fd, 5000));
	assert_non_null(find(snapshot(fd), child));
	end_idle(child);
	close(fd);
}

static void each_change_wakes(void **state)
{
	int fd = tracking(PROC_RELATE_TRACK), go[2];
	pid_t child;

	assert_int_equal(pipe(go), 0);
	assert_in_time(quiet(fd));
	child = fork();
	if (!child) {
		char byte;

		if (read(go[0], &byte, 1) == 1) {
			await_sleep(getppid());
			execl("/bin/sleep", "sleep", "1000", NULL);
		}
		_exit(1);
	}
	assert_true(readable(fd, 5000));
	assert_in_time(quiet(fd));
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(woken(fd), POLLIN);
	assert_in_time(quiet(fd));
	kill(child, SIGKILL);
	assert_true(readable(fd, 5000));
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(go[0]);
	close(go[1]);
	close(fd);
}

static void the_first_changes_are_a_table(void **state)
{
	int fd = tracking(PROC_RELATE_CHANGES);
	struct table *table = snapshot(fd);

	assert_int_equal(table->task[0].type, PROC_RELATE_TABLE);
	assert_int_equal(table->task[0].pid, 0);
	assert_non_null(find(table, 1));
	assert_non_null(find(table, getpid()));
	assert_false(status_of_file(fd).flags & PROC_RELATE_LOST);
	close(fd);
}

static void only_what_changed_comes(void **state)
{
	int fd = tracking(PROC_RELATE_CHANGES);
	struct proc_relate_task task;
	struct table *table;
	pid_t child;

	assert_in_time(quiet(fd));
	child = fork_idle();
	table = snapshot(fd);
	assert_null(find(table, 1));
	assert_null(find(table, getpid()));
	assert_non_null(find(table, child));
	task = *find(table, child);
	assert_int_equal(task.type, PROC_RELATE_TASK);
	assert_int_equal(task.real_parent, getpid());
	table = snapshot(fd);
	assert_null(find(table, child));
	end_idle(child);
	assert_in_time(tells(fd, child, PROC_RELATE_GONE, &task));
	assert_int_equal(task.tgid, child);
	assert_int_equal(task.real_parent, 0);
	close(fd);
}

static void a_task_comes_once_however_often_it_changed(void **state)
{
	int fd = tracking(PROC_RELATE_CHANGES), told[2];
	struct table *table;
	size_t i, n = 0;
	pid_t child;
	char byte;

	assert_int_equal(pipe(told), 0);
	snapshot(fd);
	child = fork();
	if (!child) {
		dup2(told[1], 1);
		execl("/bin/sh", "sh", "-c",
		      "exec sh -c 'echo; kill -STOP $$'", NULL);
		_exit(1);
	}
	assert_int_equal(read(told[0], &byte, 1), 1);
	table = snapshot(fd);
	for (i = 0; i < table->n; i++)
		n += table->task[i].pid == (unsigned int)child;
	assert_int_equal(n, 1);
	end_idle(child);
	close(told[0]);
	close(told[1]);
	close(fd);
}

static void an_exec_shows_the_new_name(void **state)
{
	int fd = tracking(PROC_RELATE_CHANGES), go[2];
	struct proc_relate_task task;
	pid_t child;

	assert_int_equal(pipe(go), 0);
	child = fork();
	if (!child) {
		char byte;

		if (read(go[0], &byte, 1) == 1)
			execl("/bin/sleep", "sleep", "1000", NULL);
		_exit(1);
	}
	assert_in_time(quiet(fd));
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_in_time(tells(fd, child, PROC_RELATE_TASK, &task) &&
		       !strcmp(task.comm, "sleep"));
	end_idle(child);
	close(go[0]);
	close(go[1]);
	close(fd);
}

/* Forks a child that takes the names that are written to the pipe. */
static pid_t fork_named(int names[2])
{
	pid_t child;

	assert_int_equal(pipe(names), 0);
	child = fork();
	if (!child) {
		char name[16];

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (read(names[0], name, sizeof(name)) == sizeof(name))
			prctl(PR_SET_NAME, name);
		_exit(1);
	}
	return child;
}

/* Readers look while the name changes, and still get to know the last one. */
static void a_new_name_is_told(void **state)
{
	int fd = tracking(PROC_RELATE_CHANGES), names[2], i;
	struct proc_relate_task *found;
	pid_t child = fork_named(names);

	assert_in_time(quiet(fd));
	for (i = 0; i < 500; i++) {
		char name[16] = { };
		bool known = false;

		snprintf(name, sizeof(name), "name %d", i);
		assert_int_equal(write(names[1], name, sizeof(name)),
				 sizeof(name));
		while (!known) {
			assert_int_equal(woken(fd), POLLIN);
			found = last_of(snapshot(fd), child);
			known = found && !strcmp(found->comm, name);
		}
	}
	assert_in_time(quiet(fd));
	end_idle(child);
	close(names[0]);
	close(names[1]);
	close(fd);
}

static void a_zombie_comes_before_it_is_gone(void **state)
{
	int fd = tracking(PROC_RELATE_CHANGES);
	struct proc_relate_task task;
	pid_t child = fork_idle();
	siginfo_t info;

	assert_in_time(quiet(fd));
	kill(child, SIGKILL);
	assert_int_equal(waitid(P_PID, child, &info, WEXITED | WNOWAIT), 0);
	assert_in_time(tells(fd, child, PROC_RELATE_TASK, &task) &&
		       task.flags & PROC_RELATE_ZOMBIE);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_in_time(tells(fd, child, PROC_RELATE_GONE, NULL));
	close(fd);
}

/* Forks a child that forks one and waits for a byte before it exits. */
static pid_t fork_generations(int go[2], pid_t *grandchild)
{
	int told[2];
	pid_t child;

	assert_int_equal(pipe(told), 0);
	assert_int_equal(pipe(go), 0);
	child = fork();
	if (!child) {
		pid_t own = fork();
		char byte;

		if (!own)
			for (;;)
				pause();
		_exit(write(told[1], &own, sizeof(own)) != sizeof(own) ||
		      read(go[0], &byte, 1) != 1);
	}
	assert_int_equal(read(told[0], grandchild, sizeof(*grandchild)),
			 sizeof(*grandchild));
	close(told[0]);
	close(told[1]);
	return child;
}

static void an_adopted_child_is_told(void **state)
{
	int fd = tracking(PROC_RELATE_CHANGES), go[2];
	struct proc_relate_task task;
	pid_t child, grandchild;

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	child = fork_generations(go, &grandchild);
	assert_in_time(quiet(fd));
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_in_time(tells(fd, grandchild, PROC_RELATE_TASK, &task) &&
		       task.real_parent == (unsigned int)getpid());
	assert_int_equal(exit_code_of(child), 0);
	assert_in_time(tells(fd, child, PROC_RELATE_GONE, NULL));
	end_idle(grandchild);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
	close(go[0]);
	close(go[1]);
	close(fd);
}

static void threads_are_told_to_those_who_ask(void **state)
{
	int with = tracking(PROC_RELATE_CHANGES | PROC_RELATE_THREADS);
	int without = tracking(PROC_RELATE_CHANGES);
	struct proc_relate_task task;
	struct thread thread;

	snapshot(with);
	snapshot(without);
	start_thread(&thread);
	assert_in_time(tells(with, thread.tid, PROC_RELATE_TASK, &task));
	assert_int_equal(task.tgid, getpid());
	end_thread(&thread);
	assert_in_time(tells(with, thread.tid, PROC_RELATE_GONE, &task));
	assert_int_equal(task.tgid, 0);
	assert_null(find(snapshot(without), thread.tid));
	close(with);
	close(without);
}

/* An exec by another thread than the first makes that one the first. */
static void *exec_sleep(void *unused)
{
	execl("/bin/sleep", "sleep", "1000", NULL);
	return NULL;
}

static void an_exec_by_a_thread_starts_thread_readers_over(void **state)
{
	int with = tracking(PROC_RELATE_CHANGES | PROC_RELATE_THREADS);
	int go[2];
	struct table *table;
	pid_t child;

	assert_int_equal(pipe(go), 0);
	child = fork();
	if (!child) {
		pthread_t thread;
		char byte;

		if (read(go[0], &byte, 1) == 1)
			pthread_create(&thread, NULL, exec_sleep, NULL);
		for (;;)
			pause();
	}
	snapshot(with);
	assert_int_equal(write(go[1], "x", 1), 1);
	do {
		assert_int_equal(woken(with), POLLIN);
		table = snapshot(with);
	} while (table->task[0].type != PROC_RELATE_TABLE);
	assert_true(status_of_file(with).flags & PROC_RELATE_LOST);
	assert_string_equal(find(table, child)->comm, "sleep");
	end_idle(child);
	close(go[0]);
	close(go[1]);
	close(with);
}

static void fork_many(int n)
{
	while (n--) {
		pid_t child = vfork();

		if (!child)
			_exit(0);
		assert_int_equal(waitpid(child, NULL, 0), child);
	}
}

static void more_than_the_log_holds_is_a_table_again(void **state)
{
	int fd = tracking(PROC_RELATE_CHANGES);
	struct proc_relate_status status;
	struct table *table;

	snapshot(fd);
	do {
		fork_many(50);
		status = status_of_file(fd);
	} while (status.now - status.generation <= 8192);
	table = snapshot(fd);
	assert_int_equal(table->task[0].type, PROC_RELATE_TABLE);
	assert_non_null(find(table, 1));
	assert_true(status_of_file(fd).flags & PROC_RELATE_LOST);
	table = snapshot(fd);
	assert_true(!table->n || table->task[0].type != PROC_RELATE_TABLE);
	assert_false(status_of_file(fd).flags & PROC_RELATE_LOST);
	close(fd);
}

static void changes_since_can_be_asked_for_again(void **state)
{
	int fd = tracking(PROC_RELATE_CHANGES);
	struct proc_relate_query query = { .flags = PROC_RELATE_CHANGES };
	struct table *table;
	pid_t child;

	snapshot(fd);
	query.since = status_of_file(fd).generation;
	child = fork_idle();
	assert_non_null(find(snapshot(fd), child));
	assert_works(ioctl(fd, PROC_RELATE_SET_QUERY, &query));
	table = snapshot(fd);
	assert_non_null(find(table, child));
	assert_null(find(table, 1));

	query.since = status_of_file(fd).now + 1000000;
	assert_errno(EINVAL, ioctl(fd, PROC_RELATE_SET_QUERY, &query));
	query.since = 1;	/* before this file tracked, if anything was */
	assert_works(ioctl(fd, PROC_RELATE_SET_QUERY, &query));
	assert_int_equal(snapshot(fd)->task[0].type, PROC_RELATE_TABLE);
	end_idle(child);
	close(fd);
}

/* One that came while the table was read is in it, and so it is known. */
static void what_a_table_told_of_is_told_gone(void **state)
{
	int fd = tracking(PROC_RELATE_CHANGES);
	static struct table table;
	pid_t child;

	assert_int_equal(read(fd, table.task, RECORD), RECORD);
	child = fork_idle();
	assert_int_equal(read_all(fd, &table, 512), 0);
	assert_non_null(find(&table, child));
	end_idle(child);
	assert_in_time(tells(fd, child, PROC_RELATE_GONE, NULL));
	close(fd);
}

static void what_came_and_went_in_between_is_not_told(void **state)
{
	int often = tracking(PROC_RELATE_CHANGES);
	int rarely = tracking(PROC_RELATE_CHANGES);
	pid_t child;

	snapshot(rarely);
	snapshot(often);
	child = fork_idle();
	assert_non_null(find(snapshot(often), child));
	end_idle(child);
	assert_in_time(tells(often, child, PROC_RELATE_GONE, NULL));
	assert_null(find(snapshot(rarely), child));
	close(often);
	close(rarely);
}

static void what_happened_untracked_is_not_passed_over(void **state)
{
	int fd = tracking(PROC_RELATE_CHANGES);
	struct proc_relate_query query = { .flags = PROC_RELATE_CHANGES };
	pid_t child;

	snapshot(fd);
	query.since = status_of_file(fd).generation;
	assert_works(set_query(fd, 0));
	child = fork_idle();
	assert_works(ioctl(fd, PROC_RELATE_SET_QUERY, &query));
	assert_non_null(find(snapshot(fd), child));
	end_idle(child);
	close(fd);
}

static void an_unfinished_pass_loses_nothing(void **state)
{
	int fd = tracking(PROC_RELATE_CHANGES);
	struct proc_relate_task task;
	pid_t children[2];

	snapshot(fd);
	children[0] = fork_idle();
	children[1] = fork_idle();
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(read(fd, &task, RECORD), RECORD);
	assert_non_null(find(snapshot(fd), children[0]));
	end_idle(children[0]);
	end_idle(children[1]);
	close(fd);
}

static void the_status_tells_of_a_change_during_the_walk(void **state)
{
	int fd = tracking(PROC_RELATE_TRACK);
	struct proc_relate_status before, after;
	struct proc_relate_task task;
	pid_t child;

	assert_int_equal(read(fd, &task, RECORD), RECORD);
	before = status_of_file(fd);
	assert_int_equal(before.flags & ~PROC_RELATE_CHANGED,
			 PROC_RELATE_TRACKED);
	child = fork_idle();
	after = status_of_file(fd);
	assert_true(after.flags & PROC_RELATE_CHANGED);
	assert_true(after.now > before.generation);
	assert_int_equal(after.generation, before.generation);
	assert_in_time((snapshot(fd), !(status_of_file(fd).flags &
					PROC_RELATE_CHANGED)));
	end_idle(child);
	close(fd);
}

/* Forks processes that come and go, and leave orphans, until it is killed. */
static pid_t fork_storm(void)
{
	pid_t storm = fork();

	assert_int_not_equal(storm, -1);
	if (storm)
		return storm;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (;;) {
		pid_t child = fork();

		if (!child) {
			if (!fork())
				usleep(1000);
			_exit(0);
		}
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

/* Kills the storm; its orphans, now this process's, come to their ends. */
static void end_storm(pid_t storm)
{
	kill(storm, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* Every parent in the table is there, and is the one that was meant. */
static bool fits_together(struct table *table)
{
	size_t i;

	for (i = 0; i < table->n; i++) {
		struct proc_relate_task *task = &table->task[i], *parent;

		if (!task->real_parent)
			continue;
		parent = find(table, task->real_parent);
		if (!parent ||
		    parent->start_time != task->real_parent_start_time)
			return false;
	}
	return true;
}

static void a_consistent_table_fits_together(void **state)
{
	int fd = tracking(PROC_RELATE_CONSISTENT), taken = 0, i;
	static struct table table;
	pid_t storm;

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	storm = fork_storm();
	for (i = 0; i < 200; i++) {
		ssize_t n;

		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		n = read(fd, table.task, sizeof(table.task));
		if (n < 0) {
			assert_int_equal(errno, EAGAIN);
			continue;
		}
		assert_int_equal(n % RECORD, 0);
		table.n = n / RECORD;
		assert_true(fits_together(&table));
		assert_non_null(find(&table, getpid()));
		assert_int_equal(read(fd, table.task, RECORD), 0);
		taken++;
	}
	end_storm(storm);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
	print_message("# %d of 200 were taken in the storm\n", taken);

	/* And without a storm there is one soon. */
	assert_in_time(lseek(fd, 0, SEEK_SET) == 0 &&
		       read(fd, table.task, sizeof(table.task)) > 0);
	close(fd);
}

/*
 * The first process of a pid namespace can't end before all others in it were
 * waited for: a task that stays in mid-change for as long as we like.
 */
static pid_t fork_stuck_exit(int go[2])
{
	pid_t maker;
	int told[2];
	char byte;

	assert_int_equal(pipe(told), 0);
	assert_int_equal(pipe(go), 0);
	maker = fork();
	if (!maker) {
		pid_t first, second;
		siginfo_t info;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWUSER | CLONE_NEWPID))
			_exit(1);
		first = try_fork_idle();
		second = try_fork_idle();
		if (first < 0 || second < 0 || kill(first, SIGKILL) ||
		    waitid(P_PID, second, &info, WEXITED | WNOWAIT) ||
		    write(told[1], "x", 1) != 1 ||
		    read(go[0], &byte, 1) != 1 ||
		    waitpid(second, NULL, 0) != second ||
		    waitpid(first, NULL, 0) != first)
			_exit(2);
		_exit(0);
	}
	close(told[1]);
	assert_int_equal(read(told[0], &byte, 1), 1);
	close(told[0]);
	return maker;
}

static void in_mid_change_nothing_is_consistent(void **state)
{
	int fd = tracking(PROC_RELATE_CONSISTENT), go[2], i;
	pid_t maker = fork_stuck_exit(go);
	static struct table table;

	for (i = 0; i < 5; i++)
		assert_errno(EAGAIN, read(fd, table.task, sizeof(table.task)));
	assert_true(status_of_file(fd).flags & PROC_RELATE_CHANGED);
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(exit_code_of(maker), 0);
	assert_in_time(read(fd, table.task, sizeof(table.task)) > 0);
	close(go[0]);
	close(go[1]);
	close(fd);
}

/* It is told at once, is no reason to wake for, and is told again when done. */
static void mid_change_does_not_keep_a_monitor_busy(void **state)
{
	int fd = tracking(PROC_RELATE_CHANGES), go[2];
	struct proc_relate_task *task = NULL;
	struct table *table;
	pid_t maker, stuck;
	size_t i;

	snapshot(fd);
	maker = fork_stuck_exit(go);
	table = snapshot(fd);
	for (i = 0; i < table->n; i++)
		if (table->task[i].real_parent == (unsigned int)maker &&
		    !(table->task[i].flags & PROC_RELATE_ZOMBIE))
			task = &table->task[i];
	assert_non_null(task);
	assert_true(task->flags & PROC_RELATE_EXITING);
	stuck = task->pid;
	assert_in_time(quiet(fd));
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(exit_code_of(maker), 0);
	assert_in_time(tells(fd, stuck, PROC_RELATE_GONE, NULL));
	close(go[0]);
	close(go[1]);
	close(fd);
}

static void a_consistent_table_has_to_fit_into_one_read(void **state)
{
	int fd = tracking(PROC_RELATE_CONSISTENT);
	struct proc_relate_task task[2];

	assert_errno(EMSGSIZE, read(fd, task, sizeof(task)));
	assert_errno(EFAULT, syscall(SYS_read, fd, NULL, MAX * RECORD));
	close(fd);
}

/* Applies a pass to what a monitor knows. */
static void apply(struct table *known, const struct table *pass)
{
	size_t i;

	for (i = 0; i < pass->n; i++) {
		const struct proc_relate_task *task = &pass->task[i];
		struct proc_relate_task *old = find(known, task->pid);

		if (task->type == PROC_RELATE_TABLE) {
			known->n = 0;
			continue;
		}
		if (task->type == PROC_RELATE_TASK) {
			if (!old) {
				assert_in_range(known->n, 0, MAX - 1);
				old = &known->task[known->n++];
			}
			*old = *task;
		} else if (old && old->start_time == task->start_time) {
			*old = known->task[--known->n];
		}
	}
}

/* What is known other than the table has it, for a test that fails by it. */
static char difference[200];

static bool knows(struct table *known, struct table *table)
{
	size_t i;

	snprintf(difference, sizeof(difference), "%zu known, %zu in the table",
		 known->n, table->n);
	if (known->n != table->n)
		return false;
	for (i = 0; i < table->n; i++) {
		struct proc_relate_task *task = &table->task[i];
		struct proc_relate_task *old = find(known, task->pid);

		if (!old || old->start_time != task->start_time ||
		    old->real_parent != task->real_parent ||
		    old->real_parent_start_time !=
		    task->real_parent_start_time ||
		    old->mm != task->mm || strcmp(old->comm, task->comm)) {
			snprintf(difference, sizeof(difference),
				 "%u %s: parent %u, mm %llx; known: %s parent %u, mm %llx",
				 task->pid, task->comm, task->real_parent,
				 (unsigned long long)task->mm,
				 old ? old->comm : "no such process",
				 old ? old->real_parent : 0,
				 old ? (unsigned long long)old->mm : 0);
			return false;
		}
	}
	return true;
}

/*
 * A workqueue's new attributes are new workers: kernel threads, which up to 6.12
 * came before they had their names.
 */
static void make_kernel_threads(int fd)
{
	static int nice;

	nice = nice % 5 + 1;
	assert_in_range(dprintf(fd, "%d", nice), 1, 2);
}

/* Who only ever hears of changes knows what a table shows, when it is over. */
static void monitor_a_storm(unsigned int flags)
{
	int workers = open_or_fail("/sys/devices/virtual/workqueue/writeback/nice",
				   O_WRONLY);
	int changes = tracking(PROC_RELATE_CHANGES | flags);
	int tables = tracking(PROC_RELATE_TRACK | flags);
	static struct table known;
	time_t end = seconds() + 2;
	struct thread thread;
	pid_t storm;

	known.n = 0;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	start_thread(&thread);
	storm = fork_storm();
	while (seconds() < end) {
		make_kernel_threads(workers);
		if (readable(changes, 1000))
			apply(&known, snapshot(changes));
	}
	close(workers);
	end_storm(storm);
	end_thread(&thread);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
	end = seconds() + DEADLINE;
	while (apply(&known, snapshot(changes)),
	       !knows(&known, snapshot(tables)))
		if (seconds() > end)
			fail_msg("after %d s: %s", DEADLINE, difference);
	close(changes);
	close(tables);
}

static void who_hears_of_changes_knows_all_processes(void **state)
{
	monitor_a_storm(0);
}

static void who_hears_of_changes_knows_all_threads(void **state)
{
	monitor_a_storm(PROC_RELATE_THREADS);
}

static void below_and_changes_go_together(void **state)
{
	struct proc_relate_query query = {
		.flags = PROC_RELATE_CHANGES | PROC_RELATE_BELOW,
	};
	pid_t child, grandchild, stranger;
	int fd = opened(), go[2];
	struct table *table;

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	child = fork_generations(go, &grandchild);
	query.below = child;
	assert_works(ioctl(fd, PROC_RELATE_SET_QUERY, &query));
	table = snapshot(fd);
	assert_int_equal(table->n, 3);
	assert_int_equal(table->task[0].type, PROC_RELATE_TABLE);
	stranger = fork_idle();
	assert_null(find(snapshot(fd), stranger));
	/* The subtree loses its root, and what is left is adopted. */
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(exit_code_of(child), 0);
	table = snapshot(fd);
	assert_int_equal(table->task[0].type, PROC_RELATE_TABLE);
	assert_int_equal(table->n, 1);
	end_idle(stranger);
	end_idle(grandchild);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
	close(go[0]);
	close(go[1]);
	close(fd);
}

static void tracking_can_be_ended(void **state)
{
	int fd = tracking(PROC_RELATE_CHANGES);
	struct table *table;

	snapshot(fd);
	assert_works(set_query(fd, 0));
	table = snapshot(fd);
	assert_non_null(find(table, 1));
	assert_int_equal(table->task[0].type, PROC_RELATE_TASK);
	assert_int_equal(status_of_file(fd).flags, PROC_RELATE_ENDED);
	close(fd);
}

static void epoll_tells_each_change_once(void **state)
{
	int fd = tracking(PROC_RELATE_TRACK), epoll = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	pid_t child;

	assert_in_time(quiet(fd));
	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
	child = fork_idle();
	assert_int_equal(epoll_wait(epoll, &event, 1, 5000), 1);
	end_idle(child);
	assert_int_equal(epoll_wait(epoll, &event, 1, 5000), 1);
	close(epoll);
	close(fd);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(without_tracking_there_is_always_news),
		cmocka_unit_test(a_table_read_to_its_end_waits_for_changes),
		cmocka_unit_test(each_change_wakes),
		cmocka_unit_test(the_first_changes_are_a_table),
		cmocka_unit_test(only_what_changed_comes),
		cmocka_unit_test(a_task_comes_once_however_often_it_changed),
		cmocka_unit_test(an_exec_shows_the_new_name),
		cmocka_unit_test(a_new_name_is_told),
		cmocka_unit_test(a_zombie_comes_before_it_is_gone),
		cmocka_unit_test(an_adopted_child_is_told),
		cmocka_unit_test(threads_are_told_to_those_who_ask),
		cmocka_unit_test(an_exec_by_a_thread_starts_thread_readers_over),
		cmocka_unit_test(more_than_the_log_holds_is_a_table_again),
		cmocka_unit_test(changes_since_can_be_asked_for_again),
		cmocka_unit_test(what_a_table_told_of_is_told_gone),
		cmocka_unit_test(what_came_and_went_in_between_is_not_told),
		cmocka_unit_test(what_happened_untracked_is_not_passed_over),
		cmocka_unit_test(an_unfinished_pass_loses_nothing),
		cmocka_unit_test(the_status_tells_of_a_change_during_the_walk),
		cmocka_unit_test(a_consistent_table_fits_together),
		cmocka_unit_test(in_mid_change_nothing_is_consistent),
		cmocka_unit_test(mid_change_does_not_keep_a_monitor_busy),
		cmocka_unit_test(a_consistent_table_has_to_fit_into_one_read),
		cmocka_unit_test(who_hears_of_changes_knows_all_processes),
		cmocka_unit_test(who_hears_of_changes_knows_all_threads),
		cmocka_unit_test(below_and_changes_go_together),
		cmocka_unit_test(tracking_can_be_ended),
		cmocka_unit_test(epoll_tells_each_change_once),
	};

	return run_as_tap(tests);
}
