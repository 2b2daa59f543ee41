/* What a credential plugin says: an ExecCredential, with dates and base64 in it. */
#include "base64.h"
#include "exec_output.h"
#include "rfc3339.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth)
        abort();
}

static void try_output(kube_str text)
{
    kube__exec_answer answer = { NULL, 0 };
    kube_error *err = NULL;
    kube_status st = kube__exec_output_parse(text, "client.authentication.k8s.io/v1", "the plugin", &answer, &err);

    demand((st == KUBE_OK) == (err == NULL));
    if (st == KUBE_OK) { /* it goes into a header */
        kube_str header = kube_blob_str(answer.header);

        demand(header.len > 7 && memcmp(header.data, "Bearer ", 7) == 0);
        for (size_t i = 0; i < header.len; i++)
            demand((unsigned char)header.data[i] >= 0x20 && (unsigned char)header.data[i] < 0x7f);
    }
    kube_blob_unref(answer.header);
    kube_error_free(err);
}

/* What was decoded and is encoded again says the same. */
static void try_base64(kube_str text)
{
    char *decoded = malloc(kube__base64_decoded_max(text.len));
    kube_buf again = KUBE_BUF_INIT(1 << 24);
    size_t len = 0, at = 0;

    demand(decoded != NULL);
    if (kube__base64_decode(text, decoded, &len)) {
        demand(len <= kube__base64_decoded_max(text.len));
        kube__base64_append(&again, kube_str_n(decoded, len));
        for (size_t i = 0; i < text.len; i++) {
            if (text.data[i] == '\r' || text.data[i] == '\n')
                continue;
            demand(at < again.len);
            at++;
        }
        demand(at == again.len);
    }
    kube_buf_clear(&again);
    free(decoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kube_str text = kube_str_n((const char *)data, size);
    int64_t when = 0;

    try_output(text);
    try_base64(text);
    (void)kube__rfc3339_parse(text, &when);
    return 0;
}
