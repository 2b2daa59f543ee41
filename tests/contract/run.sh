#!/usr/bin/env bash
# The contract of the sources, and that its check can fail: in a small tree of its own a header and a source are right,
# then each is spoilt in one way after the other, and each time the check has to say so and to end with 1.
#   run.sh SOURCE_DIR
set -euo pipefail
source=$(cd "$1" && pwd)

work=$(mktemp -d "${TMPDIR:-/tmp}/kube-contract.XXXXXX")
trap 'rm -rf "$work"' EXIT
header=base/include/kube/base/sample.h code=base/src/sample.c
count=0 failed=0

fresh_tree() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree"/{scripts,docs,base/include/kube/base,base/src}
    cp "$source"/scripts/check-*.awk "$source"/scripts/declarations.awk "$source"/scripts/{check-contract,modules}.sh \
        "$work/tree/scripts"
    printf 'kube_add_library(base\n  SOURCES src/sample.c)\n' >"$work/tree/base/CMakeLists.txt"
    echo 'INPUT = base/include README.md' >"$work/tree/docs/Doxyfile"
    printf '#include <kube/base/%s.h>\n' sample status >"$work/tree/base/include/kube/base.h"
    cp "$source/base/include/kube/base/status.h" "$work/tree/base/include/kube/base"
    cat >"$work/tree/$header" <<'H'
#include <kube/base/status.h>

/**
 * @brief Makes a sample.
 * @param[in]  size In bytes.
 * @param[out] out  The sample.
 * @param[out] err  Why not.
 * @retval KUBE_OK Made.
 * @retval KUBE_ERR_OUT_OF_MEMORY There was no memory.
 * @ownership The caller frees it.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API kube_status kube_sample_new(size_t size, kube_sample **out, kube_error **err) KUBE_MUST_CHECK;

/**
 * @brief How large it is.
 * @param[in] sample The sample.
 * @return Bytes.
 * @threadsafety Any thread. @blocking Never.
 * @since 0.1
 */
KUBE_API size_t kube_sample_size(const kube_sample *sample);
H
    printf '#include <kube/base/sample.h>\n\nvoid kube__look(void)\n{\n    look();\n}\n' >"$work/tree/$code"
}

# expect STATUS TEXT [FILE…]: how the check ends, and what it says.
expect() {
    local wanted=$1 text=$2 said ended=0
    shift 2
    count=$((count + 1))
    said=$("$work/tree/scripts/check-contract.sh" "$@" 2>&1 </dev/null) || ended=$?
    if [[ $ended -ne $wanted || $said != *"$text"* ]]; then
        printf 'contract: exit %d for %d, or nothing of "%s": %s\n' "$ended" "$wanted" "$text" "$said" >&2
        failed=$((failed + 1))
    fi
}

spoilt() { # FILE SED TEXT
    fresh_tree
    sed -i "$2" "$work/tree/$1"
    expect 1 "$3"
    expect 1 "$3" "$1"
}

fresh_tree
expect 0 ''
expect 0 '' "$header"

spoilt $header 's/@brief Makes/Makes/' 'kube_sample_new: no @brief'
spoilt $header '/Makes a sample/,/@since/s/@since.*//' 'kube_sample_new: no @since'
spoilt $header '/@param\[in\]  size/d' 'no @param for size'
spoilt $header 's/@param\[in\]  size In bytes\./& @param length Of what./' '@param length is no parameter'
spoilt $header '/@retval KUBE_ERR/d' 'no @retval KUBE_ERR_...'
spoilt $header '$a /** @brief Ends. @param[in] who Whom. @since 0.1 */\ntypedef void kube_sample_done(void *user);' \
    '@param who is no parameter'
spoilt $header '/@ownership/d' 'no @ownership'
spoilt $header 's/@retval KUBE_ERR_OUT_OF_MEMORY/@retval KUBE_ERR_NO_MEMORY/' '@retval KUBE_ERR_NO_MEMORY is no status'
spoilt $header 's/@retval KUBE_ERR_OUT_OF_MEMORY/@retval KUBE_ERR_OUT_OF_MEMORY, KUBE_ERR_NO_MEMORY/' \
    '@retval KUBE_ERR_NO_MEMORY is no status'
spoilt $header 's/@return Bytes/@retval KUBE_OK Bytes/' '@retval KUBE_OK, but it gives no status'
spoilt $header 's/@return Bytes/Bytes/' 'no @return or @retval'
spoilt $header 's/@threadsafety Any thread\.//' 'no @threadsafety'
spoilt $header 's/@blocking Never\.//' 'no @blocking'
spoilt $header 's/ KUBE_MUST_CHECK//' 'must be marked KUBE_MUST_CHECK'
spoilt $header 's/kube_sample \*\*out, kube_error \*\*err/kube_error **err, kube_sample **out/' 'not the last parameter'
spoilt $header '/^\/\*\*/,/^ \*\//d' 'has no documentation'
spoilt $code 's/look();/strcpy(a, b);/' 'strcpy() is not used here'
spoilt $code 's/look();/free(a);/' 'use kube__free'
spoilt $code 's/look();/free (a);/' 'use kube__free'
spoilt $code 's/^void/#define LET_GO(p) free(p)\n&/' 'use kube__free'
spoilt $code 's/^void/#define LET_GO(p) \\\n    free(p)\n&/' 'use kube__free'
spoilt $code 's,kube/base/sample,kube/rest/rest,' 'base does not stand on <kube/rest/rest.h>'
spoilt $code 's,kube/base/sample,curl/curl,' '<curl/curl.h> is hidden elsewhere'
spoilt $code 's,kube/base/sample,jansson,' '<jansson.h> is for tests and bench alone'
spoilt $code 's,kube/base/sample,yajl/yajl_parse,' '<yajl/yajl_parse.h> is for tests and bench alone'
spoilt $code 's,<kube/base/sample.h>,"../../rest/src/url.h",' 'base includes rest/src/url.h'
spoilt $code 's,<kube/base/sample.h>,"./../src/..//../rest/src/url.h",' 'base includes rest/src/url.h'
spoilt $code 's,kube/base/sample.h,kube/base/../../../../rest/src/url.h,' 'base does not stand on <kube/base/..'
spoilt $code "s/look();/look();$(printf '\\n%.0s' {1..61})/" 'a function of'
spoilt $code "s/look();/look();$(printf '\\n%.0s' {1..601})/" 'the file has more than'
spoilt $code 's/look();/look(); /' 'a blank at the end of the line'
spoilt $code 's/look();/look();\t\/**\//' 'a tab'
spoilt $code "s/look();/look($(printf '%0120d' 0));/" 'longer than'

# A module that nobody wrote down is looked at all the same.
fresh_tree
mkdir -p "$work/tree"/extra/{src,include/kube}
printf 'kube_add_library(extra\n  SOURCES src/extra.c)\n' >"$work/tree/extra/CMakeLists.txt"
printf 'void kube__look(void);\n' | tee "$work/tree/extra/include/kube/extra.h" >"$work/tree/extra/src/extra.c"
expect 1 'extra/src/extra.c:1: module extra is not in may[]'
expect 1 'extra/include/kube/extra.h:1: module extra is not in may[]'
expect 1 'extra/src/extra.c:1: module extra is not in may[]' extra/src/extra.c
expect 1 'docs/Doxyfile: INPUT lacks extra/include'
fresh_tree
rm "$work/tree/base/CMakeLists.txt"
expect 1 'there are no modules'

# What stands in base is not everybody's, only what it shares. A folder below may look beside itself.
fresh_tree
mkdir -p "$work/tree/base/src/shared" "$work/tree/rest/src/curl"
printf 'kube_add_library(rest\n  SOURCES src/own.c src/curl/own.c)\n' >"$work/tree/rest/CMakeLists.txt"
echo 'INPUT = base/include rest/include' >"$work/tree/docs/Doxyfile"
touch "$work/tree"/base/src/{secret,shared/common}.h "$work/tree/rest/src/own.h"
printf '#include "../own.h"\n#include "shared/common.h"\n#include <string.h>\n' >"$work/tree/rest/src/curl/own.c"
printf '#include "own.h"\n' >"$work/tree/rest/src/own.c"
expect 0 ''
echo '#include "secret.h"' >"$work/tree/rest/src/own.c"
expect 1 'rest/src/own.c:1: rest includes base/src/secret.h'
echo '#include <secret.h>' >"$work/tree/rest/src/own.c"
expect 1 'rest/src/own.c:1: rest includes base/src/secret.h'
printf '#include "own.h"\n' >"$work/tree/rest/src/own.c"
echo '#include "../../base/src/secret.h"' >"$work/tree/rest/src/curl/own.c"
expect 1 'rest/src/curl/own.c:1: rest includes base/src/secret.h'

# A file that its list does not name, or only in a comment; what is in kube/sys no umbrella has to name.
unlisted() { # FILE LIST SED
    fresh_tree
    sed -i "$3" "$work/tree/$2"
    expect 1 "$1: $2 does not name it"
    expect 1 "$1: $2 does not name it" "$1"
}
unlisted $code base/CMakeLists.txt 's,src/sample.c,src/other.c,'
unlisted $code base/CMakeLists.txt 's,src/sample.c),) # src/sample.c,'
unlisted $header base/include/kube/base.h '/sample/d'
unlisted $header base/include/kube/base.h 's,#include <kube/base/sample.h>,/* & */,'
fresh_tree
mkdir -p "$work/tree"/base/{src/deep/deeper,include/kube/sys}
cp "$work/tree/$code" "$work/tree/base/src/deep/deeper/"
expect 1 'base/src/deep/deeper/sample.c: base/CMakeLists.txt does not name it'
sed -i 's,src/,src/deep/deeper/sample.c &,' "$work/tree/base/CMakeLists.txt"
touch "$work/tree/base/include/kube/sys/sample.h"
expect 0 ''

# A check that has nothing to look at has not passed.
fresh_tree
find "$work/tree/base/include" -name '*.h' -exec sed -i '/KUBE_API/d; /typedef/d' {} +
expect 1 'the headers declare nothing'
fresh_tree
rm -r "$work/tree/base/include"
expect 1 'there are no public headers'
fresh_tree
rm "$work/tree/base/include/kube/base/status.h"
expect 1 'no statuses were found'

[[ $failed -eq 0 ]] || { echo "contract: $failed of $count checks of the check failed" >&2; exit 1; }
"$source/scripts/check-contract.sh"
echo "contract: kept; its check fails when it should, $count times"
