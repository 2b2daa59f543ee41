/* A stranger's test: it links kube::testing and nothing else. */
#include <kube/testing.h>

#include <stdio.h>

int main(void)
{
    kube_testing_apiserver_options opts = KUBE_TESTING_APISERVER_OPTIONS_INIT;
    kube_testing_apiserver *server = NULL;
    kube_error *err = NULL;
    kube_status st = kube_testing_apiserver_start(&opts, &server, &err);

    printf("%s: %s\n", kube_status_name(st), kube_error_message(err));
    kube_error_free(err);
    kube_testing_apiserver_stop(server);
    return st == KUBE_ERR_INVALID_ARG ? 0 : 1;
}
