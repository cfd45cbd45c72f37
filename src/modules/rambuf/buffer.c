// SPDX-License-Identifier: GPL-2.0-only
/*
 * A buffer's memory, how programs map it, and how its content changes.
 */
#include <linux/atomic.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "buffer.h"

/**
 * rambuf_create() - allocate a buffer, all zeros
 * @index: which it is
 * @size: bytes
 *
 * Return: what rambuf_destroy() frees, or NULL.
 */
struct rambuf *rambuf_create(unsigned int index, size_t size)
{
	/* A load that asks too much fails; it shall not cost others their life. */
	const gfp_t gfp = GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN |
			  __GFP_RETRY_MAYFAIL;
	struct rambuf *buffer = kzalloc(sizeof(*buffer), GFP_KERNEL);

	if (!buffer)
		return NULL;

	buffer->index = index;
	buffer->size = size;
	init_rwsem(&buffer->lock);
	seqcount_init(&buffer->sequence);
	init_waitqueue_head(&buffer->changed);

	buffer->data = __vmalloc(PAGE_ALIGN(size), gfp);
	if (!buffer->data) {
		kfree(buffer);
		return NULL;
	}
	return buffer;
}

/**
 * rambuf_destroy() - free a buffer
 * @buffer: which nobody has open; may be NULL
 */
void rambuf_destroy(struct rambuf *buffer)
{
	if (!buffer)
		return;
	vfree(buffer->data);
	kfree(buffer);
}

/* After madvise(MADV_DONTNEED) and the like; rambuf_mmap() maps all at once. */
static vm_fault_t rambuf_fault(struct vm_fault *vmf)
{
	struct rambuf *buffer = vmf->vma->vm_private_data;

	if (vmf->pgoff >= PHYS_PFN(PAGE_ALIGN(buffer->size)))
		return VM_FAULT_SIGBUS;

	vmf->page = vmalloc_to_page(buffer->data + PFN_PHYS(vmf->pgoff));
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct rambuf_vm_ops = {
	.fault = rambuf_fault,
};

/* Programs may write behind the content, through a mapping. */
static void zero_tail(struct rambuf *buffer)
{
	memset(buffer->data + buffer->size, 0,
	       PAGE_ALIGN(buffer->size) - buffer->size);
}

/**
 * rambuf_mmap() - map a buffer's pages, or some of them
 * @file: what is mapped
 * @vma: where; it holds @file, and that the module
 *
 * The VFS sees to it that only who may write maps for writing.
 *
 * Return: 0, -EINVAL if there are not so many pages, -ENOMEM.
 */
int rambuf_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct rambuf_file *opened = file->private_data;
	struct rambuf *buffer = opened->buffer;
	unsigned long total = PHYS_PFN(PAGE_ALIGN(buffer->size)), i;
	u8 *data = buffer->data + PFN_PHYS(vma->vm_pgoff);
	int err = 0;

	if (vma->vm_pgoff > total || vma_pages(vma) > total - vma->vm_pgoff)
		return -EINVAL;

	zero_tail(buffer);
	vm_flags_set(vma, VM_DONTEXPAND);
	vma->vm_private_data = buffer;
	vma->vm_ops = &rambuf_vm_ops;
	for (i = 0; i < vma_pages(vma) && !err; i++)
		err = vm_insert_page(vma, vma->vm_start + PFN_PHYS(i),
				     vmalloc_to_page(data + PFN_PHYS(i)));
	return err;
}

/**
 * rambuf_begin_change() - make readers wait, or read again
 * @buffer: whose content is about to change; its lock is held for writing
 */
void rambuf_begin_change(struct rambuf *buffer)
{
	lockdep_assert_held_write(&buffer->lock);
	raw_write_seqcount_begin(&buffer->sequence);
}

/**
 * rambuf_end_change() - count a change
 * @by: the file through which it was made: it need not be told
 * @changed: whether there was one after all
 */
void rambuf_end_change(struct rambuf_file *by, bool changed)
{
	struct rambuf *buffer = by->buffer;
	u64 before = buffer->generation;

	lockdep_assert_held_write(&buffer->lock);
	if (changed) {
		WRITE_ONCE(buffer->generation, before + 1);
		cmpxchg64(&by->seen, before, before + 1);
	}
	raw_write_seqcount_end(&buffer->sequence);
}

/**
 * rambuf_tell() - wake who waits for a change
 * @buffer: what changed; its lock is not held
 */
void rambuf_tell(struct rambuf *buffer)
{
	/* Its barrier pairs with that of rambuf_poll(). */
	if (wq_has_sleeper(&buffer->changed))
		wake_up_interruptible_poll(&buffer->changed,
					   EPOLLIN | EPOLLRDNORM);
}

/**
 * rambuf_zero() - make all bytes zero, those behind the content too
 * @buffer: between rambuf_begin_change() and rambuf_end_change()
 */
void rambuf_zero(struct rambuf *buffer)
{
	size_t done, n;

	for (done = 0; done < buffer->size; done += n) {
		n = min_t(size_t, buffer->size - done, RAMBUF_STEP);
		memset(buffer->data + done, 0, n);
		cond_resched();
	}
	zero_tail(buffer);
}
