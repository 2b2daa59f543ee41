/* What kubectl prints for `api-resources` and `api-versions`, byte for byte. */
#ifndef EXAMPLES_API_RESOURCES_TABLE_H
#define EXAMPLES_API_RESOURCES_TABLE_H

#include "flags.h"

#include <kube/discovery.h>

#include <stdio.h>

typedef enum api_resources_output {
    OUTPUT_TABLE,
    OUTPUT_WIDE,
    OUTPUT_NAME
} api_resources_output;

typedef enum api_resources_order {
    ORDER_GROUP, /* then by name */
    ORDER_NAME,
    ORDER_KIND
} api_resources_order;

typedef struct api_resources_view {
    api_resources_output output;
    api_resources_order  order;
    bool                 no_headers;
    bool                 by_group, by_namespaced; /* whether the next two count */
    const char          *group;
    bool                 namespaced;
    words                verbs, categories; /* a resource must have them all */
} api_resources_view;

/* false: memory ran out. */
bool print_api_resources(FILE *out, const kube_api_resource_lists *lists, const api_resources_view *view);
bool print_api_versions(FILE *out, const kube_api_group_list *groups);

#endif
