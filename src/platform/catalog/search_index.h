#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "platform/catalog/catalog.h"

namespace trajectory::platform::catalog {

/// The words of a record, which the index is made of. Must give the same for the same record: what is taken out of the
/// index is named again.
using WordsOf = std::function<base::Result<std::string>(const std::string& record)>;

/// Takes the next trajectories into the search index, about a megabyte of records. Returns how many; 0 when all are in.
/// One whose record cannot be read is left out (`trajectory check` names it). Errors: k_io.
[[nodiscard]] base::Result<std::size_t> index_some(Catalog& catalog, const WordsOf& words_of);

enum class Erasing : std::uint8_t {
  k_done,   ///< nothing that was removed is in the files
  k_more,   ///< to be called again
  k_waits,  ///< to be called again later: somebody still reads the state before
};

/// Goes on with taking what was removed out of the files: merges the index, which holds its words until then, some
/// megabytes at a time, so that others can write, and then cuts the journals. Where it stands is kept in the index.
/// Errors: k_io.
[[nodiscard]] base::Result<Erasing> erase_some(Catalog& catalog);

/// How many trajectories are not in the index yet. Errors: k_io.
[[nodiscard]] base::Result<std::int64_t> not_indexed(Catalog& catalog);

/// Removes conversations everywhere: every version in the dataset, or with `dataset` empty in every dataset; payloads
/// that nothing else names, the words in the index, and the events of them. What is deleted is overwritten; in journals
/// and the index it lies until `erase_removed`. Returns how many trajectories were removed. Errors: k_not_found
/// (nothing has that name), k_io.
[[nodiscard]] base::Result<std::int64_t> remove_conversation(Catalog& catalog, const std::string& conversation,
                                                             const std::string& dataset, const WordsOf& words_of);

}  // namespace trajectory::platform::catalog
