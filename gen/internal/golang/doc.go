package golang

import (
	"strings"

	"github.com/depgen/depgen/gen/internal/schema"
)

// The texts below name deps by calls, because a kind's name, singular or
// plural, fits no sentence with an article.

// depDoc makes
//
//	DepNote returns the dep "note:{user}/{number}". Requests tagged with it are
//	also tagged with DepUser(user).
func depDoc(k *schema.Kind) string {
	text := "Dep" + k.GoName + " returns the dep " + wireForm(k) + "."
	if len(k.GroupedBy) > 0 {
		text += " Requests tagged with it are also tagged with " + enumerate(relatedCalls(k.GroupedBy), "and") + "."
	}
	if k.Version != nil {
		text += " version is the version of the data that the answer is based on."
	}
	return comment(paragraphs(wrap(text), k.Description, deprecation(k.Deprecated)))
}

func useDoc(k *schema.Kind) string {
	text := "Use" + k.GoName + " records " + call(k, goNames(params(k))) +
		" as read. Requests made with a context from cachecore.Track are tagged with all recorded reads."
	if k.Version != nil {
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
func invalidateDoc(k *schema.Kind) string {
	dep := call(k, goNames(k.Params))
	if k.Version != nil {
		dep = wireForm(k)
	}
	text := "Invalidate" + k.GoName + " drops every cached answer that depends on " +
		enumerate(append([]string{dep}, relatedCalls(k.PartOf)...), "or") + "."
	if k.Version != nil {
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
func wireForm(k *schema.Kind) string {
	return `"` + k.Prefix + ":{" + strings.Join(goNames(k.Params), "}/{") + `}"`
}

// call returns DepNote(user, number) for wrap, which won't break it unless it
// is wider than a line.
func call(k *schema.Kind, args []string) string {
	text := "Dep" + k.GoName + "(" + strings.Join(args, ", ") + ")"
	if len(text) < lineWidth {
		text = strings.ReplaceAll(text, " ", noBreak)
	}
	return text
}

func goNames(params []*schema.Param) []string {
	names := make([]string, len(params))
	for i, param := range params {
		names[i] = param.GoName
	}
	return names
}

// relatedCalls returns the calls that make the deps that relations lead to.
func relatedCalls(relations []*schema.Relation) []string {
	calls := make([]string, len(relations))
	for i, r := range relations {
		args := make([]string, len(r.Args))
		for j, arg := range r.Args {
			args[j] = argName(arg)
		}
		calls[i] = call(r.Kind, args)
	}
	return calls
}

// enumerate returns "a", "a or b" or "a, b or c".
func enumerate(items []string, conjunction string) string {
	last := len(items) - 1
	if last == 0 {
		return items[0]
	}
	return strings.Join(items[:last], ", ") + " " + conjunction + " " + items[last]
}
