/* Content-Type as a client reads it, and Accept as the stub does: the first line is the header, the rest the body. */
#include "../../discovery/src/media_type.h"
#include "../../testing/src/media_type.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *header = malloc(size + 1), *body;
    bool aggregated = false;
    kube_error *err = NULL;
    kube_status st;
    kube__choice choice;

    if (header == NULL)
        return 0;
    memcpy(header, data, size);
    header[size] = '\0';
    body = strchr(header, '\n');
    if (body != NULL)
        *body++ = '\0';
    st = kube__judge_answer(header, kube_str_c(body != NULL ? body : ""), 200, &aggregated, &err);
    if ((st == KUBE_OK) != (err == NULL))
        abort();
    /* What says that it is aggregated names the group; a legacy document never is. */
    if (st == KUBE_OK && aggregated && strcasestr(header, "apidiscovery.k8s.io") == NULL &&
        strchr(header, '\\') == NULL)
        abort();
    choice = kube__accept_choose(header, "v2");
    if (choice == KUBE__CHOICE_AGGREGATED && strcasestr(header, "apidiscovery.k8s.io") == NULL &&
        strchr(header, '\\') == NULL)
        abort();
    if (kube__accept_choose(header, NULL) == KUBE__CHOICE_AGGREGATED)
        abort();
    kube_error_free(err);
    free(header);
    return 0;
}
