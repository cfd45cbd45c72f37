// SPDX-License-Identifier: GPL-2.0-only
/*
 * For shell tests: on_terminal COMMAND [ARGUMENT]... runs a command on a terminal,
 * copies what it prints there to standard output, and exits with its exit code.
 */
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char bytes[4096];
	int terminal, status;
	pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
	ssize_t n;

	if (!pid) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (pid < 0)
		return 126;
	/* A terminal without a process fails with EIO. */
	while ((n = read(terminal, bytes, sizeof(bytes))) > 0)
		if (write(STDOUT_FILENO, bytes, n) != n)
			return 126;
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 126;
	return WEXITSTATUS(status);
}
