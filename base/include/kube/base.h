/**
 * @file
 * @brief All of base.
 * @ingroup base
 */
#ifndef KUBE_BASE_H
#define KUBE_BASE_H

#include <kube/base/alloc.h>
#include <kube/base/blob.h>
#include <kube/base/buf.h>
#include <kube/base/call.h>
#include <kube/base/cancel.h>
#include <kube/base/clock.h>
#include <kube/base/error.h>
#include <kube/base/export.h>
#include <kube/base/io.h>
#include <kube/base/json.h>
#include <kube/base/log.h>
#include <kube/base/status.h>
#include <kube/base/str.h>
#include <kube/base/version.h>

#endif
