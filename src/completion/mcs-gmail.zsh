#compdef mcs-gmail
# Completion of mcs-gmail for zsh. Save it as _mcs-gmail in a directory of $fpath, or load it from ~/.zshrc:
#   source <(mcs-gmail completions zsh)

_mcs_gmail() {
    local line kind program=${(Q)words[1]}
    local -a lines names texts before
    [[ $program == '~/'* ]] && program=$HOME/${program#'~/'}
    before=("${(@Q)words[2,CURRENT-1]}")
    lines=("${(@f)$("$program" __complete "--word=${(Q)PREFIX}" -- "${before[@]}" 2>/dev/null)}")
    kind=${lines[1]}
    shift lines 2>/dev/null
    case $kind in
        files) compset -P '--*='; _files; return ;;
        directories) compset -P '--*='; _files -/; return ;;
        words) ;;
        *) return 1 ;;
    esac
    for line in "${lines[@]}"; do
        [[ -z $line ]] && continue
        names+=("${line%%$'\t'*}")
        if [[ $line == *$'\t'* ]]; then
            texts+=("${line%%$'\t'*}  -- ${line#*$'\t'}")
        else
            texts+=("$line")
        fi
    done
    (( ${#names} )) || return 1
    if [[ ${texts[1]} == *'  -- '* ]]; then
        compadd -M 'm:{a-zA-Z}={A-Za-z}' -l -d texts -a names
    else
        compadd -M 'm:{a-zA-Z}={A-Za-z}' -d texts -a names
    fi
}

if [[ ${funcstack[1]-} == _mcs-gmail || ${funcstack[1]-} == _mcs_gmail ]]; then
    _mcs_gmail "$@"
else
    compdef _mcs_gmail mcs-gmail
fi
