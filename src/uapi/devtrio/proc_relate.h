/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/proc_relate: all processes and their relations. See proc_relate(4).
 *
 * open()   Mode 0660, group procrelate. The opener determines the view for the
 *          life of the open file, whoever reads it later: its pid namespace,
 *          user namespace, credentials, and the hidepid= of the /proc it sees.
 *          An opener whose /proc hides processes, or who has no /proc of its
 *          own pid namespace, sees only tasks that it may ptrace.
 *          Errors: EACCES, ENOMEM.
 * read()   Returns as many whole struct proc_relate_task records as fit, and 0
 *          at the end. The next read continues there. In a table (any query
 *          but PROC_RELATE_CHANGES) records ascend by pid. A task that exists
 *          from the first read to the last is reported exactly once, one that
 *          starts or ends in between at most once.
 *          Errors: EINVAL (buffer smaller than one record), EFAULT (before the
 *          first record), EINTR; with PROC_RELATE_CONSISTENT also EMSGSIZE and
 *          EAGAIN.
 * lseek()  (fd, 0, SEEK_SET) starts a new snapshot. Errors: EINVAL (any other
 *          arguments), EINTR.
 * pread()  Fails with ESPIPE: snapshots have no offsets.
 * poll()   Reports EPOLLIN | EPOLLRDNORM when a read returns new data. This is
 *          always, unless the query tracks changes, no snapshot is partly read,
 *          and nothing visible to the opener has changed since the start of the
 *          last snapshot that was read to its end.
 *
 * Since 1.0.0 unless a field says otherwise.
 */
#ifndef _UAPI_DEVTRIO_PROC_RELATE_H
#define _UAPI_DEVTRIO_PROC_RELATE_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Incremented when a reserved field of struct proc_relate_task gets a use. */
#define PROC_RELATE_VERSION	1

#define PROC_RELATE_COMM_LEN	16

/* struct proc_relate_task.type. All but the first only with CHANGES. */
#define PROC_RELATE_TASK	0	/* a task */
#define PROC_RELATE_GONE	1	/* a task that no longer exists */
#define PROC_RELATE_TABLE	2	/* discard earlier records: a table follows */

/* Bits of struct proc_relate_task.flags. */
#define PROC_RELATE_KTHREAD	(1U << 0)	/* a kernel thread */
#define PROC_RELATE_TRACED	(1U << 1)	/* being ptraced */
#define PROC_RELATE_EXITING	(1U << 2)	/* exiting */
#define PROC_RELATE_ZOMBIE	(1U << 3)	/* dead, not yet waited for */

/* struct proc_relate_task.sessionid of a task outside any login session. */
#define PROC_RELATE_SESSIONID_UNSET	0xffffffffU

/**
 * struct proc_relate_task - a task and its relatives
 * @type: %PROC_RELATE_TASK, _GONE or _TABLE. _GONE sets only @pid, @start_time
 *	and @tgid (0 for a thread other than the group leader); _TABLE sets no
 *	other field.
 * @pid: thread id. All ids in this record are those of the opener's pid
 *	namespace.
 * @tgid: process id; equals @pid except for threads other than the group leader
 * @parent: process that receives its SIGCHLD and waits for it: the tracer while
 *	it is traced, else @real_parent. 0: none, or not visible.
 * @real_parent: process that started or adopted it, the PPid of
 *	/proc/PID/status. 0: none, or not visible.
 * @group_leader: first thread of its process
 * @pgid: process group, see getpgid(2). 0: not visible, or already released.
 * @sid: session, see getsid(2). 0: not visible, or already released.
 * @sessionid: audit login session, as in /proc/PID/sessionid, or
 *	%PROC_RELATE_SESSIONID_UNSET
 * @uid: real user id in the opener's user namespace, or 65534 (the overflow
 *	uid) if it is not mapped there. The same applies to the next three ids.
 * @gid: real group id
 * @euid: effective user id
 * @egid: effective group id
 * @state: one letter of "RSDTtXZPI", as in /proc/PID/stat
 * @flags: PROC_RELATE_KTHREAD and so on
 * @threads: number of threads in its process; 0 once the process is released
 * @start_time: start time in ns since boot (CLOCK_BOOTTIME of the initial time
 *	namespace). (@pid, @start_time) identifies a task; it is never reused.
 * @parent_start_time: @start_time of @parent; 0 if @parent is 0, or hidden
 *	from a %PROC_RELATE_RESTRICTED opener
 * @real_parent_start_time: the same for @real_parent
 * @mm: identity of its address space; 0 for kernel threads and dead tasks.
 *	Tasks with equal values share one. The value is not an address, and is
 *	valid only within one pid namespace and until the module is reloaded.
 *	With %PROC_RELATE_RAW_ADDRESSES: the address of the struct mm_struct.
 * @active_mm: identity of the address space it runs on; for a kernel thread
 *	the one it borrows, or 0
 * @comm: name, NUL-terminated; bytes after the NUL are undefined
 * @reserved: 0
 */
struct proc_relate_task {
	__u32 type;
	__u32 pid;
	__u32 tgid;
	__u32 parent;
	__u32 real_parent;
	__u32 group_leader;
	__u32 pgid;
	__u32 sid;
	__u32 sessionid;
	__u32 uid;
	__u32 gid;
	__u32 euid;
	__u32 egid;
	__u32 state;
	__u32 flags;
	__u32 threads;
	__u64 start_time;
	__u64 parent_start_time;
	__u64 real_parent_start_time;
	__u64 mm;
	__u64 active_mm;
	char comm[PROC_RELATE_COMM_LEN];
	__u64 reserved;
};

/**
 * struct proc_relate_info - capabilities of the loaded driver
 * @version: %PROC_RELATE_VERSION of the driver
 * @record_size: size of a record in bytes
 * @query_flags: flags that PROC_RELATE_SET_QUERY supports on this kernel;
 *	without _TRACK, _CONSISTENT and _CHANGES if it lacks the tracepoints
 * @log_size: number of changes the log keeps for _CHANGES
 * @reserved: 0
 */
struct proc_relate_info {
	__u32 version;
	__u32 record_size;
	__u32 query_flags;
	__u32 log_size;
	__u32 reserved[4];
};

/*
 * Flags of struct proc_relate_query. The filters BELOW, SESSION and UID can be
 * combined: a task must pass all of them.
 */
#define PROC_RELATE_THREADS	(1U << 0)	/* a record per thread, not per process */
#define PROC_RELATE_BELOW	(1U << 1)	/* only @below and its descendants */
#define PROC_RELATE_SESSION	(1U << 2)	/* only tasks of POSIX session @session */
#define PROC_RELATE_UID		(1U << 3)	/* only tasks whose real user id is @uid */
/*
 * Report mm and active_mm as addresses. Requires that the opener had CAP_SYSLOG
 * in the initial user namespace, else EPERM.
 */
#define PROC_RELATE_RAW_ADDRESSES	(1U << 4)
/*
 * Track changes: poll() waits for them and PROC_RELATE_GET_STATUS counts them.
 * A change is a task that starts, is reaped, execs, begins to exit, is renamed,
 * or is reparented because its real_parent exits. An exec may be reported twice
 * because the name changes first. Other changes (user, session, process group,
 * tracer, number of threads, active_mm) are not tracked: they show up when the
 * task is reported for another reason, or in a table. Tracking has no cost once
 * no open file has used it for 10 s.
 */
#define PROC_RELATE_TRACK	(1U << 5)
/*
 * An atomic snapshot: no change between its first and its last record. The
 * table must fit into one read(), which restarts a few times if a change comes
 * in between. EMSGSIZE: the table does not fit. EAGAIN: too many changes; retry
 * or read an ordinary table and check PROC_RELATE_GET_STATUS for _CHANGED.
 * Implies _TRACK.
 */
#define PROC_RELATE_CONSISTENT	(1U << 6)
/*
 * Each snapshot holds only the changes since the previous one: the current
 * record of a task, or a %PROC_RELATE_GONE. It is a full table instead, headed
 * by a %PROC_RELATE_TABLE record, the first time, when changes cannot be
 * reported one by one (the log overflowed, or a process with very many children
 * exited), and when a task is reparented in a _BELOW query. Ignore a
 * %PROC_RELATE_GONE for an unknown task: a task that started and ended in
 * between, or that does not pass the filters (any more), may or may not be
 * reported as gone. The threads of a reparented process are not reported again.
 * Implies _TRACK; excludes _CONSISTENT.
 */
#define PROC_RELATE_CHANGES	(1U << 7)

/**
 * struct proc_relate_query - selects the tasks of the next snapshots
 * @flags: PROC_RELATE_THREADS and so on, or 0
 * @below: with _BELOW, a process id in the opener's pid namespace, else 0. It
 *	keeps denoting that process even after the number is reused.
 * @session: with _SESSION, a session id in the opener's pid namespace, else 0
 * @uid: with _UID, a user id in the opener's user namespace, else 0
 * @since: with _CHANGES, the generation of an earlier tracked snapshot of this
 *	file to report the changes since, or 0 to start with a table; else 0
 * @reserved: must be 0
 */
struct proc_relate_query {
	__u32 flags;
	__u32 below;
	__u32 session;
	__u32 uid;
	__u64 since;
	__u64 reserved[3];
};

/* Flags of struct proc_relate_status. */
#define PROC_RELATE_TRACKED	(1U << 0)	/* the query tracks changes */
#define PROC_RELATE_ENDED	(1U << 1)	/* the snapshot was read to its end */
/*
 * Something changed between the first record and the last (or until now):
 * records may not match each other. Only with _TRACKED.
 */
#define PROC_RELATE_CHANGED	(1U << 2)
#define PROC_RELATE_LOST	(1U << 3)	/* a table, because changes were lost */
#define PROC_RELATE_RESTRICTED	(1U << 4)	/* only tasks the opener may ptrace */

/**
 * struct proc_relate_status - state of this file's snapshot
 * @generation: number of the last change that the snapshot covers. Starts at 1
 *	and counts changes in all pid namespaces; 0 without _TRACKED.
 * @now: the generation of a snapshot started now
 * @flags: PROC_RELATE_TRACKED and so on
 * @reserved: 0
 */
struct proc_relate_status {
	__u64 generation;
	__u64 now;
	__u32 flags;
	__u32 reserved[3];
};

/* PROC_RELATE_GET_INFO: Errors: EFAULT. */
#define PROC_RELATE_GET_INFO	_IOR(0xBE, 0x00, struct proc_relate_info)

/*
 * PROC_RELATE_SET_QUERY: sets the query of this open file and starts a new
 * snapshot. The previous query stays in effect after an error. Errors:
 * EFAULT, EINTR, ENOMEM
 * EINVAL      unknown flag; mutually exclusive flags; nonzero field without its
 *             flag; nonzero reserved field; @uid not mapped in the opener's
 *             user namespace; @since in the future
 * EPERM       _RAW_ADDRESSES, but the opener lacked CAP_SYSLOG; _TRACK,
 *             _CONSISTENT or _CHANGES, but the opener sees only tasks that it
 *             may ptrace
 * ESRCH       no process @below that is visible to the opener
 * EOPNOTSUPP  _TRACK, _CONSISTENT or _CHANGES, but the kernel lacks the
 *             tracepoints, or the opener's pid namespace is nested more than
 *             %PROC_RELATE_TRACK_DEPTH levels deep
 */
#define PROC_RELATE_SET_QUERY	_IOW(0xBE, 0x01, struct proc_relate_query)

/* Deepest level of pid namespace that can track; the initial one is level 0. */
#define PROC_RELATE_TRACK_DEPTH	3

/* PROC_RELATE_GET_STATUS: Errors: EFAULT, EINTR. */
#define PROC_RELATE_GET_STATUS	_IOR(0xBE, 0x02, struct proc_relate_status)

/* Any other command: ENOTTY. */

#endif /* _UAPI_DEVTRIO_PROC_RELATE_H */
