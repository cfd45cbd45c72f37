/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STATUS_H
#define STATUS_H

#include "devtrio.h"

enum verdict {
	VERDICT_OK,
	VERDICT_NOTE,		/* worth knowing, but nothing is broken */
	VERDICT_SKIPPED,	/* could not be checked */
	VERDICT_PROBLEM,
};

/**
 * struct finding - what a check came to
 * @verdict: whether it is well
 * @problem: the code of a problem, what was found, and how to mend it
 */
struct finding {
	enum verdict verdict;
	struct problem problem;
};

void format_finding(char *text, size_t size, const char *module,
		    const struct finding *finding);
enum exit_code worse(enum exit_code a, enum exit_code b);

#endif /* STATUS_H */
