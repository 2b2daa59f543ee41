/* A fault of the stub as text, as a test or a command line gives it. */
#include "fault.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kube_testing_fault fault = KUBE_TESTING_FAULT_INIT;
    kube_buf file = KUBE_BUF_INIT(1 << 20);
    kube_error *err = NULL;
    char *text = malloc(size + 1);
    kube_status st;

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (strstr(text, "body=@") == NULL) { /* that one reads a file */
        st = kube__fault_read(text, &fault, &file, &err);
        if ((st == KUBE_OK) != (err == NULL))
            abort();
    }
    kube_error_free(err);
    kube_buf_clear(&file);
    free(text);
    return 0;
}
