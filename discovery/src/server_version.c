/* The document at /version. */
#include "counted.h"
#include "names.h"
#include "shared/alloc.h"

#include <kube/base/json.h>
#include <kube/sys/discovery.h>
#include <kube/sys/error.h>

#include <string.h>

enum { FIELD_COUNT = KUBE_SERVER_VERSION_PLATFORM + 1, FIELD_MAX_BYTES = 4096 };

/* In one block; the texts follow. */
struct kube_server_version {
    kube__counted counted;
    uint32_t      at[FIELD_COUNT]; /* from `texts` */
    char          texts[];
};

static const char *const names[FIELD_COUNT] = {
    [KUBE_SERVER_VERSION_MAJOR] = "major",
    [KUBE_SERVER_VERSION_MINOR] = "minor",
    [KUBE_SERVER_VERSION_EMULATION_MAJOR] = "emulationMajor",
    [KUBE_SERVER_VERSION_EMULATION_MINOR] = "emulationMinor",
    [KUBE_SERVER_VERSION_MIN_COMPATIBILITY_MAJOR] = "minCompatibilityMajor",
    [KUBE_SERVER_VERSION_MIN_COMPATIBILITY_MINOR] = "minCompatibilityMinor",
    [KUBE_SERVER_VERSION_GIT_VERSION] = "gitVersion",
    [KUBE_SERVER_VERSION_GIT_COMMIT] = "gitCommit",
    [KUBE_SERVER_VERSION_GIT_TREE_STATE] = "gitTreeState",
    [KUBE_SERVER_VERSION_BUILD_DATE] = "buildDate",
    [KUBE_SERVER_VERSION_GO_VERSION] = "goVersion",
    [KUBE_SERVER_VERSION_COMPILER] = "compiler",
    [KUBE_SERVER_VERSION_PLATFORM] = "platform",
};

static void destroy(kube__counted *counted)
{
    kube__free(counted);
}

/* The texts one after the other, the empty one first; a text that occurs twice is there twice, and the last one
 * counts. */
static kube_status read_fields(kube_str document, kube_buf *texts, uint32_t at[FIELD_COUNT], kube_error **err)
{
    kube_json_reader r;
    kube_json_string key, value;
    kube_status st;

    kube_json_reader_init(&r, document);
    kube_buf_append_char(texts, '\0');
    kube_json_reader_enter_object(&r);
    while (kube_json_reader_next_key(&r, &key)) {
        size_t i = 0;

        while (i < FIELD_COUNT && !kube_json_string_is(key, names[i]))
            i++;
        if (i == FIELD_COUNT || !kube_json_reader_read_string(&r, &value))
            continue;
        at[i] = (uint32_t)texts->len;
        kube_json_string_append(value, texts);
        if (kube_buf_status(texts, NULL) == KUBE_OK &&
            kube__has_control(kube_str_n(texts->data + at[i], texts->len - at[i])))
            kube_json_reader_fail(&r, "a control character where none can be");
        kube_buf_append_char(texts, '\0');
    }
    st = kube_json_reader_finish(&r, err);
    return st == KUBE_OK ? kube_buf_status(texts, err) : st;
}

kube_status kube_server_version_from_json(kube_str document, kube_server_version **out, kube_error **err)
{
    kube_buf texts = KUBE_BUF_INIT(FIELD_COUNT * FIELD_MAX_BYTES);
    uint32_t at[FIELD_COUNT] = { 0 };
    kube_status st = read_fields(document, &texts, at, err);

    if (st == KUBE_OK) {
        kube_server_version *made = kube__malloc(sizeof *made + texts.len);

        if (made != NULL) {
            kube__counted_init(&made->counted, destroy);
            memcpy(made->at, at, sizeof at);
            memcpy(made->texts, texts.data, texts.len);
            *out = made;
        } else {
            st = kube_error_no_memory(err);
        }
    }
    kube_buf_clear(&texts);
    return st;
}

kube_server_version *kube_server_version_ref(kube_server_version *version)
{
    if (version != NULL)
        kube__counted_ref(&version->counted);
    return version;
}

void kube_server_version_unref(kube_server_version *version)
{
    if (version != NULL)
        kube__counted_unref(&version->counted);
}

const char *kube_server_version_get(const kube_server_version *version, kube_server_version_field field)
{
    return (unsigned)field < FIELD_COUNT ? version->texts + version->at[field] : "";
}

const char *kube_server_version_git_version(const kube_server_version *version)
{
    return kube_server_version_get(version, KUBE_SERVER_VERSION_GIT_VERSION);
}
