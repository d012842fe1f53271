#pragma once

#include <vector>

#include "messages/facts.h"

namespace trajectory::build {

/// Tells tool runs from chains in exports without run types: a tool's run has the name of a tool that a model run of
/// the trace offers or calls. Other chains lose what was kept in case they were tools.
void find_tool_runs(std::vector<messages::RunFacts>& runs, const messages::Tables& tables);

}  // namespace trajectory::build
