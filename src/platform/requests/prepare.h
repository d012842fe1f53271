#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/value.h"
#include "model/trajectory.h"
#include "platform/catalog/catalog.h"
#include "record/received_contract.h"

namespace trajectory::platform::requests {

/// A trajectory of an upload, read and hashed, and the text that is stored of it.
struct Received {
  std::string upload_hash;
  catalog::Facts facts;
  std::string record;  ///< native, as JSON
};

/// Reads a trajectory in the contract's form, opened `record::ReceivedContract::k_depth` levels. Errors: k_bad_format.
[[nodiscard]] base::Result<Received> receive_contract(const json::Value& object, json::Parser& parser);

/// Reads a native record, one line. Errors: k_bad_format.
[[nodiscard]] base::Result<Received> receive_record(std::string_view line, json::Parser& parser);

}  // namespace trajectory::platform::requests
