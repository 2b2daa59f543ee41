/* A file of arbitrary bytes as a framed cache entry. What is accepted must be what would have been written. */
#include "frame.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As the reader does it; false: refused. */
static bool read_entry(const uint8_t *data, size_t size, bool verify, kube_str *validator, kube_str *payload)
{
    kube__frame frame = { 0, 0, 0 };
    const char *bytes = (const char *)data;

    if (size < KUBE__FRAME_HEADER_BYTES || kube__frame_decode(data, size, &frame) != NULL)
        return false;
    if (frame.validator_bytes + frame.payload_bytes != size - KUBE__FRAME_HEADER_BYTES)
        abort();
    *validator = kube_str_n(bytes + KUBE__FRAME_HEADER_BYTES, frame.validator_bytes);
    *payload = kube_str_n(validator->data + validator->len, (size_t)frame.payload_bytes);
    return !verify || kube__frame_verify(&frame, *validator, *payload) == NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char header[KUBE__FRAME_HEADER_BYTES];
    kube_str validator, payload;

    if (!read_entry(data, size, false, &validator, &payload))
        return 0;
    kube__frame_encode(validator, payload, header);
    /* A checksum is right exactly when the whole header is what would be written. */
    if (read_entry(data, size, true, &validator, &payload) != (memcmp(header, data, sizeof header) == 0))
        abort();
    return 0;
}
