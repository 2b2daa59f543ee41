# Width, tabs, trailing blanks, length of files and of C functions. Columns are characters, not bytes.

BEGIN { bad = 0; MAX_COLUMNS = 120; MAX_LINES = 600; MAX_FUNCTION = 60 }

function report(line, what) {
    printf "%s:%d: %s\n", file, line, what
    bad = 1
}

function end_file() {
    if (file != "" && lines > MAX_LINES)
        report(lines, "the file has more than " MAX_LINES " lines: it has taken in a second subject")
}

FNR == 1 {
    end_file()
    file = FILENAME
    c = file ~ /\.[ch]$/
    began = 0
}

{
    lines = FNR
    if (length($0) > MAX_COLUMNS) {
        text = $0
        gsub(/[\200-\277]/, "", text)
        if (length(text) > MAX_COLUMNS)
            report(FNR, "longer than " MAX_COLUMNS " columns")
    }
    if (index($0, "\t") != 0 && c)
        report(FNR, "a tab")
    if ($0 ~ /[ \t]$/)
        report(FNR, "a blank at the end of the line")
    if (!c)
        next
    if ($0 == "{")
        began = FNR
    else if ($0 == "}" && began != 0) {
        if (FNR - began - 1 > MAX_FUNCTION)
            report(began, "a function of " FNR - began - 1 " lines")
        began = 0
    }
}

END { end_file(); exit bad }
