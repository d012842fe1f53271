#pragma once

#include "build/slots.h"

namespace trajectory::build {

/// Joins lanes that broke because a client replaced the whole context in the middle of a turn (a compaction that keeps
/// nothing): behind tools that ran for a call which none continues, a call under the same instructions that continues
/// none. Joins the steps of an agent, too, that writes them on into its prompt. To be called when all calls are linked.
void join_replaced_contexts(Work& work);

}  // namespace trajectory::build
