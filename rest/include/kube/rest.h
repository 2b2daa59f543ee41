/**
 * @file
 * @brief All of rest.
 * @ingroup rest
 */
#ifndef KUBE_REST_H
#define KUBE_REST_H

#include <kube/base.h>
#include <kube/rest/client.h>
#include <kube/rest/request.h>
#include <kube/rest/response.h>

#endif
