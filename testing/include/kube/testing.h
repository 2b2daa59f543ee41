/**
 * @file
 * @brief All of testing.
 * @ingroup testing
 */
#ifndef KUBE_TESTING_H
#define KUBE_TESTING_H

#include <kube/base.h>
#include <kube/testing/apiserver_stub.h>
#include <kube/testing/http_server.h>
#include <kube/testing/pki.h>

#endif
