/**
 * @file
 * @brief All of auth.
 * @ingroup auth
 */
#ifndef KUBE_AUTH_H
#define KUBE_AUTH_H

#include <kube/auth/client.h>
#include <kube/rest.h>

#endif
