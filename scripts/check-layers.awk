# Arrows go one way: which headers of libkube and of other libraries a module may include. Between modules there are
# only public headers, and what base shares.

BEGIN {
    bad = 0
    may["base"] = "base"
    may["cache"] = "base cache"
    may["rest"] = "base rest"
    may["auth"] = "base rest auth"
    may["discovery"] = "base cache rest discovery"
    may["testing"] = "base testing"
    module_of["error.h"] = module_of["io.h"] = "base"
    module_of["store.h"] = "cache"
    module_of["credential.h"] = module_of["resolver.h"] = module_of["rest.h"] = module_of["transport.h"] = "rest"
    module_of["discovery.h"] = "discovery"
    # A library of others, and the one place it stands behind; "^$" is none.
    only["curl"] = "^rest/src/curl/"
    only["openssl"] = "^(rest/src/curl|testing/src)/"
    only["yaml.h"] = "^auth/src/"
    only["jansson.h"] = only["yajl"] = "^$"
}

function exists(path,    line, found) {
    found = (getline line <path) >= 0
    close(path)
    return found
}

function plain(path) {
    while (sub(/\/(\.?\/)+/, "/", path) || sub(/[^\/]+\/\.\.\//, "", path))
        ;
    return path
}

# Where a name leads, looked for as the compiler does: beside the file when it is quoted, then where modules have their
# own headers. One that is nowhere counts as beside the file; in <> it is the system's.
function target(header, quoted,    folder, i) {
    folder[1] = name
    sub(/[^\/]*$/, "", folder[1])
    folder[2] = module "/src/"
    folder[3] = "base/src/"
    for (i = quoted ? 1 : 2; i <= 3; i++)
        if (exists(folder[i] header))
            return plain(folder[i] header)
    return quoted ? plain(folder[1] header) : ""
}

FNR == 1 {
    name = FILENAME
    sub(/^\.\//, "", name)
    module = name
    sub(/\/.*/, "", module)
}

FNR == 1 && !(module in may) && name ~ /^[^\/]+\/(src|include)\// {
    printf "%s:1: module %s is not in may[]: write down what it stands on\n", name, module
    bad = 1
}

!(module in may) || !/^[ \t]*#[ \t]*include[ \t]*[<"]/ { next }

{
    header = $0
    quoted = header ~ /^[^<]*"/
    sub(/^[ \t]*#[ \t]*include[ \t]*[<"]/, "", header)
    sub(/[>"].*/, "", header)
    split(header, part, "/")
    if (part[1] == "kube") {
        of = part[2]
        if (of == "sys")
            of = module_of[part[3]]
        sub(/\.h$/, "", of)
        if (of == "" || header ~ /\.\./ || index(" " may[module] " ", " " of " ") == 0) {
            printf "%s:%d: %s does not stand on <%s>\n", name, FNR, module, header
            bad = 1
        }
    } else if (part[1] in only && name !~ only[part[1]]) {
        printf "%s:%d: <%s> is %s\n", name, FNR, header,
            only[part[1]] == "^$" ? "for tests and bench alone" : "hidden elsewhere"
        bad = 1
    } else {
        path = target(header, quoted)
        if (path != "" && index(path, module "/") != 1 && path !~ /^base\/src\/shared\//) {
            printf "%s:%d: %s includes %s: only <kube/...> crosses modules\n", name, FNR, module, path
            bad = 1
        }
    }
}

END { exit bad }
