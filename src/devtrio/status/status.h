/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The doctor: status says what it finds, repair does what status proposes.
 *
 * All that it reads of the machine is below a root folder, "" but in tests, where
 * the tools that it asks are false ones.
 */
#ifndef STATUS_H
#define STATUS_H

#include <stdio.h>
#include <sys/types.h>

#include <json-c/json.h>

#include "lib/devtrio.h"

struct command_line;

#define NAME_SIZE	256	/* of a file, with its end */
#define PATH_SIZE	4096

/* Of the JSON, see status.schema.json: a higher one is not compatible. */
#define STATUS_SCHEMA	1

enum verdict {
	VERDICT_OK,
	VERDICT_WARNING,	/* worth knowing; what there is works */
	VERDICT_SKIPPED,	/* could not be checked, and why */
	VERDICT_PROBLEM,
};

/* The order in which repair mends: each stage needs the ones before. */
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
 * struct fix - something to type
 * @argv: the words, NULL at the end; NULL: there is only a note
 * @note: what to know of it, or NULL
 * @automatic: repair runs it; else it is the user's decision
 */
struct fix {
	char **argv;
	char *note;
	bool automatic;
};

/**
 * struct finding - what a check came to
 * @id: of the check, the same for ever
 * @subject: the module or the kernel that was checked, or ""
 * @verdict: whether it is well
 * @code: what to exit with for a problem
 * @text: what was found
 * @log: lines that tell more, or NULL
 * @stage: when repair runs @commands
 * @commands: what mends it, all of them in this order
 * @command_count: how many
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
 * struct module_file - a module as it is installed
 * @path: "" if depmod's index does not know it, or if it is not there
 * @version: its MODULE_VERSION, or ""
 * @srcversion: the hash of its source, or ""
 * @is_signed: it is
 * @signer: by whom
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
 * @release: as uname -r says it
 * @files: our modules for it, in the order of devices[]
 */
struct kernel {
	char release[NAME_SIZE];
	struct module_file files[DEVICE_COUNT];
};

enum manager { MANAGER_UNKNOWN, MANAGER_APT, MANAGER_DNF };

enum package_state {
	PACKAGE_UNKNOWN,	/* nobody to ask */
	PACKAGE_ABSENT,
	PACKAGE_UNFINISHED,	/* unpacked, but its scripts failed */
	PACKAGE_INSTALLED,
};

/**
 * struct dkms_entry - a version of devtrio that DKMS knows
 * @version: which
 * @broken: its source is gone, so that dkms can't do anything with it
 */
struct dkms_entry {
	char version[NAME_SIZE];
	bool broken;
};

enum dkms_state { DKMS_NONE, DKMS_BUILT, DKMS_INSTALLED };

/**
 * struct machine - what all checks are about
 * @root: in front of every path
 * @running: the running kernel's release
 * @kernels: the installed kernels and the running one, oldest first
 * @kernel_count: how many
 * @here: the running one among @kernels
 * @next: the one that is booted next, or NULL
 * @manager: of packages
 * @package: whether the package with the modules' source is installed
 * @package_version: then, its version
 * @entries: what DKMS knows of us
 * @entry_count: how many
 * @dkms_is_closed: the caller may not see that
 * @version: the one that DKMS should have built; "" if there is no source
 * @uid: of whom the device nodes are to be used
 * @user: their name
 * @on_behalf: root asks, through sudo
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
 * struct scope - what is to be checked
 * @devices: which of devices[]
 * @kernel: only whether this kernel may be booted; "" for the next one; NULL
 *          for everything
 */
struct scope {
	bool devices[DEVICE_COUNT];
	const char *kernel;
};

/**
 * struct doctor - a round of checks
 * @machine: what is looked at
 * @scope: what of it
 * @id: of the check that is running
 * @findings: what they came to
 * @count: how many
 */
struct doctor {
	struct machine machine;
	struct scope scope;
	const char *id;
	struct finding *findings;
	size_t count;
};

/**
 * struct check - something to look at
 * @id: its name, documented in devtrio(1)
 * @once: for the machine; or
 * @each: for each driver
 * @of_kernel: it is needed to know whether a kernel may be booted
 *
 * Checks add what they find, which may be nothing where they make no sense.
 */
struct check {
	const char *id;
	void (*once)(struct doctor *doctor);
	void (*each)(struct doctor *doctor, size_t device);
	bool of_kernel;
};

/**
 * struct style - how to print
 * @width: of the terminal, 0 if it is none
 * @colour: in colour
 * @sudo: commands need it
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

/* finding.c: findings, and what fixes them */
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

/* doctor.c: the checks in their order */
void doctor_examine(struct doctor *doctor);
enum exit_code worse(enum exit_code a, enum exit_code b);
enum exit_code doctor_exit_code(const struct doctor *doctor);

/* report.c: findings as text */
void print_finding(FILE *out, const struct finding *finding,
		   const struct style *style);
struct style style_for(FILE *out);
void doctor_print(const struct doctor *doctor);

/* machine.c: reading the machine */
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

/* dkms.c: what DKMS knows of us, and of a failed build */
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

/* Of more than one of them */
bool find_policy(const struct machine *machine, const char *kind,
		 char path[PATH_SIZE], bool *masked);
bool is_prebuilt(const struct machine *machine);
void add_build_fix(struct doctor *doctor, struct finding *finding,
		   const struct kernel *kernel);

/* json.c */
struct json_object *doctor_json(const struct doctor *doctor);

#endif /* STATUS_H */
