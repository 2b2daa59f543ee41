/* Folder names made of a server's URL: they never lead out of the folder they are put into. */
#include "cached_config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth)
        abort();
}

static void check_host_folder(kube_str folder)
{
    for (size_t i = 0; i < folder.len;) {
        size_t n = strcspn(folder.data + i, "/");

        demand(n != 0 && !(n == 1 && folder.data[i] == '.') && !(n == 2 && memcmp(folder.data + i, "..", 2) == 0));
        i += n + 1;
        demand(i <= folder.len + 1 && i != folder.len); /* no slash at its end */
    }
    for (size_t i = 0; i < folder.len; i++)
        demand(folder.data[i] > ' ' && (unsigned char)folder.data[i] < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kube_buf host = KUBE_BUF_INIT(1 << 20), own = KUBE_BUF_INIT(1 << 20);
    char *url = malloc(size + 1);

    if (url == NULL)
        return 0;
    memcpy(url, data, size);
    url[size] = '\0';
    kube__append_host_folder(&host, url);
    kube__append_server_folder(&own, url, kube_str_c("identity"));
    if (kube_buf_status(&host, NULL) == KUBE_OK && host.len != 0)
        check_host_folder(kube_buf_str(&host));
    if (kube_buf_status(&own, NULL) == KUBE_OK)
        demand(own.len != 0 && memchr(own.data, '/', own.len) == NULL && strcmp(own.data, "..") != 0);
    kube_buf_clear(&host);
    kube_buf_clear(&own);
    free(url);
    return 0;
}
