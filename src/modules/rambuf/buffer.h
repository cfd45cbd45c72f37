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
 * @misc: its node
 * @name: of the node
 * @index: which of the buffers it is, from 0
 * @size: bytes at @data that are its content
 * @data: whole pages; what follows the content in the last of them is nobody's,
 *	and never read from here
 * @lock: held for writing while the content changes, and for reading by a
 *	reader whom a change came in the way of. Nobody waits for a caller's
 *	memory with it: page faults are off where callers' memory is touched.
 * @sequence: odd while the content changes, which is under @lock. A reader
 *	needs no lock: it copies, and sees here if that was in vain. It never
 *	waits for an even number, so that a writer may well be preempted.
 * @generation: how often the content changed; changes with @sequence
 * @changed: who waits for the next generation
 *
 * All but @lock, @sequence, @generation and the content are set at load and
 * stay until unload, which an open file or a mapping of one prevents.
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

/* No generation is this one: who has seen it has something new to see. */
#define RAMBUF_UNSEEN	U64_MAX

/**
 * struct rambuf_file - an open file
 * @buffer: what it is open on
 * @seen: the generation that it last saw. Threads that share the file may store
 *	to it at once; whichever is the last was seen, and poll() reports a
 *	change once too often at the worst.
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

/* Without a store if there is nothing new: other threads may use it as well. */
static inline void rambuf_saw(struct rambuf_file *file, u64 generation)
{
	if (READ_ONCE(file->seen) != generation)
		WRITE_ONCE(file->seen, generation);
}

/* How much is copied or zeroed without a look at who else wants the CPU. */
#define RAMBUF_STEP	SZ_256K

#endif /* RAMBUF_BUFFER_H */
