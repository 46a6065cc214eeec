# Completion of mcs-gmail for bash 3.2 and later. Load it from ~/.bashrc:
#   source <(mcs-gmail completions bash)

_mcs_gmail() {
    local program=$1 current=$2 line=$COMP_LINE word gap i kind prefix open quote=
    local -a words=() found=()
    COMPREPLY=()
    # Bash also splits words at characters such as = : and @. Parts that touch in the line are one word.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ -n $word ]]; then
            gap=${line%%"$word"*}
            line=${line#"$gap$word"}
        else
            gap=' '
        fi
        if ((i == COMP_CWORD)); then
            _mcs_gmail_unquote "$word"
            quote=$open word=$current
        fi
        if [[ -n $gap || $i -eq 0 ]]; then
            words[${#words[@]}]=$word
        else
            words[${#words[@]}-1]+=$word
        fi
    done
    word=${words[${#words[@]}-1]}
    unset "words[${#words[@]}-1]"
    # The part of the word that readline leaves alone.
    prefix=${word%"$current"}
    for ((i = 1; i < ${#words[@]}; i++)); do
        _mcs_gmail_unquote "${words[i]}"
        words[i]=$REPLY
    done
    _mcs_gmail_unquote "$word"
    word=$REPLY
    [[ $program == '~/'* ]] && program=$HOME/${program:2}

    while IFS= read -r line; do
        found[${#found[@]}]=${line%%$'\t'*}
    done < <("$program" __complete "--word=$word" -- "${words[@]:1}" 2>/dev/null)
    kind=${found[0]-}
    unset 'found[0]'
    case $kind in
    files | directories)
        compopt -o filenames 2>/dev/null
        local action=-f
        [[ $kind == directories ]] && action=-d
        while IFS= read -r line; do
            COMPREPLY[${#COMPREPLY[@]}]=$line
        done < <(compgen $action -- "$current")
        return
        ;;
    esac
    _mcs_gmail_unquote "$prefix"
    prefix=$REPLY
    for line in "${found[@]}"; do
        _mcs_gmail_quote "${line:${#prefix}}" "$quote"
        COMPREPLY[${#COMPREPLY[@]}]=$REPLY
    done
}

# The text as it must be typed after this quote, or without one, in REPLY: nothing in it acts in the shell.
_mcs_gmail_quote() {
    # Byte by byte, whatever the locale is: only ASCII characters act.
    local LC_ALL=C text=$1 quote=$2 c i
    REPLY=
    for ((i = 0; i < ${#text}; i++)); do
        c=${text:i:1}
        case $quote$c in
        "''") REPLY+="'\\''" ;;
        "'"?) REPLY+=$c ;;
        # History is expanded between double quotes, and nothing but the end of the quotes keeps it from that.
        '"!') REPLY+="\"'!'\"" ;;
        '""' | '"$' | '"`' | '"\') REPLY+=\\$c ;;
        '"'?) REPLY+=$c ;;
        [A-Za-z0-9_./=:@,+%-] | [!\ -~]) REPLY+=$c ;;
        *) REPLY+=\\$c ;;
        esac
    done
}

# The text of a word without its quotes, in REPLY, and the quote that it leaves open, in open.
_mcs_gmail_unquote() {
    local rest=$1 c
    open=
    REPLY=
    while [[ -n $rest ]]; do
        c=${rest:0:1}
        rest=${rest:1}
        if [[ -n $open && $c == "$open" ]]; then
            open=
        elif [[ -z $open && ($c == \' || $c == \") ]]; then
            open=$c
        elif [[ $open != \' && $c == \\ ]]; then
            REPLY+=${rest:0:1}
            rest=${rest:1}
        else
            REPLY+=$c
        fi
    done
}

complete -F _mcs_gmail mcs-gmail
