#pragma once

#include <string>

#include "json/value.h"

namespace trajectory::record {

/// Appends a value in the contract's canonical form, as Python would load and hash it: members that are null or named
/// `idx` left out at every level (a null in a list stays), keys sorted by code point, the last of a repeated key, no
/// white space, non-ASCII kept, numbers and escapes as `json.dumps` writes them. Whole numbers that Python refuses to
/// load for their length stand as texts. The value must be open to its ground (`json::Value::whole`).
void append_contract_canonical(std::string& out, const json::Value& value);

}  // namespace trajectory::record
