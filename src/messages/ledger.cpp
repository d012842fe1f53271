#include "messages/ledger.h"

#include <algorithm>
#include <functional>

namespace trajectory::messages {

using json::Value;

/// One walk over a payload.
struct Ledger::Walk {
  Ledger& ledger;
  HeldTexts& held;
  std::string_view where;
  unsigned levels;
  std::uint64_t& found;  ///< bytes of what is held
  bool count = true;     ///< false: what is held was counted elsewhere
  std::vector<Unknown> unknown = {};

  static unsigned levels_of(std::string_view where, unsigned otherwise) {
    if (where == "part") return k_part;
    if (where == "call") return k_call;
    return where == "message" || where == "item" || where == "metadata" ? otherwise | k_message : otherwise;
  }

  void value(const Value& v, std::string_view key, Note inherited, bool is_member) {
    if (const Note* own = ledger.note_of(v)) {
      const Note note = *own;
      if (note.fate == Fate::k_element) {
        if (!note.name.empty()) aside(note.name, v);
        return;
      }
      if (note.fate == Fate::k_replaced || note.fate == Fate::k_stream) {
        ledger.census_.total_bytes += text_bytes(*note.inside) - text_bytes(v);
        value(*note.inside, key, inherited, false);
        if (note.fate == Fate::k_stream) {
          Walk rest{ledger, held, where, levels, found, false};
          rest.children(v, key, {Fate::k_pieces, {}});
          unknown.insert(unknown.end(), rest.unknown.begin(), rest.unknown.end());
        }
        return;
      }
      // What a value was noted as as a whole holds for its inside; of two notes the outer one was the reader's last.
      if (inherited.fate == Fate::k_none || inherited.fate == Fate::k_leftover) inherited = note;
    }
    const std::string_view place = inherited.fate == Fate::k_leftover ? inherited.name : where;
    if (inherited.fate == Fate::k_aside) return aside(inherited.name, v);
    const bool by_key =
        inherited.fate == Fate::k_none || inherited.fate == Fate::k_leftover || inherited.fate == Fate::k_pieces;
    if (is_member && by_key && is_set_aside_key(key, levels_of(place, levels))) return aside(key, v);
    if (inherited.fate == Fate::k_leftover) return lost(place, key, v);
    if (v.is_string()) return leaf(v, key, inherited);
    children(v, key, inherited);
  }

  void children(const Value& v, std::string_view key, const Note& inherited) {
    for (const Value& item : v.items()) value(item, key, inherited, false);
    for (const json::Member& member : v.members()) value(member.value, member.key, inherited, true);
  }

  void leaf(const Value& v, std::string_view key, const Note& note) {
    if (v.text().empty()) return;
    const bool claimed = note.fate != Fate::k_none;
    if (claimed && held.has(v.text())) {
      if (!count) return;
      if (note.fate == Fate::k_repeated) ledger.census_.set_aside[std::string(note.name)].add(v.text().size());
      else found += v.text().size();
    } else if (claimed && is_set_aside_key(key, k_anywhere)) {
      aside(key, v);
    } else {
      lost(where, key, v);
    }
  }

  /// Everything below a value goes under a key that is no message; elements in it were booked on their own.
  void aside(std::string_view key, const Value& v) {
    const std::uint64_t bytes = bytes_of(v);
    if (!count) ledger.census_.total_bytes += bytes;
    if (bytes > 0) ledger.census_.set_aside[std::string(key)].add(bytes);
  }

  void lost(std::string_view place, std::string_view key, const Value& v) {
    if (v.is_null()) return;
    std::string name(place);
    name.append(".").append(key);
    const std::uint64_t bytes = bytes_of(v);
    if (!count) ledger.census_.total_bytes += bytes;
    ledger.census_.unknown[name].add(bytes);
    unknown.push_back({std::move(name), key, &v});
  }

  [[nodiscard]] std::uint64_t bytes_of(const Value& v) const {
    if (const Note* note = ledger.note_of(v); note != nullptr && note->fate == Fate::k_element)
      return note->name.empty() ? 0 : text_bytes(v);
    std::uint64_t total = v.string().size();
    for (const Value& item : v.items()) total += bytes_of(item);
    for (const json::Member& member : v.members()) total += bytes_of(member.value);
    return total;
  }
};

const Ledger::Note* Ledger::note_of(const Value& value) {
  const auto before = [](const auto& a, const auto& b) {
    return a.first != b.first ? std::less<>()(a.first, b.first) : a.second.number < b.second.number;
  };
  if (!sorted_) std::sort(notes_.begin(), notes_.end(), before);
  sorted_ = true;
  const auto found = std::lower_bound(notes_.begin(), notes_.end(), std::pair(&value, Note{}), before);
  return found == notes_.end() || found->first != &value ? nullptr : &found->second;
}

std::vector<Unknown> Ledger::settle(const Value& root, std::string_view where, unsigned levels, HeldTexts& held) {
  census_.total_bytes += text_bytes(root);
  Walk walk{*this, held, where, levels, census_.message_bytes};
  walk.value(root, where, {}, false);
  notes_.clear();
  return std::move(walk.unknown);
}

void Ledger::parameter(const Value& value) {
  census_.total_bytes += text_bytes(value);
  census_.parameter_bytes += text_bytes(value);
}

std::vector<Unknown> Ledger::settle_tools(const Value& tools, HeldTexts& held) {
  census_.total_bytes += text_bytes(tools);
  Walk walk{*this, held, "tool", k_anywhere, census_.parameter_bytes};
  walk.value(tools, "tools", {Fate::k_message, {}}, false);
  return std::move(walk.unknown);
}

void Ledger::repeated_input(std::string_view key, const Value& value) {
  census_.total_bytes += text_bytes(value);
  census_.set_aside[std::string(key)].add(text_bytes(value));
}

void Ledger::element(const Value& value, const Census& booked) {
  if (open_) {
    census_.total_bytes -= text_bytes(value);
    note(value, {Fate::k_element, {}});
  }
  census_.add(booked);
}

void Ledger::repeated_element(const Value& value) {
  if (open_) note(value, {Fate::k_element, "repeated_message"});
}

}  // namespace trajectory::messages
