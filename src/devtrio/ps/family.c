// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processes and the thread of devtrio ps --demo. They sleep, and end with
 * it, however it ends.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/devtrio.h"
#include "family.h"

static volatile pid_t children[FAMILY_CHILDREN];
static sem_t thread_started, thread_may_end;
static pthread_t thread;
static bool has_thread;
static pid_t thread_id;

/* Async-signal-safe. */
static void end_children(void)
{
	size_t i;

	for (i = 0; i < FAMILY_CHILDREN; i++)
		if (children[i] > 0)
			kill(children[i], SIGKILL);
	for (i = 0; i < FAMILY_CHILDREN; i++) {
		if (children[i] <= 0)
			continue;
		while (waitpid(children[i], NULL, 0) < 0 && errno == EINTR)
			;
		children[i] = 0;
	}
}

static void end_on_signal(int signal)
{
	end_children();
	/* SA_RESETHAND: the signal kills this process when the handler returns. */
	raise(signal);
}

static const int signals[] = { SIGHUP, SIGINT, SIGPIPE, SIGTERM };

static void catch_signals(sigset_t *caught)
{
	struct sigaction action = {
		.sa_handler = end_on_signal,
		.sa_flags = SA_RESETHAND,
	};
	struct sigaction former;
	size_t i;

	sigemptyset(caught);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(caught, signals[i]);
	action.sa_mask = *caught;
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		if (!sigaction(signals[i], NULL, &former) &&
		    former.sa_handler == SIG_DFL)
			sigaction(signals[i], &action, NULL);
}

/* Called with the parent's handlers still set and their signals blocked. */
static void __attribute__((noreturn))
live_as_child(pid_t parent, int started, const sigset_t *caught)
{
	struct sigaction action;
	unsigned char err;
	size_t i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILED);

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		if (!sigaction(signals[i], NULL, &action) &&
		    action.sa_handler == end_on_signal)
			signal(signals[i], SIG_DFL);
	/* The parent reports a closed pipe. */
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_UNBLOCK, caught, NULL);

	printf("this is a child,pid is %d\n", getpid());
	err = fflush(stdout) ? errno : 0;
	if (write(started, &err, 1) != 1)
		_exit(EXIT_FAILED);
	for (;;)
		pause();
}

static pid_t start_child(size_t i, const sigset_t *caught)
{
	pid_t parent = getpid(), pid;
	unsigned char err;
	int started[2];

	if (pipe(started))
		die(EXIT_FAILED, "cannot create a pipe: %s", strerror(errno));

	flush_stdout();
	sigprocmask(SIG_BLOCK, caught, NULL);
	pid = fork();
	if (!pid)
		live_as_child(parent, started[1], caught);
	children[i] = pid;
	sigprocmask(SIG_UNBLOCK, caught, NULL);
	if (pid < 0)
		die(EXIT_FAILED, "cannot start a child: %s", strerror(errno));

	close(started[1]);
	if (read(started[0], &err, 1) != 1)
		die(EXIT_FAILED, "child %d exited unexpectedly", pid);
	if (err)
		fail_stdout(err);
	close(started[0]);
	return pid;
}

static void *live_as_thread(void *unused)
{
	(void)unused;
	thread_id = gettid();
	printf("In thread,pid=%d tid=%d\n", getpid(), thread_id);
	fflush(stdout);
	sem_post(&thread_started);
	while (sem_wait(&thread_may_end) && errno == EINTR)
		;
	return NULL;
}

static pid_t start_thread(void)
{
	int err;

	sem_init(&thread_started, 0, 0);
	sem_init(&thread_may_end, 0, 0);
	err = pthread_create(&thread, NULL, live_as_thread, NULL);
	if (err)
		die(EXIT_FAILED, "cannot start a thread: %s", strerror(err));
	has_thread = true;
	while (sem_wait(&thread_started) && errno == EINTR)
		;
	return thread_id;
}

/**
 * family_start() - start the processes and the thread; each prints a line
 * @family: their ids
 */
void family_start(struct family *family)
{
	sigset_t caught;
	size_t i;

	atexit(end_children);
	catch_signals(&caught);

	printf("Here is parent process,pid = %d\n", getpid());
	for (i = 0; i < FAMILY_CHILDREN; i++)
		family->children[i] = start_child(i, &caught);
	family->thread = start_thread();
}

/**
 * family_end() - end the processes and the thread, and reap them
 */
void family_end(void)
{
	if (has_thread) {
		sem_post(&thread_may_end);
		pthread_join(thread, NULL);
		has_thread = false;
	}
	end_children();
}
