// SPDX-License-Identifier: GPL-2.0-only
/*
 * Look up actions and options in the table of a command.
 */
#include <stddef.h>
#include <string.h>

#include "command.h"

/* What every command takes. */
const struct flag common_flags[] = {
	{ 'h', "help", NULL, "show this", NULL },
	{ 'V', "version", NULL, "show the version", NULL },
	{ }
};

/**
 * action_find() - look up an action
 * @command: whose
 * @name: its name
 */
const struct command *action_find(const struct command *command,
				  const char *name)
{
	const struct command *const *action;

	for (action = command->actions; action && *action; action++)
		if (!strcmp((*action)->name, name))
			return *action;
	return NULL;
}

bool flag_fits(const struct flag *flag, const struct command *action)
{
	return !action || (flag->letter && strchr(action->letters, flag->letter));
}

/**
 * flag_find() - look up an option
 * @command: whose
 * @action: only those that this action takes; NULL: all
 * @letter: its letter
 * @name: or its name, as far as it was typed, or NULL
 * @length: of @name
 */
const struct flag *flag_find(const struct command *command,
			     const struct command *action, int letter,
			     const char *name, size_t length)
{
	const struct flag *flag;

	for (flag = command->flags; flag && flag->help; flag++) {
		if (!flag->letter || !flag_fits(flag, action))
			continue;
		if (name ? strlen(flag->name) == length &&
			   !memcmp(flag->name, name, length) :
			   flag->letter == letter)
			return flag;
	}
	return NULL;
}
