/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/proc_relate: how processes relate, in one read(). See proc_relate(4).
 *
 * open()   Permitted to group procrelate, mode 0660. What the file shows, and
 *          with which numbers, is decided by its opener at this moment, whoever
 *          reads later: by the pid namespace, the user namespace, the
 *          credentials, and the hidepid= of the /proc that the opener sees.
 *          An opener whose /proc hides processes, or who has no /proc of the
 *          own pid namespace, sees those that it may ptrace.
 *          Errors: EACCES, ENOMEM.
 * read()   Whole records of struct proc_relate_task, as many as fit; 0 at the
 *          end. Where a read stops the next one continues. In a table (any
 *          query but PROC_RELATE_CHANGES) the records ascend by pid, a task
 *          that exists from the first read to the last is reported exactly
 *          once, and one that starts or ends meanwhile at most once.
 *          Errors: EINVAL (the buffer is smaller than one record), EFAULT
 *          (before the first record), EINTR; with PROC_RELATE_CONSISTENT also
 *          EMSGSIZE and EAGAIN.
 * lseek()  (fd, 0, SEEK_SET) starts a fresh snapshot. Errors: EINVAL (all
 *          else), EINTR.
 * pread()  ESPIPE: a snapshot has no offsets to read at.
 * poll()   EPOLLIN | EPOLLRDNORM when a read has something new: always, unless
 *          the query tracks changes, no snapshot is half read, and nothing that
 *          the opener may see changed since the last one that was read to its
 *          end began.
 *
 * Since 1.0.0 unless a field says otherwise.
 */
#ifndef _UAPI_DEVTRIO_PROC_RELATE_H
#define _UAPI_DEVTRIO_PROC_RELATE_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Version of struct proc_relate_task; grows when a reserved field gets a use. */
#define PROC_RELATE_VERSION	1

#define PROC_RELATE_COMM_LEN	16

/* struct proc_relate_task.type. All but the first come with CHANGES only. */
#define PROC_RELATE_TASK	0	/* a task */
#define PROC_RELATE_GONE	1	/* a task that is no longer there */
#define PROC_RELATE_TABLE	2	/* forget all former records: a table follows */

/* Bits of struct proc_relate_task.flags. */
#define PROC_RELATE_KTHREAD	(1U << 0)	/* a kernel thread */
#define PROC_RELATE_TRACED	(1U << 1)	/* being ptraced */
#define PROC_RELATE_EXITING	(1U << 2)	/* on its way out */
#define PROC_RELATE_ZOMBIE	(1U << 3)	/* dead, not yet waited for */

/* struct proc_relate_task.sessionid of a task outside any login session. */
#define PROC_RELATE_SESSIONID_UNSET	0xffffffffU

/**
 * struct proc_relate_task - a task and its relatives
 * @type: PROC_RELATE_TASK and so on. Of a %PROC_RELATE_GONE only @pid,
 *	@start_time and @tgid are set (@tgid is 0 when it was a thread other than
 *	the first), of a %PROC_RELATE_TABLE nothing.
 * @pid: the task's own id. Every id in this record is that of the opener's
 *	pid namespace.
 * @tgid: its process; equal to @pid but for a thread that is not the first
 * @parent: process that gets its signals and waits for it: the tracer while it
 *	is traced, else the same as @real_parent. 0: none, or not visible.
 * @real_parent: process that started it or adopted it, the PPid of
 *	/proc/PID/status. 0: none, or not visible.
 * @group_leader: first thread of its process
 * @pgid: process group, see getpgid(2). 0: not visible, or already dissolved.
 * @sid: session, see getsid(2). 0: not visible, or already dissolved.
 * @sessionid: audit login session, as in /proc/PID/sessionid;
 *	%PROC_RELATE_SESSIONID_UNSET when there is none
 * @uid: real user id, in the opener's user namespace; 65534 (the overflow uid)
 *	when it has no number there. The same for the three ids below.
 * @gid: real group id
 * @euid: effective user id
 * @egid: effective group id
 * @state: one letter of "RSDTtXZPI", as in /proc/PID/stat
 * @flags: PROC_RELATE_KTHREAD and so on
 * @threads: threads of its process; 0 once the process is dissolved
 * @start_time: when it started, in ns since boot (CLOCK_BOOTTIME of the
 *	initial time namespace). (@pid, @start_time) names a task for good.
 * @parent_start_time: @start_time of @parent; 0 when @parent is 0, or hidden
 *	from a %PROC_RELATE_RESTRICTED opener
 * @real_parent_start_time: the same of @real_parent
 * @mm: identity of its address space; 0 for kernel threads and the dead. Tasks
 *	with the same number share one. The number is no address, and means
 *	nothing in another pid namespace or after the module is loaded again;
 *	with %PROC_RELATE_RAW_ADDRESSES it is the address of the kernel's
 *	struct mm_struct.
 * @active_mm: identity of the address space that it runs on; for a kernel
 *	thread that of the user it borrows from, or 0
 * @comm: its name, NUL-terminated; what follows the NUL means nothing
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
 * struct proc_relate_info - what this kernel's driver speaks
 * @version: %PROC_RELATE_VERSION of the driver
 * @record_size: bytes of one record
 * @query_flags: the flags that PROC_RELATE_SET_QUERY knows on this kernel;
 *	where the kernel lacks the tracepoints, _TRACK, _CONSISTENT and _CHANGES
 *	are not among them
 * @log_size: changes that are remembered for _CHANGES
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
 * Flags of struct proc_relate_query. The filters BELOW, SESSION and UID may be
 * combined; a task must pass all of them.
 */
#define PROC_RELATE_THREADS	(1U << 0)	/* a record per thread, not per process */
#define PROC_RELATE_BELOW	(1U << 1)	/* only @below and its descendants */
#define PROC_RELATE_SESSION	(1U << 2)	/* only tasks of POSIX session @session */
#define PROC_RELATE_UID		(1U << 3)	/* only tasks whose real user id is @uid */
/*
 * mm and active_mm are addresses. The opener had CAP_SYSLOG in the initial user
 * namespace, else EPERM.
 */
#define PROC_RELATE_RAW_ADDRESSES	(1U << 4)
/*
 * Notice changes: poll() waits for them and PROC_RELATE_GET_STATUS counts them.
 * A change is a task that came, was gone (waited for), exec'd, began to exit, got
 * another name, or got another real_parent since that one exited. An exec may be
 * told twice, since the name comes before the rest. Other changes
 * (of the user, the session, the group, the tracer, the number of threads,
 * active_mm) are seen when the task is reported for one of these, or in a table.
 * Costs nothing when no open file asked for it for 10 s.
 */
#define PROC_RELATE_TRACK	(1U << 5)
/*
 * A table that is true of one moment: no change from its first record to its
 * last. It has to fit into one read(), which starts over a few times when a
 * change came in between. EMSGSIZE: it does not fit. EAGAIN: too many changes;
 * try again, or take an ordinary table, of which PROC_RELATE_GET_STATUS says
 * that it changed. Implies _TRACK.
 */
#define PROC_RELATE_CONSISTENT	(1U << 6)
/*
 * Each snapshot holds only what changed since the one before: a task as it is
 * now, or that it is gone. The first one, one whose changes can't be told one by
 * one (more than were remembered; a process with very many children exited), and
 * one whose _BELOW lost its footing in a re-parenting are tables, after a record
 * of type %PROC_RELATE_TABLE. What is reported as gone and was never known is to
 * be ignored: a task that came and went in between, or is there but does not pass
 * the filters (any more), may or may not be reported so. Threads of a process that
 * got another real_parent are not repeated. Implies _TRACK; not together with
 * _CONSISTENT.
 */
#define PROC_RELATE_CHANGES	(1U << 7)

/**
 * struct proc_relate_query - what the next snapshots shall hold
 * @flags: PROC_RELATE_THREADS and so on, or 0
 * @below: with _BELOW a process id of the opener's pid namespace, which means
 *	that process even when the number is given to another one; else 0
 * @session: with _SESSION a session id of the opener's pid namespace; else 0
 * @uid: with _UID a user id of the opener's user namespace; else 0
 * @since: with _CHANGES the generation of an earlier snapshot of this file that
 *	tracked, to begin with what changed since, or 0 to begin with a table;
 *	else 0
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
 * Something changed between the first record and the last (or until now), so
 * that relations between records may not fit. Only with _TRACKED.
 */
#define PROC_RELATE_CHANGED	(1U << 2)
#define PROC_RELATE_LOST	(1U << 3)	/* a table, since changes were forgotten */
#define PROC_RELATE_RESTRICTED	(1U << 4)	/* only what the opener may ptrace */

/**
 * struct proc_relate_status - what is to say of this file's snapshot
 * @generation: of the snapshot: it tells all changes up to this one. Starts at 1
 *	and grows by changes of any pid namespace; 0 without _TRACKED.
 * @now: the generation that a snapshot begun now would have
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
 * PROC_RELATE_SET_QUERY: holds for this open file, which starts a fresh
 * snapshot. After an error the former query holds. Errors:
 * EFAULT, EINTR, ENOMEM
 * EINVAL      an unknown flag, flags that exclude each other, a field that is
 *             not 0 though no flag is for it, a reserved field that is not 0,
 *             a user id that the opener's user namespace does not have, a
 *             @since in the future
 * EPERM       _RAW_ADDRESSES, and the opener lacked CAP_SYSLOG; _TRACK,
 *             _CONSISTENT or _CHANGES, and the opener sees only what it may
 *             ptrace
 * ESRCH       no process @below that the opener may see
 * EOPNOTSUPP  _TRACK, _CONSISTENT or _CHANGES, and this kernel lacks the
 *             tracepoints for it, or the opener's pid namespace is nested more
 *             than %PROC_RELATE_TRACK_DEPTH deep
 */
#define PROC_RELATE_SET_QUERY	_IOW(0xBE, 0x01, struct proc_relate_query)

/* Levels of pid namespaces that changes are told to, the initial one being 0. */
#define PROC_RELATE_TRACK_DEPTH	3

/* PROC_RELATE_GET_STATUS: Errors: EFAULT, EINTR. */
#define PROC_RELATE_GET_STATUS	_IOR(0xBE, 0x02, struct proc_relate_status)

/* Any other command: ENOTTY. */

#endif /* _UAPI_DEVTRIO_PROC_RELATE_H */
