# Completion of mcs-gmail for elvish. Load it from ~/.config/elvish/rc.elv:
#   eval (mcs-gmail completions elvish | slurp)

use str

set edit:completion:arg-completer[mcs-gmail] = {|@words|
    var word = $words[-1]
    var before = $words[1..-1]
    var lines = []
    try {
        set lines = [(e:mcs-gmail __complete '--word='$word -- $@before 2>/dev/null | from-lines)]
    } catch { }
    if (== (count $lines) 0) {
        nop
    } elif (eq $lines[0] words) {
        for line $lines[1..] {
            var parts = [(str:split &max=2 "\t" $line)]
            if (== (count $parts) 2) {
                edit:complex-candidate $parts[0] &display=$parts[0]'  '$parts[1]
            } else {
                put $parts[0]
            }
        }
    } else {
        edit:complete-filename $word
    }
}
