#include "messages/tables.h"

#include <array>
#include <cstring>
#include <memory>
#include <mutex>
#include <tsl/robin_map.h>

#include "base/arena.h"
#include "base/stable_list.h"
#include "base/threads.h"
#include "json/value.h"
#include "json/write.h"
#include "messages/draft.h"

namespace trajectory::messages {

namespace {

/// So many locks, so that threads rarely wait for one another.
constexpr std::size_t k_shards = 32;

/// Look-ups were a tenth of an import with `std::unordered_map`.
template <class Key, class Hasher>
using IndexMap = tsl::robin_map<Key, std::uint32_t, Hasher, std::equal_to<Key>,
                                std::allocator<std::pair<Key, std::uint32_t>>, /*StoreHash=*/true>;

struct TextHasher {
  std::size_t operator()(std::string_view text) const noexcept { return base::hash64(text); }
};

}  // namespace

struct TextTable::Shards {
  struct Shard {
    mutable std::mutex mutex;
    IndexMap<std::string_view, TextHasher> ids;
    base::StableList<std::string_view> texts;
    base::Arena arena;  ///< what the views show
    std::size_t bytes = 0;
  };
  std::array<Shard, k_shards> all;
};

struct MessageTable::Shards {
  struct Messages {
    mutable std::mutex mutex;
    IndexMap<base::Hash128, base::Hash128Hasher> ids;
    base::StableList<MessageEntry> entries;
    std::size_t bytes = 0;
  };
  struct Elements {
    mutable std::mutex mutex;
    IndexMap<base::Hash128, base::Hash128Hasher> places;
    base::StableList<Element> elements;
  };
  std::array<Messages, k_shards> messages;
  std::array<Elements, k_shards> raw;
};

TextTable::TextTable() : shards_(std::make_unique<Shards>()) {}
TextTable::~TextTable() = default;
MessageTable::MessageTable() : shards_(std::make_unique<Shards>()) {}
MessageTable::~MessageTable() = default;

TextId TextTable::add(std::string_view text) {
  if (text.empty()) return 0;
  const std::uint64_t hash = base::hash64(text);
  const std::size_t at = (hash >> 32) % k_shards;  // the table in the shard goes by the lower bits
  Shards::Shard& shard = shards_->all[at];
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.ids.find(text, hash);
  std::uint32_t index = 0;
  if (found != shard.ids.end()) {
    index = found->second;
  } else {
    index = static_cast<std::uint32_t>(shard.texts.size());
    char* kept = shard.arena.allocate(text.size());
    std::memcpy(kept, text.data(), text.size());
    shard.ids.emplace(shard.texts.emplace_back(kept, text.size()), index);
    shard.bytes += text.size() + 120;
  }
  return static_cast<TextId>(index * k_shards + at + 1);
}

std::string_view TextTable::get(TextId id) const {
  if (id == 0) return {};
  return shards_->all[(id - 1) % k_shards].texts[(id - 1) / k_shards];
}

std::size_t TextTable::bytes() const {
  std::size_t total = 0;
  for (const Shards::Shard& shard : shards_->all) {
    const std::lock_guard lock(shard.mutex);
    total += shard.bytes;
  }
  return total;
}

const Element* MessageTable::find(base::Hash128 raw) const {
  const Shards::Elements& shard = shards_->raw[raw.high % k_shards];
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.places.find(raw);
  return found == shard.places.end() ? nullptr : &shard.elements[found->second];
}

std::pair<const Element*, bool> MessageTable::remember(base::Hash128 raw, Element element) {
  Shards::Elements& shard = shards_->raw[raw.high % k_shards];
  const std::lock_guard lock(shard.mutex);
  const auto [place, added] = shard.places.try_emplace(raw, static_cast<std::uint32_t>(shard.elements.size()));
  if (added) shard.elements.emplace_back(std::move(element));
  return {&shard.elements[place->second], added};
}

namespace {

/// Every field of a message, so that only equal messages share an entry.
base::Hash128 full_hash(const model::Message& m) {
  base::Hash128 hash{static_cast<std::uint64_t>(m.role), m.tool_calls.size()};
  const auto field = [&](std::string_view text) { hash = base::combine(hash, base::hash128(text)); };
  for (const std::string* text :
       {&m.original_role, &m.content, &m.parts, &m.tool_call_id, &m.name, &m.reasoning, &m.error})
    field(*text);
  for (const model::ToolCall& call : m.tool_calls)
    for (const std::string* text : {&call.id, &call.name, &call.arguments}) field(*text);
  return hash;
}

void append_without_space(std::string& out, std::string_view text) {
  const std::size_t before = out.size();
  out.resize(before + text.size());
  char* to = out.data() + before;
  for (const char c : text) {
    *to = c;
    to += c != ' ' && c != '\n' && c != '\t' && c != '\r' ? 1 : 0;
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
}

/// Returns whether the arguments are a JSON object.
bool append_arguments_identity(std::string& out, std::string_view arguments) {
  json::Parser parser;
  const auto value = parser.parse(arguments);
  const bool is_object = value && (*value)->is_object();
  if (is_object) json::append_canonical(out, **value);
  else append_without_space(out, arguments);
  return is_object;
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
  const char role = static_cast<char>('0' + static_cast<int>(m.role));
  std::string bytes(1, role);
  bytes.reserve(m.content.size() + m.parts.size() + 200);
  append_without_space(bytes, m.content);
  entry.text_hash = base::hash64(std::string_view(bytes).substr(1));

  std::string calls;
  for (const model::ToolCall& call : m.tool_calls) {
    calls.push_back('\n');
    calls.append(call.name).push_back('\t');
    if (!append_arguments_identity(calls, call.arguments)) entry.calls_are_broken = true;
  }
  bytes.push_back('\n');
  if (!m.parts.empty()) append_without_space(bytes, known_parts(m.parts));
  entry.identity = base::hash128(bytes.append(calls));

  bytes.assign(1, role).append(m.content).push_back('\n');
  entry.form = base::hash128(bytes.append(m.parts).append(calls));
  entry.message = std::move(message);
  return entry;
}

MessageId MessageTable::add(model::Message message) {
  const base::Hash128 key = full_hash(message);
  const std::size_t at = key.high % k_shards;
  Shards::Messages& shard = shards_->messages[at];
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
    shard.entries.emplace_back(std::move(entry));
  }
  return static_cast<MessageId>(place->second * k_shards + at);
}

const MessageEntry& MessageTable::get(MessageId id) const {
  return shards_->messages[id % k_shards].entries[id / k_shards];
}

std::size_t MessageTable::bytes() const {
  std::size_t total = 0;
  for (const Shards::Messages& shard : shards_->messages) {
    const std::lock_guard lock(shard.mutex);
    total += shard.bytes;
  }
  return total;
}

void Tables::clear(unsigned threads) {
  const base::Status cleared = base::parallel_for(threads, k_shards, [&](std::size_t shard, unsigned) {
    std::destroy_at(&texts.shards_->all[shard]);
    std::construct_at(&texts.shards_->all[shard]);
    std::destroy_at(&messages.shards_->messages[shard]);
    std::construct_at(&messages.shards_->messages[shard]);
    std::destroy_at(&messages.shards_->raw[shard]);
    std::construct_at(&messages.shards_->raw[shard]);
    return base::Status();
  });
  static_cast<void>(cleared);  // nothing can fail
}

}  // namespace trajectory::messages
