#ifndef KUBE_CACHE_DISK_READ_H
#define KUBE_CACHE_DISK_READ_H

#include "disk_store.h"

/* Opens an entry's file for reading; a regular one. NOT_FOUND, IO, or INVALID_ARG. `doing` begins the message. */
kube_status kube__disk_open_entry(kube__disk_store *store, const char *doing, const kube_store_key *key, int *fd,
                                  struct stat *info, kube_error **err);

#endif
