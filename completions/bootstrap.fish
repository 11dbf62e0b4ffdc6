# Completion of bootstrap's command line in fish: the program says what may come next.
function __bootstrap_candidates
    set -l before (commandline --tokenize --cut-at-cursor --current-process)
    set -l word (commandline --current-token --cut-at-cursor | string collect)
    set -l program $before[1]
    set -e before[1]
    set -l option (string match --regex -- '^--[^=]*=' "$word")
    set -l path (string replace --regex -- '^--[^=]*=' '' "$word")
    for line in ($program --complete $before "$word" 2>/dev/null)
        switch $line
            case :files
                printf '%s\n' "$option"(__fish_complete_path "$path")
            case :directories
                printf '%s\n' "$option"(__fish_complete_directories "$path" '')
            case :recipes
                printf '%s\n' "$option"(__fish_complete_path "$path" | string match --regex '.*(?:\.ya?ml|/)(?:\t.*)?$')
            case '*'
                printf '%s\n' $line
        end
    end
end
complete --command bootstrap --no-files --arguments '(__bootstrap_candidates)'
