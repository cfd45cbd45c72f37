/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/proc_relate: how processes relate, in one read(). See proc_relate(4).
 *
 * open()   Permitted to group procrelate, mode 0660. The pid namespace and the
 *          user namespace that decide what the file shows, and with which
 *          numbers, are those of the opener at this moment, whoever reads
 *          later. Errors: EACCES, ENOMEM.
 * read()   Whole records of struct proc_relate_task, as many as fit, in
 *          ascending order of pid; 0 at the end. Where a read stops the next
 *          one continues. A task that exists from the first read to the last
 *          is reported exactly once; one that starts or ends meanwhile is
 *          reported at most once.
 *          Errors: EINVAL (the buffer is smaller than one record), EFAULT
 *          (before the first record), EINTR.
 * lseek()  (fd, 0, SEEK_SET) starts a fresh snapshot. Errors: EINVAL (all
 *          else), EINTR.
 * pread()  ESPIPE: a snapshot has no offsets to read at.
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

/* Bits of struct proc_relate_task.flags. */
#define PROC_RELATE_KTHREAD	(1U << 0)	/* a kernel thread */
#define PROC_RELATE_TRACED	(1U << 1)	/* being ptraced */
#define PROC_RELATE_EXITING	(1U << 2)	/* on its way out */
#define PROC_RELATE_ZOMBIE	(1U << 3)	/* dead, not yet waited for */

/* struct proc_relate_task.sessionid of a task outside any login session. */
#define PROC_RELATE_SESSIONID_UNSET	0xffffffffU

/**
 * struct proc_relate_task - a task and its relatives
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
 * @reserved0: 0
 * @start_time: when it started, in ns since boot (CLOCK_BOOTTIME of the
 *	initial time namespace). (@pid, @start_time) names a task for good.
 * @parent_start_time: @start_time of @parent; 0 when @parent is 0
 * @real_parent_start_time: @start_time of @real_parent; 0 when that is 0
 * @mm: identity of its address space; 0 for kernel threads and the dead. Tasks
 *	with the same number share one. The number is no address, and means
 *	nothing in another pid namespace or after the module is loaded again.
 * @active_mm: identity of the address space that it runs on; for a kernel
 *	thread that of the user it borrows from, or 0
 * @comm: its name, NUL-terminated
 * @reserved1: 0
 */
struct proc_relate_task {
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
	__u32 reserved0;
	__u64 start_time;
	__u64 parent_start_time;
	__u64 real_parent_start_time;
	__u64 mm;
	__u64 active_mm;
	char comm[PROC_RELATE_COMM_LEN];
	__u64 reserved1;
};

/**
 * struct proc_relate_info - what this kernel's driver speaks
 * @version: %PROC_RELATE_VERSION of the driver
 * @record_size: bytes of one record
 * @query_flags: the flags that PROC_RELATE_SET_QUERY knows
 * @reserved: 0
 */
struct proc_relate_info {
	__u32 version;
	__u32 record_size;
	__u32 query_flags;
	__u32 reserved[5];
};

/* Flags of struct proc_relate_query. */
#define PROC_RELATE_THREADS	(1U << 0)	/* a record per thread, not per process */

/**
 * struct proc_relate_query - what the next snapshots shall hold
 * @flags: PROC_RELATE_THREADS, or 0
 * @reserved: must be 0
 */
struct proc_relate_query {
	__u32 flags;
	__u32 reserved[7];
};

/* PROC_RELATE_GET_INFO: Errors: EFAULT. */
#define PROC_RELATE_GET_INFO	_IOR(0xBE, 0x00, struct proc_relate_info)

/*
 * PROC_RELATE_SET_QUERY: holds for this open file, which starts a fresh
 * snapshot. Errors: EFAULT, EINTR, EINVAL (an unknown flag, a reserved field
 * that is not 0); after an error the former query holds.
 */
#define PROC_RELATE_SET_QUERY	_IOW(0xBE, 0x01, struct proc_relate_query)

/* Any other command: ENOTTY. */

#endif /* _UAPI_DEVTRIO_PROC_RELATE_H */
