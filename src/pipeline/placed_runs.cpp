#include "pipeline/placed_runs.h"

#include <cstring>

namespace trajectory::pipeline {

namespace {

/// Walks the fields in one order for writing and for reading.
template <class Archive, class Run>
void walk(Archive& archive, Run& run) {
  archive.text(run.id);
  archive.text(run.trace_id);
  archive.text(run.parent_id);
  archive.text(run.project_id);
  archive.text(run.dotted_order);
  archive.list(run.ancestors, [&](auto& ancestor) { archive.text(ancestor); });
  archive.list(run.thread_keys, [&](auto& key) {
    archive.value(key.first);
    archive.text(key.second);
  });
  archive.value(run.type);
  archive.value(run.start_time);
  archive.value(run.end_time);
  archive.value(run.pending);
  archive.value(run.place);
}

struct Writer {
  std::string& out;
  const messages::TextTable& texts;

  template <class T>
  void value(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    out.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void text(messages::TextId id) {
    const std::string_view text = texts.get(id);
    value(text.size());
    out.append(text);
  }
  template <class T, class Each>
  void list(const std::vector<T>& items, const Each& each) {
    value(items.size());
    for (const T& item : items) each(item);
  }
};

struct Reader {
  std::string_view& bytes;
  messages::TextTable& texts;

  std::string_view take(std::size_t size) {
    const std::string_view out = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return out;
  }
  template <class T>
  void value(T& value) {
    std::memcpy(&value, take(sizeof(value)).data(), sizeof(value));
  }
  void text(messages::TextId& id) {
    std::size_t size = 0;
    value(size);
    id = texts.add(take(size));
  }
  template <class T, class Each>
  void list(std::vector<T>& items, const Each& each) {
    std::size_t size = 0;
    value(size);
    items.resize(size);
    for (T& item : items) each(item);
  }
};

}  // namespace

void append_placed_run(std::string& out, const messages::RunFacts& run, const messages::TextTable& texts) {
  Writer writer{out, texts};
  walk(writer, run);
}

messages::RunFacts take_placed_run(std::string_view& bytes, messages::TextTable& texts) {
  messages::RunFacts out;
  Reader reader{bytes, texts};
  walk(reader, out);
  return out;
}

}  // namespace trajectory::pipeline
