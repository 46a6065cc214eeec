# Completion of mcs-gmail for fish. Save it as ~/.config/fish/completions/mcs-gmail.fish

function __mcs_gmail_complete
    set -l before (commandline -opc)
    # fish keeps an open quote in the token, and quotes what it inserts by itself.
    set -l word (commandline -ct | string replace -r -- '^(["\'])' '' | string collect)
    set -l lines (mcs-gmail __complete --word="$word" -- $before[2..-1] 2>/dev/null)
    set -l path (string replace -r -- '^--[^=]*=' '' $word)
    set -l option (string match -r -- '^--[^=]*=' $word)
    switch "$lines[1]"
        case files
            for line in (__fish_complete_path $path)
                printf '%s%s\n' "$option" $line
            end
        case directories
            for line in (__fish_complete_directories $path)
                printf '%s%s\n' "$option" $line
            end
        case words
            set -e lines[1]
            test (count $lines) -gt 0; and printf '%s\n' $lines
    end
end

complete -c mcs-gmail -f -k -a '(__mcs_gmail_complete)'
