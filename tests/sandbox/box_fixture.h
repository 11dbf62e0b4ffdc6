// Programs in boxes, for the tests: a tree of one static program and what a test adds to it.
#pragma once

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/json.h"
#include "sandbox/sandbox.h"
#include "sandbox/worker.h"
#include "test_programs.h"

namespace bootstrap {

/// What the sandbox test worker made of a request: see tests/sandbox/test_worker.cc.
struct BoxRun {
  std::vector<Json> results;  ///< of each run, in turn
  Json tree;                  ///< what the tree held afterwards: path -> mode, uid, gid, size
  Json before, after;         ///< what the worker held: descriptors, mounts
};

/// Runs "payload ARGUMENTS..." in boxes over one tree. A run is its "argv" (without "payload" in front) and
/// whatever else test_worker.cc knows. `entries` are added to the tree.
inline BoxRun run_boxes(std::vector<Json> runs, const Json& entries = Json::object()) {
  Json tree = {{"bin", {{"dir", 0755}}}, {"bin/payload", {{"fd", 0}, {"mode", 0755}}}};
  tree.update(entries);
  for (Json& run : runs) {
    if (!run.contains("program"))
      run["argv"].insert(run["argv"].begin(), "payload");
  }
  UniqueFd payload = open_file(test_payload(), O_RDONLY);
  WorkerJob job;
  job.name = "boxes";
  job.input = {{"tree", tree}, {"runs", runs}};
  job.fds = {payload.get()};
  Json result = run_worker(test_worker(), find_id_range(), job, {});
  return {result.at("results").get<std::vector<Json>>(), result.at("tree"), result.at("before"),
          result.at("after")};
}

/// One run of the maintainer script profile.
inline Json run_script(const std::vector<std::string>& arguments, Json options = Json::object(),
                       const Json& entries = Json::object()) {
  options["argv"] = arguments;
  return run_boxes({options}, entries).results.at(0);
}

/// One run of the service profile.
inline Json run_service(const std::vector<std::string>& arguments, Json options = Json::object(),
                        const Json& entries = Json::object()) {
  options["service"] = true;
  return run_script(arguments, options, entries);
}

inline SandboxResult::End end_of(const Json& result) {
  return static_cast<SandboxResult::End>(result.at("end").get<int>());
}
inline std::string out_of(const Json& result) {
  return result.at("out").get<std::string>();
}

/// Whether the box showed the /proc outside, as where that is covered in part: see covered_proc.py.
inline bool has_outer_proc(const Json& result) {
  return result.at("degraded").dump().find("/proc is the one outside") != std::string::npos;
}

/// The lines "NAME REST" of a program's output.
inline std::map<std::string, std::string> fields_of(const std::string& output) {
  std::map<std::string, std::string> fields;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);)
    fields[line.substr(0, line.find_first_of(" \t"))] = line.substr(line.find_first_of(" \t") + 1);
  return fields;
}

}  // namespace bootstrap
