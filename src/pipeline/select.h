#pragma once

#include <map>
#include <string>
#include <vector>

#include "build/build.h"
#include "pipeline/import.h"
#include "pipeline/plan.h"

namespace trajectory::pipeline {

/// Drops the traces and conversations that a selection leaves out, and counts their runs by rule:
/// other_project, trace_outside_window, conversation_not_selected, beyond_limit. They are whole, or planned.
template <class Conversation>
[[nodiscard]] std::vector<Conversation> select(std::vector<Conversation> conversations, const Selection& selection,
                                               std::map<std::string, std::uint64_t>& set_aside);
extern template std::vector<build::Conversation> select(std::vector<build::Conversation>, const Selection&,
                                                        std::map<std::string, std::uint64_t>&);
extern template std::vector<PlannedConversation> select(std::vector<PlannedConversation>, const Selection&,
                                                        std::map<std::string, std::uint64_t>&);

/// Errors: k_usage when no moment is in the window.
[[nodiscard]] base::Status check_window(const Selection& selection);

/// The conversations that a selection names and the source lacks, as problems. Errors: k_not_found when it lacks all of
/// them, or the project.
template <class Conversation>
[[nodiscard]] base::Result<std::vector<model::Problem>> not_found(const std::vector<Conversation>& conversations,
                                                                  const Selection& selection);
extern template base::Result<std::vector<model::Problem>> not_found(const std::vector<build::Conversation>&,
                                                                    const Selection&);
extern template base::Result<std::vector<model::Problem>> not_found(const std::vector<PlannedConversation>&,
                                                                    const Selection&);

}  // namespace trajectory::pipeline
