#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "record/contract_message.h"
#include "record/steps.h"

namespace trajectory::record {

/// The messages of steps as text. Every message is rendered once, however many steps show it, and those of the
/// transcript lie behind one another as they do in a step: a step is one piece, or a few. Not thread-safe.
class StepText {
 public:
  /// `messages` is how many there are in the line of the renderer, which must outlive this.
  StepText(MessageRenderer& renderer, std::size_t messages);

  using Pieces = std::vector<std::string_view>;  ///< to be written one behind the other

  /// What follows the bracket that opens a step's list of messages, up to its last message, as `json.dumps(...,
  /// indent=2)` writes it. Valid as long as this.
  [[nodiscard]] Pieces indented(const Step& step) { return pieces(step, &Forms::indented); }
  /// The same in the canonical form.
  [[nodiscard]] Pieces canonical(const Step& step) { return pieces(step, &Forms::canonical); }

 private:
  /// Messages behind one another, each with a comma before it.
  struct Joined {
    std::string text;
    std::vector<std::size_t> ends{0};

    void add(std::string_view between, std::string_view message) {
      ends.push_back(text.append(between).append(message).size());
    }
    [[nodiscard]] std::string_view messages(std::uint32_t from, std::uint32_t to) const {
      return std::string_view(text).substr(ends[from], ends[to] - ends[from]);
    }
  };
  struct Forms {
    Joined indented;
    Joined canonical;
    void add(const RenderedMessage& message);
  };

  Pieces pieces(const Step& step, Joined Forms::* form);
  const Forms& other_form(std::uint32_t place, const model::Variant& variant);

  MessageRenderer& renderer_;
  Forms transcript_;
  std::map<const model::Variant*, Forms> others_;
};

}  // namespace trajectory::record
