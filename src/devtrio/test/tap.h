/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The subset of the Test Anything Protocol that devtrio test needs.
 */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/devtrio.h"

/**
 * struct tap_test - a test
 * @name: what holds if it passes
 * @run: returns NULL if it passes, or what tap_failed() or tap_skipped() said
 */
struct tap_test {
	const char *name;
	const char *(*run)(void);
};

/* Ends the test that it stands in unless the condition holds. */
#define EXPECT(condition)						\
	do {								\
		if (!(condition))					\
			return tap_failed("expected " #condition);	\
	} while (0)

#define EXPECT_ERRNO(call, code)					\
	do {								\
		errno = 0;						\
		if ((call) != -1 || errno != (code))			\
			return tap_failed("expected " #code " from " #call); \
	} while (0)

const char *tap_failed(const char *why);
const char *tap_skipped(enum exit_code code, const char *why);

void tap_plan(size_t count);
void tap_run(const char *suite, const struct tap_test *test);
void tap_report(const char *suite, const char *name, bool ok, const char *why);
void tap_skip(const char *suite, const char *name, const char *why);
enum exit_code tap_end(void);

#endif /* TAP_H */
