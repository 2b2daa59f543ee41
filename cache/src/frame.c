#include "frame.h"

#include "hash64.h"

#include <kube/cache/store.h>

static const unsigned char magic[8] = { 'k', 'u', 'b', 'e', 'n', 't', 'r', 'y' };

enum { VERSION = 1, AT_VERSION = 8, AT_VALIDATOR = 12, AT_PAYLOAD = 16, AT_CHECKSUM = 24 };

static void store_little_endian(unsigned char *p, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        p[i] = (unsigned char)(value >> (8 * i));
}

static uint32_t load32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t checksum(kube_str validator, kube_str payload)
{
    uint64_t h = kube__hash64_word(KUBE__HASH64_START, validator.len);

    h = kube__hash64_word(h, payload.len);
    h = kube__hash64_bytes(h, validator.data, validator.len);
    h = kube__hash64_bytes(h, payload.data, payload.len);
    return kube__hash64_end(h);
}

void kube__frame_encode(kube_str validator, kube_str payload, unsigned char header[KUBE__FRAME_HEADER_BYTES])
{
    memcpy(header, magic, sizeof magic);
    store_little_endian(header + AT_VERSION, VERSION, 4);
    store_little_endian(header + AT_VALIDATOR, validator.len, 4);
    store_little_endian(header + AT_PAYLOAD, payload.len, 8);
    store_little_endian(header + AT_CHECKSUM, checksum(validator, payload), 8);
}

const char *kube__frame_decode(const unsigned char header[KUBE__FRAME_HEADER_BYTES], uint64_t file_bytes,
                               kube__frame *out)
{
    kube__frame frame = { load32(header + AT_VALIDATOR), kube__load64(header + AT_PAYLOAD),
                          kube__load64(header + AT_CHECKSUM) };
    uint64_t rest = file_bytes - KUBE__FRAME_HEADER_BYTES;

    if (memcmp(header, magic, sizeof magic) != 0)
        return "it is not a cache entry";
    if (load32(header + AT_VERSION) != VERSION)
        return "it has a version of the format that is not known here";
    if (frame.validator_bytes > KUBE_STORE_VALIDATOR_MAX_BYTES)
        return "its header is damaged";
    if (file_bytes < KUBE__FRAME_HEADER_BYTES || rest < frame.validator_bytes ||
        rest - frame.validator_bytes < frame.payload_bytes)
        return "it is cut short";
    if (rest - frame.validator_bytes > frame.payload_bytes)
        return "it has bytes behind its end";
    *out = frame;
    return NULL;
}

const char *kube__frame_verify(const kube__frame *frame, kube_str validator, kube_str payload)
{
    return checksum(validator, payload) == frame->checksum ? NULL : "its checksum is wrong";
}
