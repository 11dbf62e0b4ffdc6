// From yaml-cpp's events to a tree of YamlNode, within limits: an alias is a copy, and copies count.
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "recipe/yaml_node.h"

namespace bootstrap {
namespace {

constexpr std::size_t kMaxDepth = 16;
constexpr std::size_t kMaxNodes = 20000;

// yaml-cpp says -1 where it does not know.
TextPosition position_of(const YAML::Mark& mark) {
  return {static_cast<std::size_t>(std::max(mark.line, 0)),
          static_cast<std::size_t>(std::max(mark.column, 0))};
}

}  // namespace

class YamlTreeBuilder : public YAML::EventHandler {
 public:
  explicit YamlTreeBuilder(std::shared_ptr<const YamlSource> source) : source_(std::move(source)) {}

  /// The document; the top of the text if it was empty.
  YamlNode take() {
    if (done_.empty())
      return YamlNode(source_, YamlNode::Kind::kNull, {});
    return std::move(done_.front());
  }

  /// Where the last word or number began.
  TextPosition last_position() const { return last_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (!done_.empty())
      source_->fail(position_of(mark), "a second document", "one file holds one document");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node = make(mark, YamlNode::Kind::kNull);
    // yaml-cpp reports a missing value where it noticed, which may be lines below; its key is what people
    // see.
    if (!open_.empty() && expects_value(open_.back().node))
      node.position_ = open_.back().node.keys_.back().position_;
    finish(std::move(node), anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(mark, tag);
    last_ = position_of(mark);
    YamlNode node = make(mark, YamlNode::Kind::kScalar);
    node.scalar_ = value;
    node.quoted_ = tag == "!";
    if (value.find('\0') != std::string::npos)
      node.fail("a NUL character");
    finish(std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end())
      source_->fail(position_of(mark), "an alias inside the value it stands for");
    count(mark, found->second.nodes);
    finish(found->second.node, YAML::NullAnchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::kSequence);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor;
    std::size_t nodes_before;
    std::set<std::string> keys{};  ///< of a map, so far
  };
  struct Anchored {
    YamlNode node;
    std::size_t nodes;  ///< it and all below it
  };

  static bool expects_value(const YamlNode& node) {
    return node.kind_ == YamlNode::Kind::kMap && node.keys_.size() > node.values_.size();
  }

  YamlNode make(const YAML::Mark& mark, YamlNode::Kind kind) {
    count(mark, 1);
    return YamlNode(source_, kind, position_of(mark));
  }

  void count(const YAML::Mark& mark, std::size_t more) {
    nodes_ += more;
    if (nodes_ > kMaxNodes)
      source_->fail(position_of(mark),
                    fmt::format("more than {} values, aliases counted as often as they are used", kMaxNodes));
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (tag != "!" && tag != "?" && !tag.empty())
      source_->fail(position_of(mark), "a tag", "values need no type here; remove what starts with \"!\"");
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    refuse_tag(mark, tag);
    if (open_.size() >= kMaxDepth)
      source_->fail(position_of(mark), fmt::format("nested more than {} deep", kMaxDepth));
    const std::size_t before = nodes_;
    open_.push_back({make(mark, kind), anchor, before});
  }

  void close() {
    Open last = std::move(open_.back());
    open_.pop_back();
    finish(std::move(last.node), last.anchor, nodes_ - last.nodes_before);
  }

  void finish(YamlNode node, YAML::anchor_t anchor, std::size_t nodes = 1) {
    if (anchor != YAML::NullAnchor)
      anchored_.insert_or_assign(anchor, Anchored{node, nodes});
    if (open_.empty())
      done_.push_back(std::move(node));
    else
      add(open_.back(), std::move(node));
  }

  static void add(Open& parent, YamlNode node) {
    if (parent.node.kind_ != YamlNode::Kind::kMap || expects_value(parent.node)) {
      parent.node.values_.push_back(std::move(node));
      return;
    }
    if (node.kind_ != YamlNode::Kind::kScalar)
      node.fail("a key must be a plain word");
    if (!parent.keys.insert(node.scalar_).second)
      node.fail(fmt::format("duplicate key \"{}\"", node.scalar_));
    parent.node.keys_.push_back(std::move(node));
  }

  std::shared_ptr<const YamlSource> source_;
  std::vector<Open> open_;
  std::vector<YamlNode> done_;  ///< the document, once it is complete
  std::map<YAML::anchor_t, Anchored> anchored_;
  std::size_t nodes_ = 0;
  TextPosition last_;
};

YamlNode YamlNode::parse(std::string_view text, std::string name) {
  const auto source = std::make_shared<const YamlSource>(text, std::move(name));
  YamlTreeBuilder builder(source);
  try {
    // At the end of a text yaml-cpp closes a quote that is still open, in silence; at a document's end it
    // objects.
    std::istringstream stream(source->text() + "\n...\n");
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& problem) {
    if (problem.msg == YAML::ErrorMsg::DOC_IN_SCALAR)
      source->fail(builder.last_position(), "after this a quote is opened and not closed");
    source->fail(position_of(problem.mark), problem.msg);
  }
  return builder.take();
}

}  // namespace bootstrap
