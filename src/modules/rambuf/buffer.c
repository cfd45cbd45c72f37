// SPDX-License-Identifier: GPL-2.0-only
/*
 * A buffer's memory, how programs map it, and how its content changes.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "buffer.h"

static unsigned long page_total(const struct rambuf *buffer)
{
	return PHYS_PFN(PAGE_ALIGN(buffer->size));
}

/*
 * In the kernel's linear map if there is a run of free pages: copying to and
 * from it is faster, for vmalloc memory is looked up by hardened usercopy and
 * is mapped by small pages.
 */
static u8 *allocate_data(size_t size)
{
	u8 *data = alloc_pages_exact(PAGE_ALIGN(size),
				     GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN |
				     __GFP_NORETRY);

	return data ?: vmalloc_user(size);
}

static void free_data(u8 *data, size_t size)
{
	if (is_vmalloc_addr(data))
		vfree(data);
	else if (data)
		free_pages_exact(data, PAGE_ALIGN(size));
}

static struct page *page_of(const u8 *data)
{
	return is_vmalloc_addr(data) ? vmalloc_to_page(data) :
				       virt_to_page(data);
}

/**
 * rambuf_create() - allocate a buffer, all zeros
 * @index: which it is
 * @size: bytes
 *
 * Return: what rambuf_destroy() frees, or NULL.
 */
struct rambuf *rambuf_create(unsigned int index, size_t size)
{
	struct rambuf *buffer = kzalloc(sizeof(*buffer), GFP_KERNEL);
	unsigned long i;

	if (!buffer)
		return NULL;

	buffer->index = index;
	buffer->size = size;
	init_rwsem(&buffer->lock);
	seqcount_init(&buffer->sequence);
	init_waitqueue_head(&buffer->changed);

	buffer->data = allocate_data(size);
	buffer->pages = kvmalloc_array(page_total(buffer),
				       sizeof(*buffer->pages), GFP_KERNEL);
	if (!buffer->data || !buffer->pages) {
		rambuf_destroy(buffer);
		return NULL;
	}
	for (i = 0; i < page_total(buffer); i++)
		buffer->pages[i] = page_of(buffer->data + i * PAGE_SIZE);
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
	kvfree(buffer->pages);
	free_data(buffer->data, buffer->size);
	kfree(buffer);
}

/* After madvise(MADV_DONTNEED) and the like; rambuf_mmap() maps all at once. */
static vm_fault_t rambuf_fault(struct vm_fault *vmf)
{
	struct rambuf *buffer = vmf->vma->vm_private_data;

	if (vmf->pgoff >= page_total(buffer))
		return VM_FAULT_SIGBUS;

	vmf->page = buffer->pages[vmf->pgoff];
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
 * @vma: where; holds @file, and that the module
 *
 * The VFS sees to it that only who may write maps for writing.
 *
 * Return: 0, -EINVAL if there are not so many pages, -ENOMEM.
 */
int rambuf_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct rambuf_file *opened = file->private_data;
	struct rambuf *buffer = opened->buffer;
	unsigned long total = page_total(buffer), left = vma_pages(vma);

	if (vma->vm_pgoff > total || left > total - vma->vm_pgoff)
		return -EINVAL;
	if (vma->vm_pgoff + left == total)
		zero_tail(buffer);

	vm_flags_set(vma, VM_DONTEXPAND);
	vma->vm_private_data = buffer;
	vma->vm_ops = &rambuf_vm_ops;
	return vm_insert_pages(vma, vma->vm_start,
			       buffer->pages + vma->vm_pgoff, &left);
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
		if (READ_ONCE(by->seen) == before)
			WRITE_ONCE(by->seen, before + 1);
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
