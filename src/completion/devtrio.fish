# SPDX-License-Identifier: GPL-2.0-only
# fish completion for devtrio. "devtrio complete" prints the candidates.

function __devtrio_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    for candidate in ($words[1] complete $words[2..-1] "$word" 2>/dev/null)
        if test "$candidate" = :files
            set -l kept (string match -r '^--[^=]*=' -- "$word")
            string replace -r -- '^' "$kept" (__fish_complete_path (string replace -- "$kept" '' "$word"))
        else
            echo $candidate
        end
    end
end

complete -c devtrio -f -a '(__devtrio_complete)'
