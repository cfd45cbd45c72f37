/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RAMBUF_BUFFER_H
#define RAMBUF_BUFFER_H

#include <linux/fs.h>
#include <linux/lockdep.h>
#include <linux/miscdevice.h>
#include <linux/mm_types.h>
#include <linux/rwsem.h>
#include <linux/seqlock.h>
#include <linux/types.h>
#include <linux/wait.h>

/**
 * struct rambuf - a buffer
 * @misc: device node
 * @name: name of the node
 * @index: index of the buffer, from 0
 * @size: size of the content in bytes
 * @data: whole pages; the driver never reads the bytes after the content
 * @lock: held for writing while the content changes, and for reading by a
 *	reader that retries after a change. Callers' memory is accessed under
 *	it only with page faults disabled: nobody waits for another's memory.
 * @sequence: odd while the content changes under @lock. Readers copy without a
 *	lock and retry if this changed. They never wait for an even value: the
 *	writer may be preempted.
 * @generation: number of changes; changes with @sequence
 * @changed: callers that wait for a new @generation
 *
 * All other fields are constant from load to unload, which open files and
 * mappings prevent.
 */
struct rambuf {
	struct miscdevice misc;
	char name[sizeof("rambuf4294967295")];
	unsigned int index;
	size_t size;
	u8 *data;
	struct rw_semaphore lock;
	seqcount_t sequence;
	u64 generation;
	wait_queue_head_t changed;
};

/* Never a valid generation: makes poll() report a change. */
#define RAMBUF_UNSEEN	U64_MAX

/**
 * struct rambuf_file - an open file
 * @buffer: its buffer
 * @seen: last generation seen. Threads that share the file may store to it
 *	concurrently: at worst poll() reports a change once too often.
 */
struct rambuf_file {
	struct rambuf *buffer;
	u64 seen;
};

/* buffer.c: memory, mappings, changes */
struct rambuf *rambuf_create(unsigned int index, size_t size);
void rambuf_destroy(struct rambuf *buffer);
int rambuf_mmap(struct file *file, struct vm_area_struct *vma);
void rambuf_begin_change(struct rambuf *buffer);
void rambuf_end_change(struct rambuf_file *by, bool changed);
void rambuf_tell(struct rambuf *buffer);
void rambuf_zero(struct rambuf *buffer);

/* transfer.c: read() and write() */
ssize_t rambuf_read(struct file *file, char __user *to, size_t count,
		    loff_t *pos);
ssize_t rambuf_read_iter(struct kiocb *iocb, struct iov_iter *to);
ssize_t rambuf_write_iter(struct kiocb *iocb, struct iov_iter *from);

/* Avoid the store if possible: threads may share the cache line. */
static inline void rambuf_saw(struct rambuf_file *file, u64 generation)
{
	if (READ_ONCE(file->seen) != generation)
		WRITE_ONCE(file->seen, generation);
}

/* Bytes to copy or zero before cond_resched(). */
#define RAMBUF_STEP	SZ_256K

#endif /* RAMBUF_BUFFER_H */
