/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FAMILY_H
#define FAMILY_H

#include <sys/types.h>

#define FAMILY_CHILDREN 3

/**
 * struct family - the tasks that the demo starts
 * @children: the processes' ids
 * @thread: the thread's id
 */
struct family {
	pid_t children[FAMILY_CHILDREN];
	pid_t thread;
};

void family_start(struct family *family);
void family_end(void);

#endif /* FAMILY_H */
