# Arrows go one way: which headers of libkube and of other libraries a module may include.

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
    # A library of others, and the one place it stands behind.
    only["curl"] = "^rest/src/curl/"
    only["openssl"] = "^(rest/src/curl|testing/src)/"
    only["yaml.h"] = "^auth/src/"
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
    sub(/^[ \t]*#[ \t]*include[ \t]*[<"]/, "", header)
    sub(/[>"].*/, "", header)
    split(header, part, "/")
    if (part[1] == "kube") {
        of = part[2]
        if (of == "sys")
            of = module_of[part[3]]
        sub(/\.h$/, "", of)
        if (of == "" || index(" " may[module] " ", " " of " ") == 0) {
            printf "%s:%d: %s does not stand on <%s>\n", name, FNR, module, header
            bad = 1
        }
    } else if (part[1] in only && name !~ only[part[1]]) {
        printf "%s:%d: <%s> is hidden elsewhere\n", name, FNR, header
        bad = 1
    }
}

END { exit bad }
