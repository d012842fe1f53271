#include "record/canonical.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "json/write.h"
#include "record/tree.h"

namespace trajectory::record {

namespace {

void append_number(std::string& out, const json::Value& value) {
  const std::string_view text = value.text();
  if (text.find_first_of(".eE") != std::string_view::npos) {
    json::append_double(out, std::strtod(std::string(text).c_str(), nullptr));
  } else if (has_long_integer(value)) {
    json::append_string(out, text, json::Escapes::k_none);
  } else {
    out.append(text == "-0" ? "0" : text);
  }
}

/// The members that count, sorted. UTF-8 sorts by code point.
void append_object(std::string& out, const json::Value& value) {
  constexpr std::size_t k_few = 16;
  std::array<const json::Member*, k_few> few{};
  std::vector<const json::Member*> many;
  if (value.size() > k_few) many.resize(value.size());
  const json::Member** const begin = many.empty() ? few.data() : many.data();
  const json::Member** end = begin;
  for (const json::Member& member : value.members()) *end++ = &member;
  std::stable_sort(begin, end, [](const auto* a, const auto* b) { return a->key < b->key; });
  char before = '{';
  for (const json::Member** at = begin; at != end; ++at) {
    const json::Member& member = **at;
    if (at + 1 != end && at[1]->key == member.key) continue;
    if (member.value.is_null() || member.key == "idx") continue;
    out.push_back(before);
    before = ',';
    json::append_string(out, member.key, json::Escapes::k_none);
    out.push_back(':');
    append_contract_canonical(out, member.value);
  }
  out.append(before == '{' ? "{}" : "}");
}

}  // namespace

void append_contract_canonical(std::string& out, const json::Value& value) {
  switch (value.kind()) {
    case json::Kind::k_null:
      out.append("null");
      break;
    case json::Kind::k_boolean:
      out.append(value.text());
      break;
    case json::Kind::k_number:
      append_number(out, value);
      break;
    case json::Kind::k_string:
      json::append_string(out, value.text(), json::Escapes::k_none);
      break;
    case json::Kind::k_array: {
      char before = '[';
      for (const json::Value& item : value.items()) {
        out.push_back(before);
        before = ',';
        append_contract_canonical(out, item);
      }
      out.append(before == '[' ? "[]" : "]");
      break;
    }
    case json::Kind::k_object:
      append_object(out, value);
      break;
  }
}

}  // namespace trajectory::record
