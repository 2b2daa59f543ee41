# Functions that invite mistakes, each with what to use instead. Comments and strings are not looked at, nor are
# members that only share a name.

BEGIN {
    bad = 0
    instead["strcpy"] = instead["strcat"] = "kube_buf, or memcpy with a length"
    instead["strncpy"] = instead["strncat"] = "kube_buf, or memcpy with a length"
    instead["sprintf"] = instead["vsprintf"] = "snprintf or kube_buf_append_f"
    instead["strtok"] = "a loop over a kube_str"
    instead["gets"] = "fgets"
    instead["atoi"] = instead["atol"] = instead["atoll"] = instead["atof"] = "strtol with its checks"
    instead["tmpnam"] = instead["mktemp"] = instead["tempnam"] = "mkstemp"
    instead["system"] = instead["popen"] = "kube_io_child_start"
    instead["gmtime"] = instead["localtime"] = "gmtime_r"
    instead["strerror"] = "kube_error_set_errno"
    instead["getenv"] = instead["setenv"] = "the host table of auth"
    instead["malloc"] = "kube__malloc"
    instead["calloc"] = "kube__calloc"
    instead["realloc"] = instead["reallocarray"] = "kube__realloc"
    instead["free"] = "kube__free"
    instead["strdup"] = instead["strndup"] = "kube__strdup"
    instead["asprintf"] = instead["vasprintf"] = "kube_buf_append_f"
    split("getenv setenv malloc calloc realloc reallocarray free strdup strndup asprintf vasprintf strerror",
          library_only, " ")
    for (i in library_only)
        in_library[library_only[i]] = 1
}

FNR == 1 {
    in_comment = 0
    ours = FILENAME !~ /^(\.\/)?(tests|examples|bench)\//
    allocator = FILENAME ~ /base\/src\/alloc\.c$/
}

# Comments and the contents of strings and character constants, blanked.
function code(line,    out, i, c, two, quote) {
    out = ""
    quote = ""
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        two = substr(line, i, 2)
        if (in_comment) {
            if (two == "*/") {
                in_comment = 0
                i++
            }
        } else if (quote != "") {
            if (c == "\\")
                i++
            else if (c == quote)
                quote = ""
        } else if (two == "/*") {
            in_comment = 1
            i++
        } else if (two == "//") {
            break
        } else if (c == "\"" || c == "'") {
            quote = c
        } else {
            out = out c
        }
    }
    return out
}

{
    if (!in_comment && $0 !~ /\(/)
        { if ($0 !~ /\/\*/) next }
    line = code($0)
    if (line ~ /^[ \t]*#[ \t]*include/)
        next
    while (match(line, /[A-Za-z_][A-Za-z_0-9]*[ \t]*\(/)) {
        name = substr(line, RSTART, RLENGTH - 1)
        sub(/[ \t]+$/, "", name)
        before = substr(line, 1, RSTART - 1)
        line = substr(line, RSTART + RLENGTH)
        if (!(name in instead) || before ~ /(->|\.)[ \t]*$/)
            continue
        if (name in in_library && (!ours || (allocator && name !~ /env$|strerror/)))
            continue
        printf "%s:%d: %s() is not used here: use %s\n", FILENAME, FNR, name, instead[name]
        bad = 1
    }
}

END { exit bad }
