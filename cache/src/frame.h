/* The framed form of an entry's file; docs/formats.md describes it. Pure: bytes in, values out. */
#ifndef KUBE_CACHE_FRAME_H
#define KUBE_CACHE_FRAME_H

#include <kube/base/str.h>

#include <stdint.h>

enum { KUBE__FRAME_HEADER_BYTES = 32 };

typedef struct kube__frame {
    uint32_t validator_bytes;
    uint64_t payload_bytes;
    uint64_t checksum;
} kube__frame;

void kube__frame_encode(kube_str validator, kube_str payload, unsigned char header[KUBE__FRAME_HEADER_BYTES]);
/* NULL, or why a file of this size with this header is none of ours. Then both lengths add up to the rest of it. */
const char *kube__frame_decode(const unsigned char header[KUBE__FRAME_HEADER_BYTES], uint64_t file_bytes,
                               kube__frame *out);
/* NULL, or why these are not the bytes that were put. */
const char *kube__frame_verify(const kube__frame *frame, kube_str validator, kube_str payload);

#endif
