#include "messages/tables.h"

#include <cstring>

#include "json/value.h"
#include "json/write.h"
#include "messages/draft.h"

namespace trajectory::messages {

TextId TextTable::add(std::string_view text) {
  if (text.empty()) return 0;
  const std::size_t at = base::hash64(text) % k_shards;
  Shard& shard = shards_[at];
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.ids.find(text);
  std::uint32_t index = 0;
  if (found != shard.ids.end()) {
    index = found->second;
  } else {
    index = static_cast<std::uint32_t>(shard.texts.size());
    char* kept = shard.arena.allocate(text.size());
    std::memcpy(kept, text.data(), text.size());
    shard.texts.emplace_back(kept, text.size());
    shard.ids.emplace(shard.texts.back(), index);
    shard.bytes += text.size() + 120;
  }
  return static_cast<TextId>(index * k_shards + at + 1);
}

std::string_view TextTable::get(TextId id) const {
  if (id == 0) return {};
  const Shard& shard = shards_[(id - 1) % k_shards];
  const std::lock_guard lock(shard.mutex);
  return shard.texts[(id - 1) / k_shards];
}

std::size_t TextTable::bytes() const {
  std::size_t total = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    total += shard.bytes;
  }
  return total;
}

const Element* MessageTable::find(base::Hash128 raw) const {
  const RawShard& shard = raw_[raw.high % k_shards];
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.elements.find(raw);
  return found == shard.elements.end() ? nullptr : &found->second;
}

std::pair<const Element*, bool> MessageTable::remember(base::Hash128 raw, Element element) {
  RawShard& shard = raw_[raw.high % k_shards];
  const std::lock_guard lock(shard.mutex);
  const auto [place, added] = shard.elements.try_emplace(raw, std::move(element));
  return {&place->second, added};
}

namespace {

/// Every field of a message, so that only equal messages share an entry.
base::Hash128 full_hash(const model::Message& m) {
  std::string bytes;
  const auto field = [&](std::string_view text) {
    bytes.append(std::to_string(text.size())).push_back(':');
    bytes.append(text);
  };
  bytes.push_back(static_cast<char>('0' + static_cast<int>(m.role)));
  field(m.original_role);
  field(m.content);
  field(m.parts);
  for (const model::ToolCall& call : m.tool_calls) {
    field(call.id);
    field(call.name);
    field(call.arguments);
  }
  bytes.push_back('|');
  field(m.tool_call_id);
  field(m.name);
  field(m.reasoning);
  field(m.error);
  return base::hash128(bytes);
}

void append_without_space(std::string& out, std::string_view text) {
  for (const char c : text)
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') out.push_back(c);
}

void append_arguments_identity(std::string& out, std::string_view arguments) {
  json::Parser parser;
  const auto value = parser.parse(arguments);
  if (value && (*value)->is_object()) json::append_canonical(out, **value);
  else append_without_space(out, arguments);
}

}  // namespace

std::uint64_t text_identity(std::string_view text) {
  std::string bytes;
  append_without_space(bytes, text);
  return base::hash64(bytes);
}

MessageEntry make_entry(model::Message message) {
  MessageEntry entry;
  const model::Message& m = message;
  std::string bytes;
  append_without_space(bytes, m.content);
  entry.text_hash = base::hash64(bytes);

  std::string calls;
  for (const model::ToolCall& call : m.tool_calls) {
    calls.push_back('\n');
    calls.append(call.name).push_back('\t');
    append_arguments_identity(calls, call.arguments);
  }
  const char role = static_cast<char>('0' + static_cast<int>(m.role));
  bytes.insert(bytes.begin(), role);
  bytes.push_back('\n');
  append_without_space(bytes, known_parts(m.parts));
  entry.identity = base::hash128(bytes + calls);

  std::string form(1, role);
  form.append(m.content).push_back('\n');
  form.append(m.parts);
  entry.form = base::hash128(form + calls);
  entry.message = std::move(message);
  return entry;
}

MessageId MessageTable::add(model::Message message) {
  const base::Hash128 key = full_hash(message);
  const std::size_t at = key.high % k_shards;
  Shard& shard = shards_[at];
  {
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.ids.find(key);
    if (found != shard.ids.end()) return static_cast<MessageId>(found->second * k_shards + at);
  }
  MessageEntry entry = make_entry(std::move(message));
  const std::lock_guard lock(shard.mutex);
  const auto [place, added] = shard.ids.emplace(key, static_cast<std::uint32_t>(shard.entries.size()));
  if (added) {
    const model::Message& m = entry.message;
    shard.bytes +=
        sizeof(MessageEntry) + m.content.size() + m.parts.size() + m.reasoning.size() + 64 * m.tool_calls.size() + 160;
    for (const model::ToolCall& call : m.tool_calls) shard.bytes += call.arguments.size();
    shard.entries.push_back(std::move(entry));
  }
  return static_cast<MessageId>(place->second * k_shards + at);
}

const MessageEntry& MessageTable::get(MessageId id) const {
  const Shard& shard = shards_[id % k_shards];
  const std::lock_guard lock(shard.mutex);
  return shard.entries[id / k_shards];
}

std::size_t MessageTable::bytes() const {
  std::size_t total = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    total += shard.bytes;
  }
  return total;
}

}  // namespace trajectory::messages
