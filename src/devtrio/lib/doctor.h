/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The doctor checks a machine. status prints its findings, repair applies the
 * fixes, and every command explains by them why a device does not open.
 *
 * What can't be read is unknown: neither there nor missing.
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <sys/types.h>

#include "devtrio.h"

#define NAME_SIZE	256	/* a file name with its NUL */
#define PATH_SIZE	4096

enum answer { NO, YES, UNKNOWN };

enum verdict {
	VERDICT_OK,
	VERDICT_WARNING,	/* worth knowing, but everything works */
	VERDICT_SKIPPED,	/* could not be checked; the text says why */
	VERDICT_PROBLEM,
};

extern const char *const verdict_names[];

/* Who runs a fix. BY_REPAIR_LATER: repair, if the others did not help. */
enum runner { BY_REPAIR, BY_REPAIR_LATER, BY_USER };

/* A command that fixes a problem, or only a note. */
struct fix {
	char **argv;		/* NULL-terminated words, or NULL */
	char *note;		/* a remark on the command, or NULL */
	enum runner runner;
};

/* The result of a check. */
struct finding {
	const char *id;		/* the check's, which never changes */
	char subject[NAME_SIZE];	/* the module, kernel or group, or "" */
	enum verdict verdict;
	enum exit_code code;	/* of a problem */
	char *text;
	char *log;		/* lines with details, or NULL */
	struct fix *fixes;	/* in order */
	size_t fix_count;
};

/* An installed module; what is unknown is "". */
struct module_file {
	char path[PATH_SIZE];	/* "" if modprobe does not find it */
	char version[NAME_SIZE];
	char srcversion[NAME_SIZE];	/* the hash of its source */
	bool is_signed;
};

/* An installed kernel, or the running one. */
struct kernel {
	char release[NAME_SIZE];	/* as printed by uname -r */
	enum answer installed;	/* can be booted */
	char closed[PATH_SIZE];	/* what the caller may not read of it, or "" */
	struct module_file files[DEVICE_COUNT];	/* in the order of devices[] */
};

enum manager { MANAGER_UNKNOWN, MANAGER_APT, MANAGER_DNF };

enum package_state {
	PACKAGE_UNKNOWN,	/* no known package manager */
	PACKAGE_MISSING,
	PACKAGE_UNFINISHED,	/* unpacked, but its scripts failed */
	PACKAGE_INSTALLED,
};

/* A version of devtrio that DKMS knows; dkms fails on one without source. */
struct dkms_entry {
	char version[NAME_SIZE];
	enum answer has_source;
};

enum dkms_state { DKMS_NONE, DKMS_BUILT, DKMS_INSTALLED };

/* The machine's state. */
struct machine {
	char running[NAME_SIZE];	/* release of the running kernel */
	struct kernel *kernels;	/* installed, and the running one; oldest first */
	size_t kernel_count;
	bool closed;		/* the caller may not list the kernels */
	const struct kernel *here;	/* the running one */
	const struct kernel *next;	/* the one that boots next, or NULL */
	enum manager manager;
	enum package_state package;	/* with the modules' source */
	char package_version[NAME_SIZE];
	struct dkms_entry *entries;
	size_t entry_count;
	bool dkms_is_closed;	/* the caller may not read the DKMS tree */
	char version[NAME_SIZE];	/* that DKMS should have built; "": no source */
	uid_t uid;		/* the user whose access is checked */
	char user[NAME_SIZE];
	bool on_behalf;		/* root runs the checks for that user, through sudo */
};

/* What to check. */
struct scope {
	bool devices[DEVICE_COUNT];	/* which of devices[] */
	const char *kernel;	/* only this one; "": the next one; NULL: everything */
};

/* A round of checks: on what, the id of the running check, and what was found. */
struct doctor {
	struct machine machine;
	struct scope scope;
	const char *id;
	struct finding *findings;
	size_t count;
};

/* An empty array has no address to count from. */
#define for_each(item, array, count) \
	for ((item) = (array); (item) && (item) < (array) + (count); (item)++)

/* doctor.c: run the checks */
void doctor_examine(struct doctor *doctor, const struct scope *scope);
void doctor_free(struct doctor *doctor);
enum exit_code doctor_exit_code(const struct doctor *doctor);

/* finding.c: findings, valid until the next one is added, and their fixes */
struct finding *report(struct doctor *doctor, enum verdict verdict, enum exit_code code,
		       const char *subject, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
#define report_ok(doctor, ...)		report(doctor, VERDICT_OK, EXIT_OK, __VA_ARGS__)
#define report_skipped(doctor, ...)	report(doctor, VERDICT_SKIPPED, EXIT_OK, __VA_ARGS__)
#define report_warning(doctor, ...)	report(doctor, VERDICT_WARNING, EXIT_OK, __VA_ARGS__)
#define report_problem(doctor, ...)	report(doctor, VERDICT_PROBLEM, __VA_ARGS__)
void report_closed(struct doctor *doctor, const char *subject, const char *path);
void downgrade(struct finding *finding);
const struct finding *find_finding(const struct doctor *doctor, const char *id,
				   const char *subject);
bool has_problem(const struct doctor *doctor, const char *id, const char *subject);
void findings_free(struct doctor *doctor);
void add_command(struct finding *finding, enum runner runner, const char *note,
		 const char *words, ...) __attribute__((format(printf, 4, 5)));
#define add_fix(finding, ...)		add_command(finding, BY_REPAIR, NULL, __VA_ARGS__)
#define add_stronger_fix(finding, ...) \
	add_command(finding, BY_REPAIR_LATER, "if that does not help", __VA_ARGS__)
#define add_manual_fix(finding, ...)	add_command(finding, BY_USER, __VA_ARGS__)
void add_note(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *fix_text(const struct fix *fix, bool sudo);

/* machine.c: read files, run tools, read the machine's state */
enum answer exists(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool read_line(char line[NAME_SIZE], const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int run_tool(char *output, size_t size, const char *const *argv);
#define ask(output, ...) \
	run_tool(output, sizeof(output), (const char *const[]){ __VA_ARGS__, NULL })
bool has_tool(const char *name);
enum answer is_loaded(const char *module);
bool any_is_loaded(void);
bool all_are_loaded(const struct scope *scope);
void machine_read(struct machine *machine);
void machine_free(struct machine *machine);

/* kernel.c: kernels and their modules */
void kernels_read(struct machine *machine);
const struct kernel *find_kernel(const struct machine *machine, const char *release);
int compare_releases(const char *a, const char *b);

/* manager.c: ask the package manager */
void manager_read(struct machine *machine);
const char *package_of_modules(const struct machine *machine);
void add_package_fix(struct doctor *doctor, struct finding *finding,
		     const char *package, bool again);
void add_headers_fix(struct doctor *doctor, struct finding *finding, const char *release);
void report_metapackages(struct doctor *doctor);
size_t count_changed_sources(const struct machine *machine, char first[PATH_SIZE]);

/* dkms.c: state of DKMS, and logs of failed builds */
void dkms_read(struct machine *machine);
bool dkms_knows(const struct machine *machine, const char *version);
enum dkms_state dkms_state_for(const char *version, const char *kernel);
char *dkms_failure(const struct machine *machine, const char *kernel, char path[PATH_SIZE]);
enum answer dkms_certificate(char path[PATH_SIZE]);
void report_strangers(struct doctor *doctor);

/* The checks */
void check_package(struct doctor *doctor);
void check_headers(struct doctor *doctor);
void check_stale(struct doctor *doctor);
void check_build(struct doctor *doctor);
void check_configured(struct doctor *doctor);
void check_signing(struct doctor *doctor);
void check_boot(struct doctor *doctor, size_t device);
void check_group(struct doctor *doctor, size_t device);
void check_rules(struct doctor *doctor);
void check_loaded(struct doctor *doctor, size_t device);
void check_node(struct doctor *doctor, size_t device);
void check_access(struct doctor *doctor, size_t device);
void check_buzzers(struct doctor *doctor, size_t device);

/* Shared by several checks */
bool can_be_built(const struct machine *machine);
bool is_prebuilt(const struct machine *machine);
void add_build_fix(struct doctor *doctor, struct finding *finding,
		   const struct kernel *kernel, bool force);
enum answer find_policy(const char *kind, char path[PATH_SIZE], bool *masked);

#endif /* DOCTOR_H */
