#pragma once

#include <string>

namespace trajectory::record {

/// The first entry of a folder, by name, that no writer of this layer and no import leaves there; empty when all are
/// ours. Tells apart by names and first bytes: `manifest.json`, `report.json`, `train-NNNNN.parquet`,
/// `trajectories.jsonl`, files of the contract's form, import reports, and folders of the formats' names with the same.
[[nodiscard]] std::string foreign_entry(const std::string& folder);

/// Whether the file is in the contract's form, which is written and not read back.
[[nodiscard]] bool is_contract_file(const std::string& path);

}  // namespace trajectory::record
