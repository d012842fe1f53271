#pragma once

#include "fuzz/memory_file.h"
#include "json/value.h"
#include "record/contract.h"
#include "record/record_json.h"
#include "record/tables.h"

namespace trajectory::fuzz {

/// What holds for every record, wherever it came from: it reads back as it was written, the contract's file is as large
/// as was computed before, and every form of it can be made.
inline void check_record(const model::Trajectory& trajectory) {
  static const MemoryFile file;
  std::string text;
  record::append_record(text, trajectory);
  json::Parser parser;
  const auto parsed = parser.parse(text, json::Parser::k_record_depth);
  demand(parsed.ok());
  const auto again = record::read_record(**parsed);
  demand(again.ok());
  std::string same;
  record::append_record(same, *again);
  demand(same == text);

  const record::ContractForm form(trajectory);
  if (const std::uint64_t size = form.size(); size < (1 << 20)) {
    auto out = base::OutputFile::create(file.path());
    demand(out.ok());
    demand(form.write(*out).ok() && out->close().ok());
    demand(file.size() == size);
  }
  (void)form.delta();
  (void)record::contract_lines(trajectory);
}

}  // namespace trajectory::fuzz
