/**
 * @file
 * @brief All of libkube, for programs that use `kube::kube`.
 */
#ifndef KUBE_KUBE_H
#define KUBE_KUBE_H

#include <kube/auth.h>
#include <kube/base.h>
#include <kube/cache.h>
#include <kube/discovery.h>
#include <kube/rest.h>

#endif
