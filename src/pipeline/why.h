// Why a package or a file is in an image, told from the image alone: its dpkg status and file lists say who
// depends on what and who owns which path.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "image/layout.h"
#include "pipeline/record.h"

namespace bootstrap {

struct Explanation {
  struct Step {
    std::string package;
    std::string version;
    std::string
        reason;  ///< "nginx depends on it" / "the recipe includes it" / "Essential" / "Priority: required"
  };
  std::string path;  ///< for a file: the path as the image has it, and who it belongs to; else empty
  std::vector<Step>
      chain;  ///< from the package in question up to one that the recipe asks for: the shortest chain
};

/// Reads the image once, for any number of questions.
class Explainer {
 public:
  Explainer(const ImageLayout& layout, const Digest& manifest, const VersionRecord& record);
  ~Explainer();

  /// `subject` is a package name or an absolute path. Throws kUsage when the image has no such thing.
  Explanation explain(const std::string& subject) const;
  std::vector<std::string> packages() const;  ///< sorted

 private:
  struct Knowledge;
  std::unique_ptr<const Knowledge> knowledge_;
};

}  // namespace bootstrap
