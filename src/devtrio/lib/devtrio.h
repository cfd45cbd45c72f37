/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Helpers that the commands share.
 */
#ifndef DEVTRIO_H
#define DEVTRIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

struct passwd;

/* Documented in devtrio(1). */
enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_INSTALLED = 3,
	EXIT_NOT_BUILT = 4,
	EXIT_NOT_BUILT_NEXT = 5,
	EXIT_NOT_LOADED = 6,
	EXIT_NO_PERMISSION = 7,
	EXIT_NO_BUZZER = 8,
};

/**
 * struct device - one of the three drivers
 * @module: the kernel module
 * @path: its node
 * @group: the group that may open the node
 */
struct device {
	const char *module;
	const char *path;
	const char *group;
};

extern const struct device proc_relate_device;
extern const struct device beepctrl_device;
extern const struct device rambuf_device;

#define DEVICE_COUNT	3
extern const struct device *const devices[DEVICE_COUNT];

/**
 * struct problem - why something failed
 * @code: exit code
 * @what: what failed and why
 * @advice: how to fix it, ends with a command if there is one
 */
struct problem {
	enum exit_code code;
	char what[512];
	char advice[512];
};

/* util.c: errors, numbers, output */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void die(enum exit_code code, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));
void die_of(const struct problem *problem) __attribute__((noreturn));
void fail_stdout(int err) __attribute__((noreturn));
void flush_stdout(void);
void close_stdout(void);
uint64_t number_or_die(const char *text, uint64_t min, uint64_t max,
		       const char *what);

/* text.c: input and output for people */
bool parse_number(const char *text, uint64_t max, uint64_t *number);
void escape_bytes(char *out, size_t size, const char *in, size_t length);
void escape_text(char *out, size_t size, const char *in, size_t length);
void replace_unprintable(char *text);
char *plain_text(char *text);
size_t text_cut(const char *text, size_t columns, size_t *width);
bool terminal_size(int fd, size_t *width, size_t *height);
bool use_colour(FILE *stream);

/* doctor.c: open device nodes, and explain why that fails */
int try_open_device(const struct device *device, int flags,
		    struct problem *problem);
int open_device(const struct device *device, int flags);

/* device.c: the drivers */
void complete_driver(const char *typed);
size_t device_or_die(const char *name);
bool is_group_member(const struct passwd *user, gid_t gid);

#endif /* DEVTRIO_H */
