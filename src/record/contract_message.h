#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/value.h"
#include "model/trajectory.h"
#include "record/tables.h"
#include "record/tree.h"

namespace trajectory::record {

/// A message of the contract's form in both renderings.
struct RenderedMessage {
  std::string indented;   ///< as `json.dumps(..., indent=2)` writes it inside a step
  std::string canonical;  ///< as it is hashed
};

/// Renders the messages of a line, each of its forms once however many steps show it. The line's trajectory must
/// outlive it. Not thread-safe.
class MessageRenderer {
 public:
  MessageRenderer(Line line, const std::vector<std::string>& tool_definitions);

  /// The message at a place, in another form where a variant is given. Lives as long as the renderer.
  const RenderedMessage& render(std::uint32_t place, const model::Variant* variant);

 private:
  Tree parse(std::string_view json_text);
  Tree arguments(const std::string& text);
  Tree definition_tree(const std::string& text);
  Tree message_tree(std::uint32_t place, const model::Variant* variant);
  Tree metadata(const model::TranscriptMessage& message, const model::ModelCall* call);
  Tree tool_response(std::uint32_t place, const model::Message& message);
  [[nodiscard]] const model::ToolCall* call_of(std::uint32_t place) const;

  Line line_;
  std::vector<const model::ModelCall*> answered_by_;
  std::set<std::uint32_t> shows_tools_;  ///< answers at which other tools are offered than before
  std::vector<Tree> definitions_;
  std::map<std::pair<std::uint32_t, const model::Variant*>, RenderedMessage> rendered_;
  json::Parser parser_;
};

}  // namespace trajectory::record
