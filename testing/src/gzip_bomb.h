/* A gzip stream that is small on the wire and large inside. */
#ifndef KUBE_TESTING_SRC_GZIP_BOMB_H
#define KUBE_TESTING_SRC_GZIP_BOMB_H

#include <kube/base/str.h>

#include <stdint.h>

/* How long the stream is, and one piece after the other of it; the empty piece: it is over. */
uint64_t kube__gzip_bomb_bytes(void);
kube_str kube__gzip_bomb_piece(size_t i);

#endif
