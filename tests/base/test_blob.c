#include "base_fixture.h"

#include <kube/base/blob.h>

#include <pthread.h>

static kube_blob *blob_of(kube_str bytes)
{
    kube_blob *blob = NULL;

    assert_int_equal(kube_blob_new(bytes, &blob, NULL), KUBE_OK);
    return blob;
}

static void a_blob_is_a_copy_with_a_nul_behind(void **state)
{
    char text[] = "a\0b";
    kube_blob *blob = blob_of(kube_str_n(text, 3));

    (void)state;
    text[0] = 'x';
    assert_int_equal(kube_blob_str(blob).len, 3);
    assert_memory_equal(kube_blob_str(blob).data, "a\0b", 4);
    kube_blob_unref(blob);
}

static void a_blob_can_be_filled_by_its_maker(void **state)
{
    kube_blob *blob = NULL;
    char *bytes = NULL;

    (void)state;
    assert_int_equal(kube_blob_alloc(3, &bytes, &blob, NULL), KUBE_OK);
    memcpy(bytes, "xyz", 3);
    assert_string_equal(kube_blob_str(blob).data, "xyz");
    assert_int_equal(kube_blob_str(blob).len, 3);
    kube_blob_unref(blob);
    assert_int_equal(kube_blob_alloc(0, &bytes, &blob, NULL), KUBE_OK);
    assert_string_equal(kube_blob_str(blob).data, "");
    kube_blob_unref(blob);
}

static void empty_and_null_blobs_are_empty_slices(void **state)
{
    kube_blob *blob = blob_of(kube_str_n(NULL, 0));

    (void)state;
    assert_int_equal(kube_blob_str(blob).len, 0);
    assert_string_equal(kube_blob_str(blob).data, "");
    assert_string_equal(kube_blob_str(NULL).data, "");
    assert_null(kube_blob_ref(NULL));
    kube_blob_unref(NULL);
    kube_blob_unref(blob);
}

static void the_last_reference_overwrites(void **state)
{
    kube_blob *blob;

    (void)state;
    alloc_trace_look_for("hunter2-the-secret");
    blob = blob_of(kube_str_c("hunter2-the-secret"));
    kube_blob_unref(kube_blob_ref(blob));
    assert_true(kube_str_is(kube_blob_str(blob), "hunter2-the-secret"));
    kube_blob_unref(blob);
    assert_int_equal(alloc_trace_found(), 0);
    alloc_trace_look_for(NULL);
}

static void an_absurd_length_is_refused(void **state)
{
    kube_blob *blob = NULL;
    char *bytes = NULL;
    kube_error *err = NULL;

    (void)state;
    assert_int_equal(kube_blob_new(kube_str_n("", SIZE_MAX), &blob, &err), KUBE_ERR_OUT_OF_MEMORY);
    assert_error(err, KUBE_ERR_OUT_OF_MEMORY, "memory");
    assert_int_equal(kube_blob_alloc(SIZE_MAX - 1, &bytes, &blob, NULL), KUBE_ERR_OUT_OF_MEMORY);
    assert_null(bytes);
    assert_null(blob);
}

static void every_failed_allocation_is_said(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        kube_blob *blob = NULL;
        kube_error *err = NULL;
        kube_status st;
        bool reached;

        alloc_trace_fail_at(n);
        st = kube_blob_new(kube_str_c("x"), &blob, &err);
        reached = alloc_trace_stop();
        assert_int_equal(st, reached ? KUBE_ERR_OUT_OF_MEMORY : KUBE_OK);
        assert_int_equal(blob == NULL, reached);
        kube_blob_unref(blob);
        kube_error_free(err);
        if (!reached)
            return;
    }
}

static void *take_and_give(void *arg)
{
    for (int i = 0; i < 2000; i++)
        kube_blob_unref(kube_blob_ref(arg));
    kube_blob_unref(arg);
    return NULL;
}

static void threads_share_it(void **state)
{
    kube_blob *blob = blob_of(kube_str_c("shared"));
    pthread_t threads[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, take_and_give, kube_blob_ref(blob));
    kube_blob_unref(blob);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOC_TRACE_TEST(a_blob_is_a_copy_with_a_nul_behind),
        ALLOC_TRACE_TEST(a_blob_can_be_filled_by_its_maker),
        ALLOC_TRACE_TEST(empty_and_null_blobs_are_empty_slices),
        ALLOC_TRACE_TEST(the_last_reference_overwrites),
        ALLOC_TRACE_TEST(an_absurd_length_is_refused),
        ALLOC_TRACE_TEST(every_failed_allocation_is_said),
        ALLOC_TRACE_TEST(threads_share_it),
    };

    alloc_trace_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
