/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The doctor checks a machine. status prints its findings, and repair applies
 * the fixes.
 *
 * Every path it reads is below a root directory, which is "" except in tests.
 * Tests also replace the tools that it runs.
 */
#ifndef STATUS_H
#define STATUS_H

#include <stdio.h>
#include <sys/types.h>

#include <json-c/json.h>

#include "lib/devtrio.h"

struct command_line;

#define NAME_SIZE	256	/* a file name with its NUL */
#define PATH_SIZE	4096

/* See status.schema.json. Increase it for incompatible changes. */
#define STATUS_SCHEMA	1

enum verdict {
	VERDICT_OK,
	VERDICT_WARNING,	/* worth knowing, but everything works */
	VERDICT_SKIPPED,	/* could not be checked; the text says why */
	VERDICT_PROBLEM,
};

/* The order in which repair applies fixes: each stage needs the ones before. */
enum stage {
	STAGE_PACKAGE,
	STAGE_HEADERS,
	STAGE_STALE,
	STAGE_SOURCE,
	STAGE_BUILD,
	STAGE_CONFIGURE,
	STAGE_UNMASK,
	STAGE_GROUP,
	STAGE_LOAD,
	STAGE_NODE,
	STAGE_RIGHTS,
	STAGE_MEMBER,
	STAGE_USER,
};

/**
 * struct fix - a command that fixes a problem
 * @argv: NULL-terminated words; NULL: there is only a note
 * @note: a remark on the command, or NULL
 * @automatic: repair runs it; otherwise the user decides
 */
struct fix {
	char **argv;
	char *note;
	bool automatic;
};

/**
 * struct finding - the result of a check
 * @id: the check's id; ids never change
 * @subject: the module or kernel that was checked, or ""
 * @verdict: the result
 * @code: exit code of a problem
 * @text: description
 * @log: lines with details, or NULL
 * @stage: when repair runs @commands
 * @commands: the fixes, in order
 * @command_count: number of @commands
 */
struct finding {
	const char *id;
	char subject[NAME_SIZE];
	enum verdict verdict;
	enum exit_code code;
	char *text;
	char *log;
	enum stage stage;
	struct fix *commands;
	size_t command_count;
};

/**
 * struct module_file - an installed module
 * @path: "" if depmod's index lacks it, or if the file does not exist
 * @version: its MODULE_VERSION, or ""
 * @srcversion: the hash of its source, or ""
 * @is_signed: has a signature
 * @signer: name of the signer
 */
struct module_file {
	char path[PATH_SIZE];
	char version[NAME_SIZE];
	char srcversion[NAME_SIZE];
	bool is_signed;
	char signer[NAME_SIZE];
};

/**
 * struct kernel - an installed kernel, or the running one
 * @release: as printed by uname -r
 * @files: our modules for it, in the order of devices[]
 */
struct kernel {
	char release[NAME_SIZE];
	struct module_file files[DEVICE_COUNT];
};

enum manager { MANAGER_UNKNOWN, MANAGER_APT, MANAGER_DNF };

enum package_state {
	PACKAGE_UNKNOWN,	/* no known package manager */
	PACKAGE_ABSENT,
	PACKAGE_UNFINISHED,	/* unpacked, but its scripts failed */
	PACKAGE_INSTALLED,
};

/**
 * struct dkms_entry - a version of devtrio that DKMS knows
 * @version: the version
 * @broken: its source is gone: dkms fails on it
 */
struct dkms_entry {
	char version[NAME_SIZE];
	bool broken;
};

enum dkms_state { DKMS_NONE, DKMS_BUILT, DKMS_INSTALLED };

/**
 * struct machine - the machine's state
 * @root: prefix of every path
 * @running: release of the running kernel
 * @kernels: the installed kernels and the running one, oldest first
 * @kernel_count: number of @kernels
 * @here: the running kernel in @kernels
 * @next: the kernel that boots next, or NULL
 * @manager: the package manager
 * @package: state of the package with the modules' source
 * @package_version: its version if it is installed
 * @entries: devtrio's entries in DKMS
 * @entry_count: number of @entries
 * @dkms_is_closed: the caller may not read the DKMS tree
 * @version: the version that DKMS should have built; "" if there is no source
 * @uid: the user whose access is checked
 * @user: that user's name
 * @on_behalf: root runs the checks for @uid, through sudo
 */
struct machine {
	const char *root;
	char running[NAME_SIZE];
	struct kernel *kernels;
	size_t kernel_count;
	const struct kernel *here;
	const struct kernel *next;
	enum manager manager;
	enum package_state package;
	char package_version[NAME_SIZE];
	struct dkms_entry *entries;
	size_t entry_count;
	bool dkms_is_closed;
	char version[NAME_SIZE];
	uid_t uid;
	char user[NAME_SIZE];
	bool on_behalf;
};

/**
 * struct scope - what to check
 * @devices: which of devices[]
 * @kernel: check only whether this kernel has the drivers; "": the next kernel;
 *          NULL: check everything
 */
struct scope {
	bool devices[DEVICE_COUNT];
	const char *kernel;
};

/**
 * struct doctor - a round of checks
 * @machine: the machine
 * @scope: what to check
 * @id: id of the running check
 * @findings: the results so far
 * @count: number of @findings
 */
struct doctor {
	struct machine machine;
	struct scope scope;
	const char *id;
	struct finding *findings;
	size_t count;
};

/**
 * struct check - a check
 * @id: its id, documented in devtrio(1)
 * @once: runs once per machine; or
 * @each: runs once per driver
 * @of_kernel: also part of the checks of a single kernel
 *
 * A check adds findings, or none where it does not apply.
 */
struct check {
	const char *id;
	void (*once)(struct doctor *doctor);
	void (*each)(struct doctor *doctor, size_t device);
	bool of_kernel;
};

/**
 * struct style - output options
 * @width: the terminal's width; 0: not a terminal
 * @colour: use colours
 * @sudo: show commands with sudo
 */
struct style {
	size_t width;
	bool colour;
	bool sudo;
};

extern const char *const verdict_names[];

/* status.c */
struct scope scope_of(struct command_line *line, const char *kernel);
void examine_this(struct doctor *doctor, const struct scope *scope);

/* finding.c: findings and fixes */
struct finding *report_finding(struct doctor *doctor, enum verdict verdict,
			       const char *subject, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
struct finding *report_problem(struct doctor *doctor, enum exit_code code,
			       const char *subject, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void downgrade(struct finding *finding);
const struct finding *find_finding(const struct doctor *doctor, const char *id,
				   const char *subject);
void doctor_free(struct doctor *doctor);
void add_fix(struct finding *finding, enum stage stage, ...)
	__attribute__((sentinel));
void add_manual_fix(struct finding *finding, const char *note, ...)
	__attribute__((sentinel));
void add_note(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void add_package_fix(struct doctor *doctor, struct finding *finding,
		     enum stage stage, const char *package, bool again);
char *plain_text(char *text);
char *command_text(const struct fix *command, bool sudo);

/* doctor.c: run the checks */
void doctor_examine(struct doctor *doctor);
enum exit_code worse(enum exit_code a, enum exit_code b);
enum exit_code doctor_exit_code(const struct doctor *doctor);

/* report.c: findings as text */
void print_finding(FILE *out, const struct finding *finding,
		   const struct style *style);
struct style style_for(FILE *out);
void doctor_print(const struct doctor *doctor);

/* machine.c: read the machine's state */
bool machine_read(struct machine *machine, const char *root,
		  const char *running);
void machine_free(struct machine *machine);
int machine_path(const struct machine *machine, char path[PATH_SIZE],
		 const char *format, ...) __attribute__((format(printf, 3, 4)));
FILE *machine_open(const struct machine *machine, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool machine_has(const struct machine *machine, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool machine_line(const struct machine *machine, char line[NAME_SIZE],
		  const char *format, ...) __attribute__((format(printf, 3, 4)));
bool machine_has_loaded(const struct machine *machine, const char *module);
const struct kernel *find_kernel(const struct machine *machine,
				 const char *release);
const char *flavour_of(const char *release);
const struct kernel *newest_kernel(const struct machine *machine);
bool kernel_has_all(const struct kernel *kernel, const struct scope *scope);
const char *package_of_headers(const struct machine *machine,
			       const char *release, char package[NAME_SIZE * 2]);
const char *package_of_modules(const struct machine *machine);
const char *package_of_prebuilt(const struct machine *machine,
				const char *release,
				char package[NAME_SIZE * 2]);
int run_tool(char *output, size_t size, const char *const *argv);

/* dkms.c: state of DKMS, and logs of failed builds */
void dkms_read(struct machine *machine);
void dkms_strangers(const struct machine *machine,
		    void (*found)(void *data, const char *package,
				  const char *version), void *data);
enum dkms_state dkms_state_for(const struct machine *machine,
			       const char *version, const char *kernel);
char *dkms_failure(const struct machine *machine, const char *kernel,
		   char path[PATH_SIZE]);

/* The checks: package.c, module.c, load.c, access.c */
void check_package(struct doctor *doctor);
void check_source(struct doctor *doctor);
void check_headers(struct doctor *doctor);
void check_headers_upgrade(struct doctor *doctor);
void check_dkms(struct doctor *doctor);
void check_stale(struct doctor *doctor);
void check_next_kernel(struct doctor *doctor);
void check_file(struct doctor *doctor, size_t device);
void check_file_version(struct doctor *doctor, size_t device);
void check_signature(struct doctor *doctor, size_t device);
void check_secure_boot(struct doctor *doctor);
void check_blacklist(struct doctor *doctor, size_t device);
void check_boot(struct doctor *doctor, size_t device);
void check_udev_rules(struct doctor *doctor);
void check_loaded(struct doctor *doctor, size_t device);
void check_loaded_version(struct doctor *doctor, size_t device);
void check_group(struct doctor *doctor, size_t device);
void check_system_group(struct doctor *doctor, size_t device);
void check_node(struct doctor *doctor, size_t device);
void check_node_mode(struct doctor *doctor, size_t device);
void check_node_group(struct doctor *doctor, size_t device);
void check_membership(struct doctor *doctor, size_t device);
void check_buzzers(struct doctor *doctor, size_t device);

/* Shared by several checks */
bool find_policy(const struct machine *machine, const char *kind,
		 char path[PATH_SIZE], bool *masked);
bool is_prebuilt(const struct machine *machine);
void add_build_fix(struct doctor *doctor, struct finding *finding,
		   const struct kernel *kernel);

/* json.c */
struct json_object *doctor_json(const struct doctor *doctor);

#endif /* STATUS_H */
