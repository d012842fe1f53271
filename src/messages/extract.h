#pragma once

#include <memory>
#include <string>
#include <vector>

#include "messages/census.h"
#include "messages/facts.h"
#include "model/problem.h"
#include "model/run.h"

namespace trajectory::messages {

struct ExtractOptions {
  /// Metadata keys that may hold the conversation's id, best first.
  std::vector<std::string> thread_keys = {"conversation_id", "thread_id", "session_id"};
};

/// Reads the payloads of runs, one at a time. Not thread-safe: one per worker; all workers share the tables.
class Extractor {
 public:
  Extractor(Tables& tables, ExtractOptions options);
  ~Extractor();
  Extractor(Extractor&&) noexcept;

  /// Everything later stages need of the run. Never fails: what cannot be read becomes a problem, the rest is kept.
  [[nodiscard]] RunFacts extract(const model::Run& run);

  /// Only what places the run: ids, times, parents, thread keys. The payload is not looked at.
  [[nodiscard]] RunFacts extract_structure(const model::Run& run);

  /// What was counted so far over all extracted runs.
  [[nodiscard]] const Census& census() const;
  /// Problems met since the last call; the caller takes them. `place` is the run id.
  [[nodiscard]] std::vector<model::Problem> take_problems();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trajectory::messages
