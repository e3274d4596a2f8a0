package golang

import (
	"strconv"
	"strings"

	"github.com/depgen/depgen/gen/schema"
)

// depDoc describes DepNote: it "declares that an answer depends on the note,
// and with it on the user, by which it is grouped".
func depDoc(k *schema.Kind) string {
	text := "Dep" + k.GoName + " declares that an answer depends on the " + k.Words()
	if len(k.GroupedBy) > 0 {
		text += ", and with it on " + others(k.GroupedBy) + ", by which it is grouped"
	}
	text += "."
	if k.Version != nil {
		text += " The version is that of the data which the answer is made from."
	}
	return comment(paragraphs(wrap(text), k.Description, deprecation(k.Deprecated)))
}

func useDoc(k *schema.Kind) string {
	text := "Use" + k.GoName + " records in ctx that the " + k.Words() +
		" was read: LLM requests made with a context from cachecore.Track carry it."
	if k.Version != nil {
		text += " The version is that of the data as it was read."
	}
	return comment(paragraphs(wrap(text), deprecation(k.Deprecated)))
}

func invalidateDoc(k *schema.Kind) string {
	text := "Invalidate" + k.GoName + " drops every cached answer that depends on the " + k.Words()
	if len(k.PartOf) > 0 {
		text += ", and on " + others(k.PartOf) + ", of which it is part"
	}
	text += "."
	if k.Version != nil {
		text += " The version is the data's new one."
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

// deprecation is a paragraph that linters know. It stands alone, for only so do
// they see it.
func deprecation(text string) string {
	if text == "" {
		return ""
	}
	return "Deprecated: " + strings.TrimSpace(text)
}

// others lists what relations lead to: "table docs, the user (author) and the
// user (reader)".
func others(relations []*schema.Relation) string {
	count := map[*schema.Kind]int{}
	for _, r := range relations {
		count[r.Kind]++
	}
	var names []string
	for _, r := range relations {
		var args []string
		for _, arg := range r.Args {
			if arg.Param != nil {
				args = append(args, arg.Param.Name)
			}
		}
		switch {
		case r.Kind.Values != nil && r.Args[0].Value != nil:
			names = append(names, r.Kind.Words()+" "+printable(r.Args[0].Value.Text))
		case count[r.Kind] > 1:
			names = append(names, "the "+r.Kind.Words()+" ("+strings.Join(args, ", ")+")")
		default:
			names = append(names, "the "+r.Kind.Words())
		}
	}
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// printable returns a value as it is, or quoted if something in it can't be
// seen.
func printable(s string) string {
	if quoted := strconv.Quote(s); quoted != `"`+s+`"` {
		return quoted
	}
	return s
}
