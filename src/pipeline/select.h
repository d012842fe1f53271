#pragma once

#include <map>
#include <string>
#include <vector>

#include "build/build.h"
#include "pipeline/import.h"

namespace trajectory::pipeline {

/// Drops the traces and conversations that a selection leaves out, and counts their runs by rule:
/// other_project, trace_outside_window, conversation_not_selected, beyond_limit.
[[nodiscard]] std::vector<build::Conversation> select(std::vector<build::Conversation> conversations,
                                                      const Selection& selection,
                                                      std::map<std::string, std::uint64_t>& set_aside);

/// What a selection names and no conversation of the source has: project_not_found, conversation_not_found.
[[nodiscard]] std::vector<model::Problem> not_found(const std::vector<build::Conversation>& conversations,
                                                    const Selection& selection);

}  // namespace trajectory::pipeline
