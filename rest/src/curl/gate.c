#include "gate.h"

static uint32_t bound(const kube__gate *gate, uint32_t by_protocol)
{
    return gate->max_connections != 0 ? gate->max_connections : by_protocol;
}

static bool has_room(const kube__gate *gate)
{
    return gate->protocol == KUBE__GATE_HTTP2 &&
           gate->running < gate->connections * (uint32_t)KUBE__STREAMS_PER_CONNECTION;
}

/* What was known of the connections is forgotten when nothing runs: an idle one may have been closed meanwhile, and the
 * first transfer finds out for all. */
static kube__gate_answer decide(kube__gate *gate)
{
    if (gate->running == 0)
        return KUBE__GATE_OPEN;
    if (has_room(gate))
        return KUBE__GATE_GO;
    if (gate->opening)
        return KUBE__GATE_WAIT;
    if (gate->protocol == KUBE__GATE_UNKNOWN)
        return KUBE__GATE_OPEN;
    if (gate->protocol == KUBE__GATE_HTTP1)
        return gate->running < bound(gate, KUBE__MAX_CONNECTIONS_HTTP1) ? KUBE__GATE_GO : KUBE__GATE_WAIT;
    return kube__gate_may_stall(gate) && gate->stalled ? KUBE__GATE_OPEN : KUBE__GATE_WAIT;
}

bool kube__gate_may_stall(const kube__gate *gate)
{
    return gate->protocol == KUBE__GATE_HTTP2 && !gate->opening &&
           gate->connections < bound(gate, KUBE__MAX_CONNECTIONS_HTTP2);
}

kube__gate_answer kube__gate_admit(kube__gate *gate)
{
    kube__gate_answer answer = decide(gate);

    if (answer == KUBE__GATE_WAIT)
        return answer;
    gate->running++;
    gate->stalled = false;
    if (answer == KUBE__GATE_OPEN)
        gate->opening = true;
    return answer;
}

void kube__gate_connected(kube__gate *gate, bool http2)
{
    gate->opening = false;
    gate->protocol = http2 ? KUBE__GATE_HTTP2 : KUBE__GATE_HTTP1;
    gate->connections++;
}

void kube__gate_lost(kube__gate *gate)
{
    gate->connections = 0;
    gate->protocol = KUBE__GATE_UNKNOWN;
}

uint32_t kube__gate_bound(const kube__gate *gate)
{
    return bound(gate, gate->protocol == KUBE__GATE_HTTP2 ? KUBE__MAX_CONNECTIONS_HTTP2 : KUBE__MAX_CONNECTIONS_HTTP1);
}

void kube__gate_finished(kube__gate *gate, bool opener)
{
    gate->running--;
    if (opener)
        gate->opening = false;
    if (gate->running == 0)
        kube__gate_lost(gate);
}
