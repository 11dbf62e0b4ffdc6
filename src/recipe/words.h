// The words of a recipe: strings of which not every one will do.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "recipe/yaml_node.h"

namespace bootstrap {

struct Word {
  bool (*accepts)(std::string_view text);
  /// The same as a regular expression (ECMA-262, as JSON Schema has it), for editors. It may take more, never
  /// less.
  const char* pattern;
  const char* what;         ///< the error about another string: "not the name of a package"
  const char* hint = "";    ///< what one looks like
  std::size_t longest = 0;  ///< characters, for editors; 0: any number
};

/// `node`, if it is a string that is such a word. Throws kUsage.
const std::string& checked(const YamlNode& node, const Word& word);
Json schema_of(const Word& word);

extern const Word kRecipeName, kRecipeVersion, kArchiveName, kSuite, kComponent, kPackageName, kPackageGlob,
    kVersionGlob, kUserName, kEnvironmentName, kSignalName, kAbsolutePath, kAbsoluteGlob, kPasswdPath,
    kDebconfSelection, kUser, kOwner, kTestOwner, kTestName, kMethod, kFieldName, kHeaderText, kJsonPointer,
    kLoopbackUrl, kLabelName;

}  // namespace bootstrap
