#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/output_folder.h"
#include "base/result.h"
#include "model/trajectory.h"

namespace trajectory::record {

/// The contract's form of a record: the task and cumulative steps that `tj.save` writes, as Python's
/// `json.dump(..., indent=2)` would. Every step repeats what was said before, so the text grows with the square of the
/// conversation; it is rendered message by message, never as a whole.
///
/// Steps are derived by `derive_steps`; a step that is not the plain beginning of the transcript names its ranges in
/// `info.context`. A tool message's text is in `tool_response.response` (and its error beside it), its `content` is
/// null. `tool_definitions` stand on the first answer of a call that was offered them and where they change.
class ContractForm {
 public:
  explicit ContractForm(const model::Trajectory& trajectory);
  ~ContractForm();

  /// Bytes that `write` will write; costs far less than writing.
  [[nodiscard]] std::uint64_t size() const;
  /// SHA-256 of the canonical JSON of task, steps, metrics and execution_metrics (nulls and `idx` left out, keys
  /// sorted).
  [[nodiscard]] const std::string& content_hash() const;
  /// What `upload_hash` says of the whole text: the identity of an upload. Errors: k_bad_format (a kept form is
  /// broken).
  [[nodiscard]] base::Result<std::string> upload_hash() const;
  [[nodiscard]] base::Status write(base::OutputFile& file) const;
  /// The same text, piece by piece. Errors: the sink's, k_bad_format (a kept form is broken).
  [[nodiscard]] base::Status write(const std::function<base::Status(std::string_view)>& sink) const;
  /// The same content as one JSON object that holds each message once: `messages` (the transcript, then other forms
  /// that steps show), and `steps` whose `messages` are half-open ranges over them.
  [[nodiscard]] std::string delta() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The messages of every line in the contract's form: a JSON object of lists, by `Line::id`. An alternative's list is
/// its own messages alone.
[[nodiscard]] std::string contract_lines(const model::Trajectory& trajectory);

}  // namespace trajectory::record
