// The verbs that start from a finished image: images, test, export, why.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/found_image.h"
#include "cli/test_text.h"
#include "cli/verbs.h"
#include "image/layout.h"
#include "pipeline/record.h"
#include "pipeline/recorded_tests.h"
#include "pipeline/why.h"
#include "update/gc.h"
#include "update/repeat_version.h"

namespace bootstrap {

namespace {

std::uint64_t compressed_size(const ImageManifest& manifest) {
  std::uint64_t size = 0;
  for (const Layer& layer : manifest.layers)
    size += layer.size;
  return size;
}

}  // namespace

int images_verb(const std::string& only, const CommonOptions& common) {
  Json documents = Json::array();
  std::vector<std::string> names =
      only.empty() ? image_names(common.images) : std::vector{find_image(only, common).layout.name()};
  if (!common.json && !names.empty()) {
    fmt::print("{:<16} {:<16} {:<14} {:<14} {:<21} {:>10}\n", "IMAGE", "VERSION", "IMAGE ID", "DIGEST",
               "DATE", "SIZE");
  }
  for (const std::string& name : names) {
    ImageLayout layout(common.images, name);
    for (const ImageVersion& version : layout.versions()) {
      const ImageManifest manifest = layout.manifest(version.manifest);
      const std::uint64_t size = compressed_size(manifest);
      if (common.json) {
        documents.push_back({{"name", name},
                             {"version", version.version},
                             {"image_id", manifest.config_digest.oci()},
                             {"digest", version.manifest.oci()},
                             {"format", read_making(layout, version.manifest).format},
                             {"date", version.date},
                             {"reason", version.reason},
                             {"lock", version.lock},
                             {"latest", version.latest},
                             {"rejected", version.rejected},
                             {"size", size}});
      } else {
        fmt::print("{:<16} {:<16} {:<14} {:<14} {:<21} {:>10}{}\n", name, terminal_safe(version.version),
                   manifest.config_digest.hex().substr(0, 12), version.manifest.hex().substr(0, 12),
                   version.date, human_size(size),
                   version.latest     ? "  latest"
                   : version.rejected ? "  rejected"
                                      : "");
      }
    }
  }
  if (common.json)
    fmt::print("{}", canonical_json({{"images", documents}}));
  if (!common.json && names.empty())
    fmt::print(stderr, "no images in {}\n", common.images.string());
  return 0;
}

int test_verb(const TestArguments& arguments, const CommonOptions& common, Printer& printer) {
  FoundImage image = find_image(arguments.reference, common);
  VersionRecord record = read_record(image.layout, image.version.manifest);
  printer.stage(image.layout.name(), fmt::format("running {} smoke tests", record.tests.size()));
  const auto run = arguments.watch ? watch_recorded_tests : run_recorded_tests;
  TestReport report = run(image.layout, image.version.manifest, record, find_worker_program(),
                          [&](std::string_view text) { printer.detail(text); });
  WorkshopOwner owner(common, printer);
  const TemporaryDirectory scratch(owner.workshop().store.root());
  add_repetition_of(image.layout, record, scratch.path(), owner.workshop(), report);
  if (common.json) {
    Json json = to_json(report);
    json["name"] = image.layout.name();
    json["version"] = image.version.version;
    json["image_id"] = image_id_json(image.layout, image.version);
    json["digest"] = image.version.manifest.oci();
    fmt::print("{}", canonical_json(json));
  } else {
    fmt::print("{} {}\n", printer.bold(image.layout.name()), printer.bold(image.version.version));
    print_tests(report, printer);
  }
  return report.passed() ? 0 : static_cast<int>(ErrorKind::kTestFailed);
}

int export_verb(const ExportArguments& arguments, const CommonOptions& common) {
  FoundImage image = find_image(arguments.reference, common);
  std::string format = arguments.format;
  if (format.empty())
    format = arguments.target.extension() == ".tar" ? "tar" : "dir";
  if (format == "tar") {
    export_tar(image.layout, image.version, arguments.target);
  } else if (format == "dir") {
    export_directory(image.layout, image.version, arguments.target);
  } else {
    export_archive(image.layout, image.version, arguments.target,
                   format == "oci-archive" ? ExportFormat::kOciArchive : ExportFormat::kDockerArchive);
  }
  if (common.json) {
    fmt::print("{}", canonical_json({{"name", image.layout.name()},
                                     {"version", image.version.version},
                                     {"image_id", image_id_json(image.layout, image.version)},
                                     {"digest", image.version.manifest.oci()},
                                     {"format", format},
                                     {"target", arguments.target.string()}}));
  } else {
    fmt::print("{} {} -> {} ({})\n", image.layout.name(), image.version.version, arguments.target.string(),
               format);
  }
  return 0;
}

int why_verb(const std::string& reference, const std::string& subject, const CommonOptions& common) {
  FoundImage image = find_image(reference, common);
  VersionRecord record = read_record(image.layout, image.version.manifest);
  Explanation explanation = Explainer(image.layout, image.version.manifest, record).explain(subject);
  if (common.json) {
    Json chain = Json::array();
    for (const Explanation::Step& step : explanation.chain) {
      chain.push_back({{"package", step.package}, {"version", step.version}, {"reason", step.reason}});
    }
    fmt::print("{}", canonical_json({{"subject", subject}, {"path", explanation.path}, {"chain", chain}}));
    return 0;
  }
  if (!explanation.path.empty())
    fmt::print("{}\n", terminal_safe(explanation.path));
  std::string indent = explanation.path.empty() ? "" : "  ";
  for (const Explanation::Step& step : explanation.chain) {
    fmt::print("{}{} {}: {}\n", indent, step.package, step.version, step.reason);
    indent += "  ";
  }
  return 0;
}

}  // namespace bootstrap
