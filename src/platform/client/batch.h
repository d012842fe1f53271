#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "platform/client/body.h"
#include "platform/client/service.h"
#include "platform/client/source.h"
#include "platform/client/spool.h"

namespace trajectory::platform::client {

/// One trajectory of a batch.
struct Entry {
  std::uint64_t place = 0;  ///< in the source
  std::string conversation_id;
  std::string upload_hash;   ///< empty where the service does not ask for it
  std::uint64_t offset = 0;  ///< of its text in the batch
  std::uint64_t size = 0;
};

/// Trajectories that go together: native records, or the contract's form.
struct Batch {
  bool native = false;
  std::vector<Entry> entries;
  Spool text;

  /// The body of an upload of these entries.
  [[nodiscard]] Body body(const std::string& dataset) const;
};

/// Cuts a source into batches. May be asked from several threads.
class Batches {
 public:
  Batches(const Source& source, const Abilities& abilities, const std::string& dataset, std::string scratch);

  /// The next batch; none at the end. Errors: the source's, k_io.
  [[nodiscard]] base::Result<std::optional<Batch>> next();
  /// Trajectories without a step that holds something, so far.
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }

 private:
  struct Rendered {
    Entry entry;
    bool native = false;
    Spool text;
  };
  [[nodiscard]] base::Result<std::optional<Rendered>> render(std::uint64_t place);

  const Source& source_;
  const Abilities& abilities_;
  std::string scratch_;
  std::uint64_t room_ = 0;  ///< bytes of the texts of a batch
  std::mutex mutex_;
  std::uint64_t place_ = 0;
  std::uint64_t skipped_ = 0;
  std::optional<Rendered> waiting_;  ///< had no room in the batch before
};

/// Whether there is nothing to learn from it: no step, or a last step without messages.
[[nodiscard]] bool has_no_steps(const Item& item);

/// Whether an item goes as a native record.
[[nodiscard]] inline bool goes_native(const Item& item, const Abilities& abilities) {
  return abilities.native_records && item.has_record;
}

}  // namespace trajectory::platform::client
