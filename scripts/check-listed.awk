# Reads names of files, and reports those that are nowhere named: a source in no list of its module's CMakeLists.txt is
# not built, and a public header that its module's umbrella does not include is missing for whoever includes that one.

BEGIN { bad = 0 }

# What a list names, between blanks: sources of a CMakeLists.txt, or headers that a header includes.
function read_list(path,    line) {
    named[path] = " "
    while ((getline line <path) > 0) {
        if (path ~ /\.h$/) {
            if (line !~ /^[ \t]*#[ \t]*include[ \t]*</)
                continue
            sub(/^[^<]*</, "", line)
            sub(/>.*/, "", line)
        } else {
            sub(/#.*/, "", line)
            gsub(/[()"\t]/, " ", line)
        }
        named[path] = named[path] line " "
    }
    close(path)
}

function check(list, entry) {
    if (!(list in named))
        read_list(list)
    if (index(named[list], " " entry " ") == 0) {
        printf "%s: %s does not name it\n", $0, list
        bad = 1
    }
}

{
    sub(/^\.\//, "")
    module = entry = $0
    sub(/\/.*/, "", module)
    sub(/^[^\/]*\//, "", entry)
}

entry ~ /^src\/.*\.c$/ { check(module "/CMakeLists.txt", entry) }

# What is for those who extend a module, kube/sys, is included on purpose or not at all.
entry ~ /^include\/kube\/.*\/.*\.h$/ && entry !~ /^include\/kube\/sys\// {
    sub(/^include\//, "", entry)
    check(module "/include/kube/" module ".h", entry)
}

END { exit bad }
