#pragma once

#include "cli/command.h"
#include "model/trajectory.h"

namespace trajectory::cli {

/// Prints a conversation: roles, calls with arguments, results and errors, reasoning dimmed; changes of what the model
/// saw as seams; sub-agents indented below their call; alternatives and helpers at the end.
void print_trajectory(const model::Trajectory& trajectory, Terminal& terminal);

}  // namespace trajectory::cli
