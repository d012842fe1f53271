#pragma once

#include "build/slots.h"

namespace trajectory::build {

/// Finds for every call what it continues: fills contexts, answers, parents and lanes (calls linked by evidence).
/// Evidence, best first: an explicit response id; an earlier call's whole sequence as a prefix; a window, compaction or
/// branch of one (see `align`); the very input of an earlier call of the same trace, asked again.
void link_calls(Work& work);

}  // namespace trajectory::build
