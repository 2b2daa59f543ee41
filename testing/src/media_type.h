/* Which of a server's documents an Accept header asks for. */
#ifndef KUBE_TESTING_SRC_MEDIA_TYPE_H
#define KUBE_TESTING_SRC_MEDIA_TYPE_H

typedef enum kube__choice {
    KUBE__CHOICE_NOTHING, /* of what is asked for: 406 */
    KUBE__CHOICE_JSON,
    KUBE__CHOICE_AGGREGATED
} kube__choice;

/* The first entry that can be served; weights are not looked at. `aggregated` is the version of the aggregated document
 * there is ("v2"), or NULL. No header asks for JSON. */
kube__choice kube__accept_choose(const char *accept, const char *aggregated);

#endif
