/**
 * @file
 * @brief All of discovery.
 * @ingroup discovery
 */
#ifndef KUBE_DISCOVERY_H
#define KUBE_DISCOVERY_H

#include <kube/cache.h>
#include <kube/discovery/cached.h>
#include <kube/discovery/client.h>
#include <kube/discovery/discovery.h>
#include <kube/discovery/group.h>
#include <kube/discovery/resource.h>
#include <kube/discovery/server_version.h>
#include <kube/discovery/snapshot.h>
#include <kube/rest.h>

#endif
