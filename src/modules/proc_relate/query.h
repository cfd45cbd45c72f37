/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PROC_RELATE_QUERY_H
#define PROC_RELATE_QUERY_H

#include <linux/pid.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include <devtrio/proc_relate.h>

#include "viewer.h"

#define QUERY_FILTERS \
	(PROC_RELATE_BELOW | PROC_RELATE_SESSION | PROC_RELATE_UID)

/**
 * struct prel_query - a valid struct proc_relate_query
 * @flags: flags, including an implied PROC_RELATE_TRACK
 * @below: reference to the pid of the process, or NULL
 * @session: session id
 * @uid: user id
 */
struct prel_query {
	u32 flags;
	struct pid *below;
	u32 session;
	kuid_t uid;
};

u32 prel_query_flags(void);
int prel_query_parse(struct prel_query *query, const struct prel_viewer *viewer,
		     const struct proc_relate_query *from);

static inline void prel_query_release(struct prel_query *query)
{
	put_pid(query->below);
}

#endif /* PROC_RELATE_QUERY_H */
