// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test devtrio ps on a terminal and with many processes.
 */
#include "device.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

#define DEADLINE	30	/* seconds, enough for an emulated machine */

/* More than the initial allocation of devtrio. */
#define MANY		1500

struct session {
	pid_t pid;
	int terminal;
	size_t used;
	char text[1 << 18];
};

/* Start devtrio on its own terminal. */
static struct session *start(int columns, int lines, char **argv)
{
	static struct session session;
	struct winsize size = { .ws_col = columns, .ws_row = lines };
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	assert_true(terminal >= 0);
	assert_works(grantpt(terminal));
	assert_works(unlockpt(terminal));
	assert_works(ioctl(terminal, TIOCSWINSZ, &size));
	session.terminal = terminal;
	session.used = 0;
	*session.text = '\0';
	session.pid = fork();
	if (!session.pid) {
		int user;

		setsid();
		user = open(ptsname(terminal), O_RDWR);
		dup2(user, STDIN_FILENO);
		dup2(user, STDOUT_FILENO);
		dup2(user, STDERR_FILENO);
		execv("./devtrio", argv);
		_exit(127);
	}
	return &session;
}

#define START(columns, lines, ...)					\
	start(columns, lines,						\
	      (char *[]){ "devtrio", "ps", ##__VA_ARGS__, NULL })

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static size_t times(const char *text, const char *part)
{
	size_t count = 0;

	while ((text = strstr(text, part))) {
		text++;
		count++;
	}
	return count;
}

/* Read until a text has occurred that often, or to the end with NULL. */
static bool read_until(struct session *session, const char *part, size_t often)
{
	struct pollfd poller = { .fd = session->terminal, .events = POLLIN };
	time_t end = seconds() + DEADLINE;
	ssize_t n;

	while (seconds() < end) {
		if (part && times(session->text, part) >= often)
			return true;
		if (poll(&poller, 1, 1000) != 1)
			continue;
		n = read(session->terminal, session->text + session->used,
			 sizeof(session->text) - 1 - session->used);
		/* EIO: the terminal is no longer open. */
		if (n <= 0)
			return !part;
		session->used += n;
		session->text[session->used] = '\0';
	}
	return false;
}

static int ended(struct session *session)
{
	int code;

	if (!read_until(session, NULL, 0))
		kill(session->pid, SIGKILL);
	code = exit_code_of(session->pid);
	close(session->terminal);
	return code;
}

/* Length of the longest line. */
static size_t longest(const char *text)
{
	size_t length, most = 0;

	for (; *text; text += length + strspn(text + length, "\r\n")) {
		length = strcspn(text, "\r\n");
		if (length > most)
			most = length;
	}
	return most;
}

static void lines_are_cut_at_terminal_width(void **state)
{
	/* Numbers of known width: no line ends in a blank. */
	struct session *session = START(30, 10, "-o", "mm,active_mm");

	assert_int_equal(ended(session), 0);
	assert_int_equal(longest(session->text), 30);
	/* All lines are printed. */
	assert_true(times(session->text, "\r\n") > 10);
}

static void COLUMNS_overrides_terminal_width(void **state)
{
	struct session *session;

	setenv("COLUMNS", "12", 1);
	session = START(30, 10, "--tree", "-o", "mm");
	unsetenv("COLUMNS");
	assert_int_equal(ended(session), 0);
	assert_int_equal(longest(session->text), 12);
}

static void json_is_never_cut(void **state)
{
	struct session *session = START(30, 10, "--json");

	assert_int_equal(ended(session), 0);
	assert_true(longest(session->text) > 200);
}

static void watch_fits_the_screen_and_ends_on_ctrl_c(void **state)
{
	struct session *session = START(40, 6, "--watch", "--tree");
	char *frame, *last;
	pid_t child;

	assert_true(read_until(session, " more", 1));
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	assert_true(read_until(session, " more", 2));
	assert_int_equal(write(session->terminal, "\x03", 1), 1);
	assert_int_equal(ended(session), 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);

	/* The screen is cleared once; each frame starts at the top. */
	assert_int_equal(strncmp(session->text, "\x1b[H\x1b[J\x1b[H", 9), 0);
	frame = session->text + 9;
	last = strstr(frame, "\x1b[H");
	assert_non_null(last);
	*last = '\0';
	assert_int_equal(times(frame, "\n"), 5);
	assert_non_null(strstr(frame, "COMM"));
}

static void watch_shows_a_change_and_ends_after_count(void **state)
{
	char me[16];
	struct session *session;
	pid_t child;

	snprintf(me, sizeof(me), "%d", getpid());
	session = START(80, 24, "--watch", "-o", "pid,comm", "--below", me,
			"--count", "2");
	assert_true(read_until(session, "ps_test", 1));
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "the child");
		pause();
		_exit(0);
	}
	assert_int_equal(ended(session), 0);
	assert_int_equal(times(session->text, "PID"), 2);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void watch_redraws_after_a_resize(void **state)
{
	struct winsize size = { .ws_col = 80, .ws_row = 3 };
	char me[16];
	struct session *session;

	snprintf(me, sizeof(me), "%d", getpid());
	session = START(80, 24, "--watch", "--below", me);
	assert_true(read_until(session, "ps_test", 1));
	assert_works(ioctl(session->terminal, TIOCSWINSZ, &size));
	assert_true(read_until(session, " more", 1));
	assert_int_equal(write(session->terminal, "\x03", 1), 1);
	assert_int_equal(ended(session), 0);
}

static size_t lines_of(const char *command)
{
	FILE *pipe = popen(command, "r");
	size_t lines = 0;
	int c;

	assert_non_null(pipe);
	while ((c = getc(pipe)) != EOF)
		lines += c == '\n';
	assert_int_equal(pclose(pipe), 0);
	return lines;
}

static void many_processes_are_shown(void **state)
{
	static pid_t children[MANY];
	char command[80];
	int i;

	for (i = 0; i < MANY; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (!children[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	}
	/* Plus this process, the command, and possibly its shell. */
	snprintf(command, sizeof(command), "./devtrio ps -H --tree --below %d",
		 getpid());
	assert_in_range(lines_of(command), MANY + 2, MANY + 3);
	snprintf(command, sizeof(command), "./devtrio ps -H -c --below %d",
		 getpid());
	assert_in_range(lines_of(command), MANY + 2, MANY + 3);

	for (i = 0; i < MANY; i++)
		kill(children[i], SIGKILL);
	for (i = 0; i < MANY; i++)
		assert_int_equal(waitpid(children[i], NULL, 0), children[i]);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_cut_at_terminal_width),
		cmocka_unit_test(COLUMNS_overrides_terminal_width),
		cmocka_unit_test(json_is_never_cut),
		cmocka_unit_test(watch_fits_the_screen_and_ends_on_ctrl_c),
		cmocka_unit_test(watch_shows_a_change_and_ends_after_count),
		cmocka_unit_test(watch_redraws_after_a_resize),
		cmocka_unit_test(many_processes_are_shown),
	};

	return run_as_tap(tests);
}
