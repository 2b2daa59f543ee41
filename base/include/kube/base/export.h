/**
 * @file
 * @brief What every public header needs of the compiler: export marks and checks.
 */
#ifndef KUBE_BASE_EXPORT_H
#define KUBE_BASE_EXPORT_H

#if defined(__GNUC__) || defined(__clang__)
/** Marks a symbol that a library exports. Everything else is hidden. */
#define KUBE_API __attribute__((visibility("default")))
/** The result must be looked at. */
#define KUBE_MUST_CHECK __attribute__((warn_unused_result))
/** The function formats like printf: argument @p f is the format, @p a the first value. */
#define KUBE_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define KUBE_API
#define KUBE_MUST_CHECK
#define KUBE_PRINTF(f, a)
#endif

#ifdef __cplusplus
#define KUBE_BEGIN_DECLS extern "C" {
#define KUBE_END_DECLS }
#else
#define KUBE_BEGIN_DECLS
#define KUBE_END_DECLS
#endif

#endif
