#include "image/oci_documents.h"

#include <array>
#include <ctime>
#include <optional>
#include <utility>

#include "base/error.h"

namespace bootstrap {
namespace {

// What docker and podman assume as well; an image that says it itself does not depend on them.
constexpr std::string_view kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct Platform {
  std::string_view debian;
  std::string_view architecture;
  std::string_view variant;
};

/// Debian's architectures as Go (and so OCI) names them.
constexpr std::array kPlatforms{
    Platform{"amd64", "amd64", ""},       Platform{"arm64", "arm64", "v8"},
    Platform{"armhf", "arm", "v7"},       Platform{"armel", "arm", "v5"},
    Platform{"i386", "386", ""},          Platform{"loong64", "loong64", ""},
    Platform{"mips64el", "mips64le", ""}, Platform{"mipsel", "mipsle", ""},
    Platform{"ppc64el", "ppc64le", ""},   Platform{"ppc64", "ppc64", ""},
    Platform{"riscv64", "riscv64", ""},   Platform{"s390x", "s390x", ""},
};

const Platform& platform_of(const std::string& debian) {
  for (const Platform& platform : kPlatforms) {
    if (platform.debian == debian)
      return platform;
  }
  throw Error(ErrorKind::kUsage, "OCI images have no name for the architecture " + debian);
}

/// The member "config" of the image config: what a runtime starts. Empty values are left out, as other
/// builders do.
Json runtime_config(const ImageOptions& options) {
  std::map<std::string, std::string> env = options.env;
  env.try_emplace("PATH", kDefaultPath);
  Json config = {{"Env", Json::array()}};
  for (const auto& variable : env)
    config["Env"].push_back(variable.first + "=" + variable.second);
  if (!options.entrypoint.empty())
    config["Entrypoint"] = options.entrypoint;
  if (!options.cmd.empty())
    config["Cmd"] = options.cmd;
  if (!options.user.empty())
    config["User"] = options.user;
  if (!options.workdir.empty())
    config["WorkingDir"] = options.workdir;
  if (!options.stop_signal.empty())
    config["StopSignal"] = options.stop_signal;
  if (!options.labels.empty())
    config["Labels"] = options.labels;
  for (const std::string& port : options.ports)
    config["ExposedPorts"][port] = Json::object();
  return config;
}

std::string_view media_type_of(Compression compression) {
  return compression == Compression::kGzip ? media_type::kLayerGzip : media_type::kLayerZstd;
}

[[noreturn]] void refuse(std::string_view what, const std::string& why) {
  throw Error(ErrorKind::kFailure, std::string(what) + ": " + why);
}

std::string string_member(const Json& json, const char* name, std::string_view what) {
  auto member = json.find(name);
  if (member == json.end() || !member->is_string())
    refuse(what, std::string("no text \"") + name + "\"");
  return member->get<std::string>();
}

Layer layer_of(const Descriptor& descriptor, std::string_view what) {
  Layer layer;
  if (descriptor.media_type == media_type::kLayerGzip) {
    layer.compression = Compression::kGzip;
  } else if (descriptor.media_type == media_type::kLayerZstd) {
    layer.compression = Compression::kZstd;
  } else {
    refuse(what, "a layer of the unknown kind " + descriptor.media_type);
  }
  layer.digest = descriptor.digest;
  layer.size = descriptor.size;
  return layer;
}

}  // namespace

Json to_json(const Descriptor& descriptor) {
  return {
      {"mediaType", descriptor.media_type}, {"digest", descriptor.digest.oci()}, {"size", descriptor.size}};
}

Descriptor descriptor_from_json(const Json& json, std::string_view what) {
  if (!json.is_object())
    refuse(what, "a descriptor is not an object");
  Descriptor descriptor;
  descriptor.media_type = string_member(json, "mediaType", what);
  std::string digest = string_member(json, "digest", what);
  std::optional<Digest> parsed = Digest::parse(digest);
  if (!parsed || parsed->oci() != digest)
    refuse(what, "not a sha256 digest: " + digest);
  descriptor.digest = *parsed;
  auto size = json.find("size");
  if (size == json.end() || !size->is_number_unsigned())
    refuse(what, "a descriptor has no size");
  descriptor.size = size->get<std::uint64_t>();
  return descriptor;
}

std::string rfc3339(std::int64_t seconds) {
  std::time_t time = seconds;
  std::tm utc{};
  char text[64];
  if (::gmtime_r(&time, &utc) == nullptr ||
      std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0) {
    throw Error(ErrorKind::kFailure, "not a date: " + std::to_string(seconds));
  }
  return text;
}

namespace {

/// Another's config with layers added: all that is in it stays, the history of its own layers too.
Json following_config(const ImageSpec& spec, const std::string& created, const Json& diff_ids,
                      const Json& history) {
  Json config = spec.config;
  const std::size_t known = config.at("rootfs").at("diff_ids").size();
  if (config.contains("history")) {
    for (std::size_t i = known; i < history.size(); ++i)
      config["history"].push_back(history[i]);
  } else {
    config["history"] = history;
  }
  config["created"] = created;
  config["rootfs"]["diff_ids"] = diff_ids;
  return config;
}

}  // namespace

std::string config_document(const ImageSpec& spec) {
  const Platform& platform = platform_of(spec.architecture);
  std::string created = rfc3339(spec.created);
  Json diff_ids = Json::array();
  Json history = Json::array();
  for (const Layer& layer : spec.layers) {
    diff_ids.push_back(layer.diff_id.oci());
    history.push_back({{"created", created}, {"created_by", layer.created_by}});
  }
  if (!spec.config.is_null())
    return compact_json(following_config(spec, created, diff_ids, history));
  Json config = {{"architecture", platform.architecture},
                 {"os", "linux"},
                 {"created", created},
                 {"config", runtime_config(spec.options)},
                 {"rootfs", {{"type", "layers"}, {"diff_ids", diff_ids}}},
                 {"history", history}};
  if (!platform.variant.empty())
    config["variant"] = platform.variant;
  return compact_json(config);
}

std::string manifest_document(const Descriptor& config, const std::vector<Layer>& layers) {
  Json manifest = {{"schemaVersion", 2},
                   {"mediaType", media_type::kManifest},
                   {"config", to_json(config)},
                   {"layers", Json::array()}};
  for (const Layer& layer : layers) {
    manifest["layers"].push_back(
        to_json(Descriptor{std::string(media_type_of(layer.compression)), layer.digest, layer.size}));
  }
  return compact_json(manifest);
}

ManifestDocument parse_manifest(std::string_view text, std::string_view what) {
  Json json = parse_json(text, what);
  if (!json.is_object() || json.value("schemaVersion", Json()) != 2)
    refuse(what, "not an image manifest of schema version 2");
  // A document that is an index to one reader and a manifest to another: CVE-2021-41190.
  if (json.contains("manifests"))
    refuse(what, "a manifest with a member \"manifests\" is ambiguous");
  if (json.contains("mediaType") && json["mediaType"] != media_type::kManifest)
    refuse(what, "not an image manifest but " + json["mediaType"].dump());
  if (!json.contains("config") || !json.contains("layers") || !json["layers"].is_array())
    refuse(what, "a manifest needs config and layers");

  ManifestDocument manifest;
  manifest.config = descriptor_from_json(json["config"], what);
  if (manifest.config.media_type != media_type::kConfig)
    refuse(what, "a config of the unknown kind " + manifest.config.media_type);
  for (const Json& layer : json["layers"])
    manifest.layers.push_back(layer_of(descriptor_from_json(layer, what), what));
  return manifest;
}

void add_config_facts(const Json& config, std::vector<Layer>& layers, std::string_view what) {
  try {
    const Json& diff_ids = config.at("rootfs").at("diff_ids");
    if (diff_ids.size() != layers.size())
      refuse(what, "its config has " + std::to_string(diff_ids.size()) + " layers, its manifest " +
                       std::to_string(layers.size()));
    for (std::size_t i = 0; i < layers.size(); ++i) {
      std::optional<Digest> diff_id = Digest::parse(diff_ids[i].get<std::string>());
      if (!diff_id)
        refuse(what, "not a sha256 diff ID: " + diff_ids[i].dump());
      layers[i].diff_id = *diff_id;
    }
    std::size_t layer = 0;
    for (const Json& step : config.value("history", Json::array())) {
      if (!step.value("empty_layer", false) && layer < layers.size())
        layers[layer++].created_by = step.value("created_by", "");
    }
  } catch (const Json::exception& error) {
    refuse(what, std::string("not an image config: ") + error.what());
  }
}

ImageOptions runtime_options(const Json& config) {
  ImageOptions options;
  try {
    const Json runtime = config.value("config", Json::object());
    // Other builders write null for an empty list.
    auto list = [&](const char* key) {
      Json value = runtime.value(key, Json());
      return value.is_null() ? std::vector<std::string>() : value.get<std::vector<std::string>>();
    };
    options.entrypoint = list("Entrypoint");
    options.cmd = list("Cmd");
    for (const std::string& variable : list("Env")) {
      std::size_t equals = variable.find('=');
      if (equals != std::string::npos)
        options.env[variable.substr(0, equals)] = variable.substr(equals + 1);
    }
    options.env.try_emplace("PATH", kDefaultPath);
    options.user = runtime.value("User", "");
    options.workdir = runtime.value("WorkingDir", "");
    if (options.workdir.empty())
      options.workdir = "/";
    options.stop_signal = runtime.value("StopSignal", "");
    options.labels = runtime.value("Labels", options.labels);
    const Json ports = runtime.value("ExposedPorts", Json::object());
    for (const auto& port : ports.items())
      options.ports.push_back(port.key());
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::kFailure, std::string("not an image config: ") + error.what());
  }
  return options;
}

}  // namespace bootstrap
