/* A snapshot as bytes that can be kept and read back, by another process and on another machine. docs/formats.md
 * describes them. */
#ifndef KUBE_DISCOVERY_SNAPSHOT_WIRE_H
#define KUBE_DISCOVERY_SNAPSHOT_WIRE_H

#include <kube/base/error.h>
#include <kube/base/str.h>
#include <kube/discovery/snapshot.h>

#include <stddef.h>
#include <stdint.h>

enum { KUBE__WIRE_MAGIC = 0x4e53424b /* "KBSN" */, KUBE__WIRE_VERSION = 1 };

/* Words of the header, each 32 bits, the lowest byte first. */
enum {
    KUBE__WIRE_HEAD_MAGIC,
    KUBE__WIRE_HEAD_VERSION,
    KUBE__WIRE_HEAD_FLAGS,
    KUBE__WIRE_HEAD_IDENTITY_BYTES,
    KUBE__WIRE_HEAD_TEXT_BYTES,
    KUBE__WIRE_HEAD_ERROR_BYTES,
    KUBE__WIRE_HEAD_LIST_WORDS,
    KUBE__WIRE_HEAD_GROUPS,
    KUBE__WIRE_HEAD_CORE_GROUPS,
    KUBE__WIRE_HEAD_VERSIONS,
    KUBE__WIRE_HEAD_RESOURCES,
    KUBE__WIRE_HEAD_VALIDATORS, /* two */
    KUBE__WIRE_HEAD_WORDS = KUBE__WIRE_HEAD_VALIDATORS + 2
};

enum {
    KUBE__WIRE_AGGREGATED = 1, /* flag: the resources came with the groups                                     */
    KUBE__WIRE_GENERATIONS = 2 /* flag: behind the rest the generations of the documents it was written out as */
};

/* The highest bit of a word that has one to spare: a list was null, not empty; a resource is namespaced. */
#define KUBE__WIRE_BIT 0x80000000u

/* Words of a group. */
enum {
    KUBE__WIRE_GROUP_NAME,
    KUBE__WIRE_GROUP_KIND,
    KUBE__WIRE_GROUP_API_VERSION,
    KUBE__WIRE_GROUP_PREFERRED_NAME,
    KUBE__WIRE_GROUP_PREFERRED_VERSION,
    KUBE__WIRE_GROUP_ADDRESSES,
    KUBE__WIRE_GROUP_LISTED,
    KUBE__WIRE_GROUP_VERSIONS,
    KUBE__WIRE_GROUP_WORDS
};

/* Words of a group-version. */
enum {
    KUBE__WIRE_VERSION_KEY,
    KUBE__WIRE_VERSION_GROUP,
    KUBE__WIRE_VERSION_VERSION,
    KUBE__WIRE_VERSION_NAME,
    KUBE__WIRE_VERSION_LIST_NAME,
    KUBE__WIRE_VERSION_RESOURCES,
    KUBE__WIRE_VERSION_STATE, /* and the origin in the second byte */
    KUBE__WIRE_VERSION_ERROR_STATUS,
    KUBE__WIRE_VERSION_ERROR,
    KUBE__WIRE_VERSION_TIME, /* two: the low word first */
    KUBE__WIRE_VERSION_WORDS = KUBE__WIRE_VERSION_TIME + 2
};

/* Words of a resource. */
enum {
    KUBE__WIRE_RESOURCE_NAME,
    KUBE__WIRE_RESOURCE_SINGULAR,
    KUBE__WIRE_RESOURCE_KIND,
    KUBE__WIRE_RESOURCE_GROUP,
    KUBE__WIRE_RESOURCE_VERSION,
    KUBE__WIRE_RESOURCE_HASH,
    KUBE__WIRE_RESOURCE_VERBS,
    KUBE__WIRE_RESOURCE_SHORT_NAMES,
    KUBE__WIRE_RESOURCE_CATEGORIES, /* and whether it is namespaced in the highest bit */
    KUBE__WIRE_RESOURCE_WORDS
};

/* The bytes of a snapshot, for the server that `identity` names. `generations` has one more member than it has
 * group-versions: the group list's first; NULL: there are none. Free the bytes with kube__free(). */
kube_status kube__snapshot_encode(const kube_discovery_snapshot *snapshot, kube_str identity,
                                  const uint64_t *generations, char **out, size_t *len_out, kube_error **err);

/* The snapshot of such bytes. `*generations_out` is zeroed where there are none; free it with kube__free().
 * NOT_FOUND: they are those of another server. PARSE: they make no sense, or this release does not know their form. */
kube_status kube__snapshot_decode(kube_str bytes, kube_str identity, kube_discovery_snapshot **out,
                                  uint64_t **generations_out, kube_error **err);

#endif
