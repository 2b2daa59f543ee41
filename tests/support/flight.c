#include "flight.h"

kube_io *flight_io(const kube_clock *clock)
{
    kube_io_options o = KUBE_IO_OPTIONS_INIT;
    kube_io *io = NULL;

    o.clock = clock;
    assert_int_equal(kube_io_new(&o, &io, NULL), KUBE_OK);
    return io;
}

void flight_start(kube_discovery *d, kube_io *io, const char *group_version, const kube_call_options *opts, outcome *o)
{
    kube_discovery_want want = group_version != NULL ? KUBE_DISCOVERY_WANT_GROUP_VERSION : KUBE_DISCOVERY_WANT_ALL;

    *o = (outcome){ .calls = 0 };
    assert_int_equal(kube_discovery_fetch_start(d, io, want, group_version, opts, on_fetched, o, NULL), KUBE_PENDING);
}

void flight_turn(kube_io *io)
{
    kube_status st = kube_io_step(io, 10);

    assert_true(st == KUBE_OK || st == KUBE_PENDING);
}

void flight_run_until(kube_io *io, const outcome *o)
{
    while (o->calls == 0)
        assert_int_equal(kube_io_run(io, 1000), KUBE_OK);
}

void flight_run_until_asked(kube_io *io, fake_discovery *fake)
{
    fake->held = true;
    for (int i = 0; i < 1000 && fake->task == NULL; i++)
        flight_turn(io);
    assert_non_null(fake->task);
}

void flight_release(fake_discovery *fake)
{
    fake->held = false;
    fake_discovery_release(fake);
}

void flight_expect_all(outcome *o, const char *lists)
{
    kube_api_resource_lists *answered = NULL;

    assert_int_equal(o->calls, 1);
    assert_int_equal(o->status, KUBE_OK);
    assert_int_equal(kube_discovery_snapshot_groups_and_resources(o->snapshot, NULL, &answered, NULL), KUBE_OK);
    assert_string_equal(lists_text(answered), lists);
    kube_api_resource_lists_unref(answered);
    outcome_clear(o);
}
