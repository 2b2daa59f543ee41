# Reads public headers and prints what they declare, one record a line, fields separated by tabs:
#
#     file  line  kind  name  since  declaration  documentation
#
# kind is "api" (KUBE_API), "inline" (static inline) or "type" (typedef). `since` is what @since says, or "-".
# Declaration and documentation are put on one line; the documentation is "-" when no /** comment stands directly
# before it.

function flush_doc() { doc = "-" }

# What is left of a line without comments; `in_comment` carries over to the next.
function without_comments(line,    out, at) {
    out = ""
    while (line != "") {
        if (in_comment) {
            at = index(line, "*/")
            if (at == 0) {
                if (in_doc)
                    doc = doc " " line
                return out
            }
            if (in_doc)
                doc = doc " " substr(line, 1, at - 1)
            line = substr(line, at + 2)
            in_comment = in_doc = 0
            continue
        }
        at = index(line, "/*")
        if (at == 0)
            return out line
        out = out substr(line, 1, at - 1)
        line = substr(line, at + 2)
        in_comment = 1
        in_doc = 0
        if (substr(line, 1, 1) == "*" && substr(line, 2, 1) != "<" && declaration == "" && depth == 0) {
            in_doc = 1
            doc = ""
            line = substr(line, 2)
        }
    }
    return out
}

function count(text, letter,    copy) {
    copy = text
    return gsub(letter, "", copy)
}

function emit(    kind, name, head, since, words, n) {
    gsub(/[ \t]+/, " ", declaration)
    gsub(/[ \t]+/, " ", doc)
    kind = declaration ~ /^KUBE_API/ ? "api" : declaration ~ /^typedef/ ? "type" : "inline"
    head = declaration
    if (kind == "type") {
        sub(/\{.*\}/, "", head)
        if (head ~ /\(/ && head !~ /\{/)
            sub(/\(.*/, "", head)           # a function type
        else
            sub(/;.*/, "", head)
    } else {
        sub(/\(.*/, "", head)
    }
    n = split(head, words, /[^A-Za-z0-9_]+/)
    while (n > 0 && words[n] == "")
        n--
    name = words[n]
    since = "-"
    if (match(doc, /@since +[0-9.]+/)) {
        since = substr(doc, RSTART, RLENGTH)
        sub(/@since +/, "", since)
        sub(/\.$/, "", since)
    }
    printf "%s\t%d\t%s\t%s\t%s\t%s\t%s\n", FILENAME, begin, kind, name, since, declaration, doc
    declaration = ""
    flush_doc()
}

FNR == 1 { in_comment = in_doc = depth = continued = 0; declaration = ""; flush_doc() }

{
    line = without_comments($0)
    if (continued || line ~ /^[ \t]*#/) {
        continued = line ~ /\\$/
        next
    }
    if (line ~ /^[ \t]*$/)
        next
    if (declaration == "") {
        if (depth == 0 && line ~ /^(KUBE_API|static inline|typedef) /) {
            begin = FNR
            declaration = line
            open = count(line, "{") - count(line, "}")
        } else {
            depth += count(line, "{") - count(line, "}")
            if (line !~ /^KUBE_(BEGIN|END)_DECLS/)
                flush_doc()
            next
        }
    } else {
        declaration = declaration " " line
        open += count(line, "{") - count(line, "}")
    }
    if (declaration ~ /^static inline/) {
        if (declaration ~ /\{/) {           # its body is skipped
            depth = open
            sub(/\{.*/, "", declaration)
            emit()
        }
    } else if (open == 0 && line ~ /;[ \t]*$/) {
        emit()
    }
}
