#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "model/trajectory.h"

namespace trajectory::record {

/// A trajectory in the contract's form as somebody sent it: its steps repeat messages, here each stands once. Equal
/// bytes are parsed and rendered once however many steps show them. Views into the parser's values, which must live as
/// long. Not thread-safe.
class ReceivedContract {
 public:
  /// How deep a trajectory's own text is best opened: the messages of its steps are not.
  static constexpr int k_depth = 4;

  /// `object` is a trajectory, opened at least `k_depth` levels. Errors: k_bad_format naming the place (no object,
  /// steps or messages that are no lists of objects, a member `messages` beside `steps`, JSON that is broken deeper
  /// down).
  [[nodiscard]] static base::Result<ReceivedContract> read(const json::Value& object, json::Parser& parser);

  /// The same of a contract's form that a record keeps (`model::Trajectory::contract`), each message once already.
  /// `object` is open to its ground.
  [[nodiscard]] static base::Result<ReceivedContract> read_kept(const json::Value& object);

  /// SHA-256 (hex) of the canonical JSON of the whole tree without `telemetry`, `idx` and nulls: the identity of the
  /// content of an upload.
  [[nodiscard]] std::string upload_hash() const;

  /// The form that a record keeps: `messages`, and steps whose `messages` are half-open ranges over them. Texts and
  /// numbers stand as they were sent.
  [[nodiscard]] std::string kept() const;

  /// The trajectory's member; a null value where it has none. Open to its ground.
  [[nodiscard]] const json::Value& operator[](std::string_view name) const;
  /// Distinct messages in order of their first appearance, open to their ground.
  [[nodiscard]] const std::vector<const json::Value*>& messages() const { return messages_; }
  [[nodiscard]] std::size_t steps() const { return steps_.size(); }
  /// The places of a step's messages in `messages()`.
  [[nodiscard]] std::vector<std::uint32_t> step(std::size_t index) const {
    return model::places_in(steps_[index].places);
  }

 private:
  struct Member {
    std::string_view name;
    const json::Value* value;
  };
  struct Step {
    std::vector<Member> members;  ///< but its messages
    std::vector<model::Range> places;
  };

  base::Status add_members(const json::Value& object, std::string_view without, json::Parser* parser,
                           std::vector<Member>& out);
  void hash_steps(class Digest& digest) const;

  std::vector<Member> members_;  ///< but its steps and, of a kept form, its messages
  std::vector<Step> steps_;
  std::vector<const json::Value*> messages_;
  std::vector<std::string> canonical_;  ///< of each message
};

}  // namespace trajectory::record
