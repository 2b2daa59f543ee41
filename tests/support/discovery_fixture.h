/* What the tests of discovery share: snapshots from literals, answers as one line of text, recorded documents. */
#ifndef DISCOVERY_FIXTURE_H
#define DISCOVERY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alloc_trace.h"

#include <kube/sys/discovery.h>
#include <kube/sys/error.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

enum { DISCOVERY_TEXT_BYTES = 1 << 16 };

/* Of aggregated documents; NULL for a part that is not there. */
kube_discovery_snapshot *aggregated_snapshot(const char *api, const char *apis);
/* The status and the message of a document that should not decode. */
kube_status decode_failure(kube_discovery_document kind, const char *document, char *message, size_t size);

/* "v1: pods pods/status; apps/v1: deployments", in a static buffer that the next call overwrites. */
const char *lists_text(const kube_api_resource_lists *lists);
/* "pods pods/status" */
const char *list_text(const kube_api_resource_list *list);
/* "[v1]* apps[apps/v1 apps/v1beta1*]": names, group-versions, the preferred one marked. */
const char *groups_text(const kube_api_group_list *groups);
/* "pods singular=pod kind=/v1/Pod namespaced verbs=get,list short=po categories=all" */
const char *resource_text(const kube_api_resource *resource);
/* Names of everything a lookup finds, with their group-versions: "v1/pods metrics.k8s.io/v1/pods". */
const char *found_text(const kube_discovery_snapshot *snapshot, kube_api_resource_key key, const char *value);

/* A recorded file below the fixtures' folder, NUL-terminated; free() it. Fails the test when there is none. */
char *read_fixture(const char *path, size_t *len);

#endif
