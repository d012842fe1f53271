#include "platform/client/batch.h"

#include <algorithm>

#include "json/value.h"
#include "json/write.h"
#include "record/contract.h"
#include "record/record_json.h"
#include "record/steps.h"

namespace trajectory::platform::client {

namespace {

/// Native records hold each message once; our server takes bodies of up to 8 MiB without a queue.
constexpr std::uint64_t k_native_bytes = 7 << 20;

std::string head_of(const std::string& dataset) {
  return "{\"dataset\":" + json::quoted(dataset) + ",\"trajectories\":[";
}

base::Status copy(const Spool& from, Spool& to) {
  std::string buffer(64 << 10, '\0');
  for (std::uint64_t at = 0; at < from.size();) {
    auto count = from.read(at, buffer);
    if (!count) return std::move(count).error();
    TJ_TRY(to.append(std::string_view(buffer).substr(0, *count)));
    at += *count;
  }
  return {};
}

}  // namespace

Body Batch::body(const std::string& dataset) const {
  Body out;
  if (!native) out.add(head_of(dataset));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i > 0) out.add(native ? "\n" : ",");
    out.add(text, entries[i].offset, entries[i].size);
  }
  out.add(native ? "\n" : "]}");
  return out;
}

bool has_no_steps(const Item& item) {
  const model::Trajectory& trajectory = item.trajectory;
  if (trajectory.contract.empty()) {
    const auto steps = record::derive_steps(trajectory.main);
    return steps.empty() || steps.back().ranges.empty();
  }
  json::Parser parser;
  const auto parsed = parser.parse(trajectory.contract, 5);
  if (!parsed) return false;  // whoever reads it next says what is wrong
  const auto steps = (**parsed)["steps"].items();
  if (steps.empty()) return true;
  const auto ranges = steps.back()["messages"].items();
  return std::all_of(ranges.begin(), ranges.end(),
                     [](const json::Value& range) { return range[0].integer() == range[1].integer(); });
}

Batches::Batches(const Source& source, const Abilities& abilities, const std::string& dataset, std::string scratch)
    : source_(source), abilities_(abilities), scratch_(std::move(scratch)) {
  const std::uint64_t around = head_of(dataset).size() + 2;
  room_ = abilities.body_bytes > around ? abilities.body_bytes - around : 0;
}

base::Result<std::optional<Batches::Rendered>> Batches::render(std::uint64_t place) {
  auto item = source_.read(place);
  if (!item) return std::move(item).error();
  if (has_no_steps(*item)) {
    ++skipped_;
    return std::optional<Rendered>();
  }
  const model::Trajectory& trajectory = item->trajectory;
  Rendered out{{place, trajectory.conversation_id, {}, 0, 0}, goes_native(*item, abilities_), Spool(scratch_)};
  const auto named = [&](base::Error error) {
    return std::move(error).with("conversation " + trajectory.conversation_id);
  };
  const record::ContractForm form(trajectory);
  if (abilities_.known_hashes) {
    auto hash = form.upload_hash();
    if (!hash) return named(std::move(hash).error());
    out.entry.upload_hash = std::move(*hash);
  }
  base::Status written;
  if (out.native) {
    std::string text;
    record::append_record(text, trajectory);
    written = out.text.append(text);
  } else {
    Compactor compactor([&](std::string_view bytes) { return out.text.append(bytes); });
    written = form.write([&](std::string_view bytes) { return compactor.write(bytes); });
    if (written.ok()) written = compactor.finish();
  }
  if (!written.ok()) return named(std::move(written).error());
  out.entry.size = out.text.size();
  return std::optional<Rendered>(std::move(out));
}

base::Result<std::optional<Batch>> Batches::next() {
  const std::lock_guard lock(mutex_);
  Batch batch{false, {}, Spool(scratch_)};
  while (batch.entries.size() < abilities_.batch) {
    if (!waiting_) {
      if (place_ == source_.size) break;
      auto rendered = render(place_++);
      if (!rendered) return std::move(rendered).error();
      if (!*rendered) continue;
      waiting_ = std::move(*rendered);
    }
    const std::uint64_t room = waiting_->native ? std::min(room_, k_native_bytes) : room_;
    if (batch.entries.empty()) batch.native = waiting_->native;
    else if (waiting_->native != batch.native || batch.text.size() + batch.entries.size() + waiting_->entry.size > room)
      break;
    waiting_->entry.offset = batch.text.size();
    TJ_TRY(copy(waiting_->text, batch.text));
    batch.entries.push_back(std::move(waiting_->entry));
    waiting_.reset();
  }
  if (batch.entries.empty()) return std::optional<Batch>();
  return std::optional<Batch>(std::move(batch));
}

}  // namespace trajectory::platform::client
