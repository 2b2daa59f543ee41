# Reads the records of declarations.awk and reports what a documentation comment lacks.

BEGIN {
    FS = "\t"
    bad = 0
    statuses = "base/include/kube/base/status.h"
    while ((getline line <statuses) > 0)
        if (match(line, /^ +KUBE_[A-Z_]+ += -?[0-9]/)) {
            sub(/^ +/, "", line)
            sub(/ .*/, "", line)
            is_status[line] = 1
        }
    if (!("KUBE_OK" in is_status)) {
        print statuses ": no statuses were found"
        bad = 1
    }
}

function report(what) {
    printf "%s:%d: %s: %s\n", $1, $2, $4, what
    bad = 1
}

# The declaration's parameters into param[1..n], their texts; functions as parameters are one.
function split_parameters(text,    i, c, depth, n, start) {
    sub(/^[^(]*\(/, "", text)
    depth = 0
    n = 0
    start = 1
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "(")
            depth++
        else if ((c == ")" && depth == 0) || (c == "," && depth == 0)) {
            param[++n] = substr(text, start, i - start)
            start = i + 1
            if (c == ")")
                break
        } else if (c == ")")
            depth--
    }
    return n
}

function name_of(text) {
    if (match(text, /\(\*[A-Za-z_0-9]+\)/))
        return substr(text, RSTART + 2, RLENGTH - 3)
    sub(/\[[^]]*\][ ]*$/, "", text)
    sub(/[ ]+$/, "", text)
    if (match(text, /[A-Za-z_][A-Za-z_0-9]*$/))
        return substr(text, RSTART, RLENGTH)
    return ""
}

function documents(name) {
    return $7 ~ ("@param *(\\[[a-z,]+\\])? +" name "[^A-Za-z_0-9]")
}

# Each parameter that is documented is one; without parentheses a type has none.
function check_params(    known, text, name, n, i) {
    n = $6 ~ /^typedef.*\{/ ? 0 : split_parameters($6)
    for (i = 1; i <= n; i++)
        known[name_of(param[i])] = 1
    text = $7
    while (match(text, /@param *(\[[a-z,]+\])? +[A-Za-z_0-9]+/)) {
        name = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        sub(/.* /, "", name)
        if (!(name in known))
            report("@param " name " is no parameter")
    }
}

# Each status that is promised exists, and by something that gives one. Returns how many of them are failures.
function check_retvals(gives_status,    text, name, failures) {
    failures = 0
    text = $7
    while (match(text, /@retval +[A-Za-z_0-9]+/) || (name != "" && match(text, /^, *KUBE_[A-Z_0-9]+/))) {
        name = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        sub(/^(@retval|,) */, "", name)
        if (!(name in is_status))
            report("@retval " name " is no status")
        else if (!gives_status)
            report("@retval " name ", but it gives no status")
        else
            failures += name ~ /^KUBE_ERR_/
    }
    return failures
}

$3 == "inline" && $4 !~ /^kube_/ { report("a public header's function needs our prefix"); next }
$4 ~ /_make$/ { next }                      # the C++ half of an INIT macro, documented there

{
    if ($7 == "-") {
        if ($3 != "type" || $6 ~ /\{/ || $6 !~ /^typedef struct [a-z_0-9]+ [a-z_0-9]+;/)
            report("has no documentation")
        else
            report("the type has no documentation")
        next
    }
    if ($7 !~ /@brief/)
        report("no @brief")
    if ($5 == "-")
        report("no @since")
    check_params()
    failures = check_retvals($3 == "type" || $6 ~ /^(KUBE_API|static inline) kube_status /)
    if ($3 == "type")
        next

    head = $6
    sub(/\(.*/, "", head)
    sub(/^(KUBE_API|static inline) /, "", head)
    sub(/[A-Za-z_0-9]+$/, "", head)
    returns = head
    gsub(/ +$/, "", returns)

    gives = returns ~ /\*/ && $4 !~ /_ref$/
    error_out = 0
    n = split_parameters($6)
    for (i = 1; i <= n; i++) {
        name = name_of(param[i])
        if (name == "void" || param[i] ~ /\.\.\./)
            continue
        if (!documents(name))
            report("no @param for " name)
        if (param[i] ~ /kube_error \*\*/)
            error_out = 1
        else if (param[i] ~ /\*\*/ && param[i] !~ /const \*/)
            gives = 1
        if (param[i] ~ /kube_error \*\*/ && i != n && $6 !~ /\.\.\./)
            report("the error is not the last parameter")
    }
    if (returns != "void" && $7 !~ /@return|@retval/)
        report("no @return or @retval")
    if (returns == "kube_status" && $4 !~ /^kube_error_/ && failures == 0)
        report("no @retval KUBE_ERR_..., but it can fail")
    if (gives && $7 !~ /@ownership/)
        report("no @ownership, but memory changes hands")
    if ($7 !~ /@threadsafety/)
        report("no @threadsafety")
    if ($7 !~ /@blocking/)
        report("no @blocking")
    if (returns == "kube_status" && error_out && $4 !~ /^kube_error_/ && $6 !~ /KUBE_MUST_CHECK/)
        report("its status must be marked KUBE_MUST_CHECK")
}

END { exit bad }
