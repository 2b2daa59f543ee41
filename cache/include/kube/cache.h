/**
 * @file
 * @brief Everything of the cache library.
 * @ingroup cache
 */
#ifndef KUBE_CACHE_H
#define KUBE_CACHE_H

#include <kube/base.h>
#include <kube/cache/disk_store.h>
#include <kube/cache/memory_store.h>
#include <kube/cache/store.h>

#endif
