#include "store_driver.h"

#include <kube/base/io.h>

void store_driver_init(store_driver *d, kube_store *store, const kube_clock *clock)
{
    kube_io_options opts = KUBE_IO_OPTIONS_INIT;

    *d = (store_driver){ .store = store };
    opts.clock = clock;
    assert_non_null(store);
    assert_int_equal(kube_io_new(&opts, &d->io, NULL), KUBE_OK);
}

static void forget(store_driver *d)
{
    kube_store_entry_clear(&d->entry);
    kube_error_free(d->err);
    d->err = NULL;
    d->lock = NULL;
    d->info = (kube_store_info){ 0, 0, 0 };
    d->calls = 0;
    d->status = KUBE_PENDING;
}

void store_driver_clear(store_driver *d)
{
    forget(d);
    kube_io_free(d->io);
    kube_store_unref(d->store);
    d->io = NULL;
    d->store = NULL;
}

static void on_entry(void *user, kube_status status, const kube_store_entry *entry, kube_error *err)
{
    store_driver *d = user;

    d->calls++;
    d->status = status;
    d->err = err;
    if (entry != NULL)
        d->entry = *entry;
}

static void on_info(void *user, kube_status status, const kube_store_info *info, kube_error *err)
{
    store_driver *d = user;

    d->calls++;
    d->status = status;
    d->err = err;
    if (info != NULL)
        d->info = *info;
}

static void on_lock(void *user, kube_status status, kube_store_lock *lock, kube_error *err)
{
    store_driver *d = user;

    d->calls++;
    d->status = status;
    d->err = err;
    d->lock = lock;
}

/* What has to hold of every operation, whatever it was. */
static kube_status finish(store_driver *d, kube_status st)
{
    bool pending = st == KUBE_PENDING;

    if (pending) {
        assert_false(kube_store_is_local(d->store));
        assert_int_equal(d->calls, 0); /* never before the function returns */
        while (d->calls == 0)
            assert_int_equal(kube_io_run(d->io, -1), KUBE_OK);
    } else {
        d->status = st;
    }
    for (int i = 0; i < 3; i++)
        assert_int_equal(kube_io_run(d->io, 0), KUBE_OK);
    assert_int_equal(d->calls, pending ? 1 : 0);
    if (d->status == KUBE_OK) {
        assert_null(d->err);
    } else {
        assert_int_equal(kube_error_status(d->err), d->status);
        assert_true(strlen(kube_error_message(d->err)) > 0);
        assert_null(d->entry.bytes);
        assert_null(d->entry.validator);
        assert_int_equal(d->info.generation, 0);
        assert_null(d->lock);
    }
    return d->status;
}

/* A local store needs no loop. */
static kube_io *loop_of(const store_driver *d)
{
    return kube_store_is_local(d->store) ? NULL : d->io;
}

kube_status driver_get(store_driver *d, const kube_store_key *key)
{
    forget(d);
    return finish(d, kube_store_begin_get(d->store, loop_of(d), key, &d->call, on_entry, d, &d->entry, &d->err));
}

kube_status driver_put(store_driver *d, const kube_store_key *key, kube_str bytes, kube_str validator)
{
    kube_store_value value = { sizeof value, bytes, validator, d->since_unix_ms };

    forget(d);
    return finish(d,
                  kube_store_begin_put(d->store, loop_of(d), key, &value, &d->call, on_info, d, &d->info, &d->err));
}

kube_status driver_put_c(store_driver *d, const kube_store_key *key, const char *text)
{
    return driver_put(d, key, kube_str_c(text), kube_str_c(NULL));
}

kube_status driver_touch(store_driver *d, const kube_store_key *key, uint64_t generation)
{
    forget(d);
    return finish(
        d, kube_store_begin_touch(d->store, loop_of(d), key, generation, &d->call, on_info, d, &d->info, &d->err));
}

kube_status driver_remove(store_driver *d, const kube_store_key *key)
{
    forget(d);
    return finish(d, kube_store_begin_remove(d->store, loop_of(d), key, &d->call, on_info, d, &d->err));
}

kube_status driver_lock(store_driver *d, const kube_store_key *key, int64_t lease_ms)
{
    forget(d);
    return finish(d,
                  kube_store_begin_lock(d->store, loop_of(d), key, lease_ms, &d->call, on_lock, d, &d->lock, &d->err));
}

void driver_expect(store_driver *d, const kube_store_key *key, const char *text)
{
    assert_int_equal(driver_get(d, key), KUBE_OK);
    assert_string_equal(kube_blob_str(d->entry.bytes).data, text);
    assert_int_equal(kube_blob_str(d->entry.bytes).len, strlen(text));
}
