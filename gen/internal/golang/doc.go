package golang

import (
	"fmt"
	"strings"

	"github.com/depgen/depgen/gen/internal/schema"
)

// The texts below name deps by calls, because a kind's name, singular or
// plural, fits no sentence with an article.

// depDoc makes
//
//	DepNote returns the dep "note:{user}/{number}". Requests tagged with it are
//	also tagged with DepUser(user).
func depDoc(k *kind) string {
	text := k.dep + " returns the dep " + wireForm(k) + "."
	if len(k.groupedBy) > 0 {
		text += " Requests tagged with it are also tagged with " + enumerate(k.groups.texts(), "and") + "."
	}
	if k.version != nil {
		text += " version is the version of the data that the answer is based on."
	}
	return comment(paragraphs(wrap(text), k.Description, deprecation(k.Deprecated)))
}

func useDoc(k *kind) string {
	text := k.use + " records " + call{k.dep, paramNames(k.allParams())}.String() +
		" as read. Requests made with a context from cachecore.Track are tagged with all recorded reads."
	if k.version != nil {
		text += " version is the version of the data that was read."
	}
	return comment(paragraphs(wrap(text), deprecation(k.Deprecated)))
}

// invalidateDoc makes
//
//	InvalidateDoc drops every cached answer that depends on DepDoc(id) or
//	DepTable(TableDocs).
//
// The call for a versioned kind would name the new version, which no dropped
// answer has, so the wire form takes its place.
func invalidateDoc(k *kind) string {
	dep := call{k.dep, paramNames(k.params)}.String()
	if k.version != nil {
		dep = wireForm(k)
	}
	text := k.invalidate + " drops every cached answer that depends on " +
		enumerate(append([]string{dep}, k.wholes.texts()...), "or") + "."
	if k.version != nil {
		text += " version is the new version of the data."
	}
	return comment(paragraphs(wrap(text), deprecation(k.Deprecated)))
}

func valueDoc(v *schema.Value) string {
	text := paragraphs(v.Description, deprecation(v.Deprecated))
	if text == "" {
		return ""
	}
	return comment(text)
}

// deprecation returns a paragraph that linters recognize. They do so only if
// it is a paragraph of its own.
func deprecation(text string) string {
	if text == "" {
		return ""
	}
	return "Deprecated: " + strings.TrimSpace(text)
}

// wireForm returns the id of a kind's deps with its parts in braces, quoted:
// "note:{user}/{number}".
func wireForm(k *kind) string {
	return `"` + k.Prefix + ":{" + strings.Join(paramNames(k.params), "}/{") + `}"`
}

// String returns DepNote(user, number) for wrap, which won't break it unless it
// is wider than a line.
func (c call) String() string {
	text := c.dep + "(" + strings.Join(c.args, ", ") + ")"
	if len(text) < lineWidth {
		text = strings.ReplaceAll(text, " ", noBreak)
	}
	return text
}

// texts returns the calls, and the number of the others.
func (r reach) texts() []string {
	var texts []string
	for _, c := range r.calls {
		texts = append(texts, c.String())
	}
	switch {
	case r.more == 1:
		texts = append(texts, "1 more dep")
	case r.more > 1:
		texts = append(texts, fmt.Sprintf("%d more deps", r.more))
	}
	return texts
}

func paramNames(params []*param) []string {
	names := make([]string, len(params))
	for i, p := range params {
		names[i] = p.name
	}
	return names
}

// enumerate returns "a", "a or b" or "a, b or c".
func enumerate(items []string, conjunction string) string {
	last := len(items) - 1
	if last == 0 {
		return items[0]
	}
	return strings.Join(items[:last], ", ") + " " + conjunction + " " + items[last]
}
