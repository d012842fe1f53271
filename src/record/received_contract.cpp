#include "record/received_contract.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "base/hash.h"
#include "base/sha256.h"
#include "json/write.h"
#include "record/canonical.h"

namespace trajectory::record {

/// A SHA-256 that gathers small pieces.
class Digest {
 public:
  /// For short texts to be added by the caller.
  std::string& small() {
    if (waiting_.size() > k_gathered) flush();
    return waiting_;
  }
  void add(std::string_view bytes) {
    if (bytes.size() < k_large) {
      small().append(bytes);
      return;
    }
    flush();
    hash_.add(bytes);
  }
  std::string hex() {
    flush();
    return hash_.hex();
  }

 private:
  static constexpr std::size_t k_large = 4 << 10;
  static constexpr std::size_t k_gathered = 16 << 10;
  void flush() {
    hash_.add(waiting_);
    waiting_.clear();
  }
  base::Sha256 hash_;
  std::string waiting_;
};

namespace {

const json::Value k_absent;

base::Error bad(const std::string& what) { return {base::ErrorCode::k_bad_format, "not a trajectory: " + what}; }

/// Calls `write` for the members that count in canonical form, and for the one named `own` where it stands among them.
template <class Members, class Write, class WriteOwn>
void canonical_object(Digest& digest, const Members& members, std::string_view own, Write&& write,
                      WriteOwn&& write_own) {
  auto sorted = members;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  char before = '{';
  const auto open = [&](std::string_view name) {
    std::string& out = digest.small();
    out.push_back(before);
    before = ',';
    json::append_string(out, name, json::Escapes::k_none);
    out.push_back(':');
  };
  bool owed = true;
  for (const auto& member : sorted) {
    if (owed && own < member.name) {
      open(own);
      write_own();
      owed = false;
    }
    if (member.value->is_null() || member.name == "idx") continue;
    open(member.name);
    write(*member.value);
  }
  if (owed) {
    open(own);
    write_own();
  }
  digest.small().push_back('}');
}

void append_place(std::vector<model::Range>& ranges, std::uint32_t place) {
  if (!ranges.empty() && ranges.back().second == place) ++ranges.back().second;
  else ranges.emplace_back(place, place + 1);
}

/// Gives equal bytes one number. A step mostly repeats the step before it, place by place.
class Pool {
 public:
  /// The number of a message, and whether it is new.
  std::pair<std::uint32_t, bool> number(std::size_t at, std::string_view raw) {
    if (at >= latest_.size()) latest_.resize(at + 1);
    auto& [bytes, number] = latest_[at];
    if (bytes.size() == raw.size() && !raw.empty() && std::memcmp(bytes.data(), raw.data(), raw.size()) == 0)
      return {number, false};
    const auto [found, added] = numbers_.try_emplace(base::hash128(raw), static_cast<std::uint32_t>(numbers_.size()));
    bytes = raw;
    number = found->second;
    return {number, added};
  }

 private:
  std::vector<std::pair<std::string_view, std::uint32_t>> latest_;  ///< by place in a step
  std::unordered_map<base::Hash128, std::uint32_t, base::Hash128Hasher> numbers_;
};

}  // namespace

base::Status ReceivedContract::add_members(const json::Value& object, std::string_view without, json::Parser* parser,
                                           std::vector<Member>& out) {
  for (const json::Member& member : object.members()) {
    if (member.key == without) continue;
    const json::Value* value = &member.value;
    if (!value->whole() && parser != nullptr) {
      auto opened = parser->expand(*value, json::Parser::k_max_depth);
      if (!opened) return std::move(opened).error();
      value = *opened;
    }
    // As in Python, the last of a repeated key counts, at the first one's place.
    const auto known = std::find_if(out.begin(), out.end(), [&](const Member& m) { return m.name == member.key; });
    if (known != out.end()) known->value = value;
    else out.push_back({member.key, value});
  }
  return {};
}

base::Result<ReceivedContract> ReceivedContract::read(const json::Value& object, json::Parser& parser) {
  if (!object.is_object()) return bad("no object");
  const json::Value& steps = object["steps"];
  if (!steps.is_array()) return bad("its steps are no list");
  if (!object["task"].is_object()) return bad("its task is no object");
  if (object.has("messages")) return bad("messages stand in its steps, not beside them");
  ReceivedContract out;
  TJ_TRY(out.add_members(object, "steps", &parser, out.members_));
  Pool pool;
  for (const json::Value& step : steps.items()) {
    const std::string place = "steps[" + std::to_string(out.steps_.size()) + "]";
    if (!step["messages"].is_array()) return bad(place + ".messages is no list");
    Step& kept = out.steps_.emplace_back();
    TJ_TRY(out.add_members(step, "messages", &parser, kept.members));
    const auto messages = step["messages"].items();
    for (std::size_t at = 0; at < messages.size(); ++at) {
      if (!messages[at].is_object()) return bad(place + ".messages[" + std::to_string(at) + "] is no object");
      const auto [number, added] = pool.number(at, messages[at].raw());
      append_place(kept.places, number);
      if (!added) continue;
      const auto opened = parser.expand(messages[at], json::Parser::k_max_depth);
      if (!opened) return opened.error();
      out.messages_.push_back(*opened);
      append_contract_canonical(out.canonical_.emplace_back(), **opened);
    }
  }
  return out;
}

base::Result<ReceivedContract> ReceivedContract::read_kept(const json::Value& object) {
  if (!object["messages"].is_array() || !object["steps"].is_array()) return bad("no form that a record keeps");
  ReceivedContract out;
  for (const json::Value& message : object["messages"].items()) {
    out.messages_.push_back(&message);
    append_contract_canonical(out.canonical_.emplace_back(), message);
  }
  TJ_TRY(out.add_members(object, "steps", nullptr, out.members_));
  std::erase_if(out.members_, [](const Member& member) { return member.name == "messages"; });
  const auto size = static_cast<std::int64_t>(out.messages_.size());
  for (const json::Value& step : object["steps"].items()) {
    Step& kept = out.steps_.emplace_back();
    TJ_TRY(out.add_members(step, "messages", nullptr, kept.members));
    for (const json::Value& range : step["messages"].items()) {
      const std::int64_t from = range[0].integer(-1);
      const std::int64_t to = range[1].integer(-1);
      if (from < 0 || to < from || to > size) return bad("a step names no message");
      kept.places.emplace_back(static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to));
    }
  }
  return out;
}

void ReceivedContract::hash_steps(Digest& digest) const {
  const auto write = [&](const json::Value& value) { append_contract_canonical(digest.small(), value); };
  char before = '[';
  for (const Step& step : steps_) {
    digest.small().push_back(before);
    before = ',';
    canonical_object(digest, step.members, "messages", write, [&] {
      char between = '[';
      for (const auto& [from, to] : step.places)
        for (std::uint32_t place = from; place < to; ++place) {
          digest.small().push_back(between);
          between = ',';
          digest.add(canonical_[place]);
        }
      digest.small().append(between == '[' ? "[]" : "]");
    });
  }
  digest.small().append(before == '[' ? "[]" : "]");
}

std::string ReceivedContract::upload_hash() const {
  std::vector<Member> counted;
  for (const Member& member : members_)
    if (member.name != "telemetry") counted.push_back(member);
  Digest digest;
  canonical_object(
      digest, counted, "steps", [&](const json::Value& value) { append_contract_canonical(digest.small(), value); },
      [&] { hash_steps(digest); });
  return digest.hex();
}

std::string ReceivedContract::kept() const {
  std::string out = "{\"messages\":";
  char before = '[';
  for (const json::Value* message : messages_) {
    out.push_back(before);
    out.append(message->raw());
    before = ',';
  }
  out.append(before == '[' ? "[]" : "]");
  const auto add = [&](const Member& member) {
    json::append_string(out, member.name);
    out.append(":").append(member.value->raw());
  };
  bool stands = false;  // a trajectory begins with its task, then come the steps
  const auto add_steps = [&] {
    if (stands) return;
    stands = true;
    out.append(",\"steps\":");
    char step_before = '[';
    for (const Step& step : steps_) {
      out.push_back(step_before);
      step_before = ',';
      out.append("{\"messages\":[");
      for (std::size_t i = 0; i < step.places.size(); ++i)
        out.append(i > 0 ? ",[" : "[")
            .append(std::to_string(step.places[i].first))
            .append(",")
            .append(std::to_string(step.places[i].second))
            .append("]");
      out.push_back(']');
      for (const Member& member : step.members) {
        out.push_back(',');
        add(member);
      }
      out.push_back('}');
    }
    out.append(step_before == '[' ? "[]" : "]");
  };
  for (const Member& member : members_) {
    if (member.name != "task") add_steps();
    out.push_back(',');
    add(member);
  }
  add_steps();
  return out + "}";
}

const json::Value& ReceivedContract::operator[](std::string_view name) const {
  for (const Member& member : members_)
    if (member.name == name) return *member.value;
  return k_absent;
}

}  // namespace trajectory::record
