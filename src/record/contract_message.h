#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
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

/// Renders the messages of a line. The line's trajectory must outlive it. Not thread-safe.
class MessageRenderer {
 public:
  MessageRenderer(Line line, const std::vector<std::string>& tool_definitions);

  /// The message at a place, in another form where a variant is given.
  [[nodiscard]] RenderedMessage render(std::uint32_t place, const model::Variant* variant);

 private:
  Tree parse(std::string_view json_text);
  Tree arguments(const std::string& text);
  Tree definition_tree(const std::string& text);
  Tree message_tree(std::uint32_t place, const model::Variant* variant);
  Tree metadata(const model::TranscriptMessage& message, const model::Message& form, const model::ModelCall* call);
  Tree tool_response(std::uint32_t place, const model::Message& message);
  [[nodiscard]] const model::ToolCall* call_of(std::uint32_t place) const;

  Line line_;
  std::vector<const model::ModelCall*> answered_by_;
  std::set<std::uint32_t> shows_tools_;  ///< answers at which other tools are offered than before
  std::vector<Tree> definitions_;
  json::Parser parser_;
};

}  // namespace trajectory::record
