# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# bash completion for devtrio. "devtrio complete" prints the candidates.

_devtrio()
{
	local candidate word last='' words=() kept=''

	# bash splits --columns=pid into three words.
	for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
		if [[ ${#words[@]} -gt 0 &&
			( $word == = || ( $last == = && ${words[-1]} == --*= ) ) ]]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
		last=$word
	done
	[[ ${words[-1]} != --*=* ]] || kept=${words[-1]%%=*}=

	COMPREPLY=()
	while IFS=$'\t' read -r candidate _; do
		if [[ $candidate == :files ]]; then
			compopt -o default
		else
			COMPREPLY+=("${candidate#"$kept"}")
		fi
	done < <("$1" complete "${words[@]}" 2>/dev/null)
}

complete -F _devtrio devtrio
