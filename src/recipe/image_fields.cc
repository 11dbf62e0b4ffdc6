// How the image starts and how it is packed: `image` and `layers`.
#include <array>

#include "recipe/sections.h"
#include "recipe/values.h"

namespace bootstrap {
namespace {

/// The parent's cmd goes with the parent's entrypoint: it was arguments of another program.
Fields<ImageOptions>::Field entrypoint_field() {
  const Value<std::vector<std::string>> argv = command();
  return {"entrypoint", "The program that the image starts, as a list of arguments", argv.schema,
          [argv](const YamlNode& node, Reading& reading, ImageOptions& image) {
            image.entrypoint = argv.read(node, reading);
            image.cmd.clear();
            reading.forget_sibling("cmd");
          },
          [](const ImageOptions& image) { return Shown(image.entrypoint); }};
}

Value<std::vector<std::string>> ports() {
  Value<std::vector<std::string>> list = set_of(port(true));
  list.schema.erase("uniqueItems");  // 80 and 80/tcp are the same port
  return list;
}

constexpr auto kCompressions = std::to_array({Compression::kGzip, Compression::kZstd});

}  // namespace

const Fields<ImageOptions>& image_fields() {
  static const Fields<ImageOptions> kFields =
      Fields<ImageOptions>()
          .add(entrypoint_field())
          .add("cmd", &ImageOptions::cmd, command(),
               "Its default arguments, or the program when there is no entrypoint")
          .entries("env", &ImageOptions::env, kEnvironmentName, any_text(),
                   "Environment variables, added to the parent's")
          .add("user", &ImageOptions::user, word_or_empty(kUser),
               "Who the program runs as, as in app or \"10001:10001\"")
          .add("workdir", &ImageOptions::workdir, word(kAbsolutePath), "Where it is started")
          .add("ports", &ImageOptions::ports, ports(), "Ports that it listens on, as in [80/tcp]")
          .add("stop-signal", &ImageOptions::stop_signal, word_or_empty(kSignalName),
               "The signal that ends it, as in SIGQUIT")
          .entries("labels", &ImageOptions::labels, kLabelName, any_text(), "Labels, added to the parent's");
  return kFields;
}

const Fields<LayerOptions>& layer_fields() {
  static const Fields<LayerOptions> kFields =
      Fields<LayerOptions>()
          .add("compression", &LayerOptions::compression, choice(kCompressions, &name_of),
               "How layers are compressed")
          .add("max", &LayerOptions::max, integer<unsigned>(1, 100),
               "The most layers that an image may have, its parent's apart");
  return kFields;
}

}  // namespace bootstrap
