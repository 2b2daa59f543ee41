/* libcurl's own resolver. It asks the C library, and so finds what stands here in its place. */
#include "fake_resolver.h"

#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static atomic_int asked, last_byte; /* of 127.0.0.x; libcurl asks in a thread of its own */

typedef struct answer {
    struct addrinfo    info;
    struct sockaddr_in address;
} answer;

int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
                struct addrinfo **restrict out)
{
    answer *a = calloc(1, sizeof *a);

    (void)name;
    atomic_fetch_add(&asked, 1);
    if (a == NULL)
        return EAI_MEMORY;
    a->address.sin_family = AF_INET;
    a->address.sin_port = htons((uint16_t)strtoul(service != NULL ? service : "0", NULL, 10));
    a->address.sin_addr.s_addr = htonl((127u << 24) + (unsigned)atomic_load(&last_byte));
    a->info = (struct addrinfo){ .ai_family = AF_INET, .ai_socktype = hints != NULL ? hints->ai_socktype : SOCK_STREAM,
                                 .ai_addr = (struct sockaddr *)&a->address, .ai_addrlen = sizeof a->address };
    *out = &a->info;
    return 0;
}

void freeaddrinfo(struct addrinfo *info)
{
    free(info);
}

/* A server that moved is found when the next connection is made, not when a minute is over. */
static void addresses_at_which_nobody_is_are_asked_for_anew(void **state)
{
    kube_rest_client_options o = rest_fixture_options(&fake_resolver_server);
    kube_rest_client *client = NULL;
    char url[64];

    (void)state;
    snprintf(url, sizeof url, "https://api.example:%u", kube_testing_http_server_port(fake_resolver_server.server));
    o.base_url = url;
    o.tls_server_name = "localhost"; /* whose address libcurl knows by itself */
    assert_int_equal(kube_rest_client_new(&o, &client, NULL), KUBE_OK);
    atomic_store(&last_byte, 2); /* where nobody is */
    get_and_expect(client, KUBE_ERR_UNAVAILABLE, NULL);
    assert_int_equal(atomic_load(&asked), 1);
    atomic_store(&last_byte, 1);
    get_and_expect(client, KUBE_OK, NULL);
    assert_int_equal(atomic_load(&asked), 2);
    get_and_expect(client, KUBE_OK, NULL); /* on the connection that stands */
    assert_int_equal(atomic_load(&asked), 2);
    kube_rest_client_unref(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(addresses_at_which_nobody_is_are_asked_for_anew) };

    return cmocka_run_group_tests(tests, fake_resolver_set_up, fake_resolver_tear_down);
}
