// SPDX-License-Identifier: GPL-2.0-only
/*
 * Look up actions and options in a command's tables.
 */
#include <stddef.h>
#include <string.h>

#include "command.h"

/* Options of every command. */
const struct flag common_flags[] = {
	{ 'h', "help", NULL, "show this help", NULL },
	{ 'V', "version", NULL, "show the version", NULL },
	{ }
};

/**
 * action_find() - look up an action
 * @command: the command
 * @name: the action's name
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
 * @command: the command
 * @action: search only this action's options; NULL: search all
 * @letter: the short option, used if @name is NULL
 * @name: the long option, not terminated, or NULL
 * @length: length of @name
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
