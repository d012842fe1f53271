#pragma once

#include <string_view>
#include <vector>

#include "base/hash.h"
#include "messages/facts.h"

namespace trajectory::build {

/// Something that the clock does not tell from its neighbours: a call, or a trace's calls together.
struct Tied {
  std::vector<base::Hash128> gave;  ///< identities of its answers
  std::vector<base::Hash128> saw;   ///< identities of the assistant messages in its inputs
  std::string_view clock;           ///< the start as dotted_order has it, at times finer than the column's
  model::Micros end = 0;
  std::size_t seen = 0;  ///< number of messages in its inputs, up to its own answer where a client recorded late
};

/// Adds what a run's calls gave and saw.
void add_calls(Tied& tied, const messages::RunFacts& run, const messages::Tables& tables);

/// The run's own start in its dotted_order, whose segments are a time and an id of 36 characters; empty without one.
[[nodiscard]] std::string_view start_in_dotted_order(std::string_view dotted_order);

/// The order in which tied things took place: what saw an answer comes after what gave it; where that leaves a choice,
/// the one that dotted_order has first, the one that ended first, then the one that saw less, then the order given.
/// Returns places in `tied`.
[[nodiscard]] std::vector<std::size_t> order_tied(const std::vector<Tied>& tied);

}  // namespace trajectory::build
