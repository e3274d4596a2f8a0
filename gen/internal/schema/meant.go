package schema

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// spellings are the names that other languages and databases use for the types
// of a schema.
var spellings = map[string]string{
	"guid": "uuid", "uuid4": "uuid", "uuidv4": "uuid", "uuid7": "uuid", "uuidv7": "uuid", "uniqueidentifier": "uuid",
	"uuid.uuid": "uuid", "github.com/google/uuid.uuid": "uuid",

	"text": "string", "str": "string", "varchar": "string", "char": "string", "character varying": "string",
	"citext": "string", "nvarchar": "string",

	"integer": "int64", "number": "int64", "bigint": "int64", "long": "int64", "serial": "int64", "bigserial": "int64",
	"i64": "int64", "short": "int32", "smallint": "int32", "int16": "int32", "i32": "int32",
	"unsigned": "uint64", "u64": "uint64", "ulong": "uint64", "uint16": "uint32", "u32": "uint32",
}

// length matches the length of an SQL type: varchar(36).
var length = regexp.MustCompile(`\s*\(\s*\d+\s*\)$`)

// meant returns the type that a name from another language or a database means,
// or "".
func meant(word string) string {
	if len(word) > 2*maxName {
		return ""
	}
	lower := length.ReplaceAllString(strings.ToLower(strings.TrimSpace(word)), "")
	if t := spellings[lower]; t != "" {
		return t
	}
	if slices.Contains(scalars, lower) {
		return lower
	}
	if _, err := splitGoName(word); err == nil {
		return "{go: " + word + "}"
	}
	return ""
}

// suggestType returns the suggestion for a word that is not a type.
func (p *parser) suggestType(word, otherwise string) string {
	switch t := meant(word); {
	case p.sets[word]:
		return fmt.Sprintf(" (did you mean {kind: %s}?)", word)
	case strings.HasPrefix(t, "{"):
		return fmt.Sprintf(" (did you mean %s?)", t)
	case t != "":
		return fmt.Sprintf(" (did you mean %q?)", t)
	}
	return p.suggest(word, scalars, otherwise)
}

// looksLikeParts reports whether a mapping in place of an id has the id's parts
// as its keys.
func looksLikeParts(m *yaml.Node) bool {
	parts := false
	for i := 0; i < len(m.Content); i += 2 {
		key, value := deref(m.Content[i]).Value, deref(m.Content[i+1])
		if !validName(key) || key == "named" || key == "go" || value.Kind == yaml.SequenceNode {
			return false
		}
		isType := value.Kind == yaml.MappingNode || meant(value.Value) != ""
		parts = parts || isType && !slices.Contains(typeKeys, key)
	}
	return parts
}

// partsAsList returns the parts in such a mapping in their correct form.
func partsAsList(m *yaml.Node) string {
	const enough = 4
	var parts []string
	for i := 0; i < len(m.Content); i += 2 {
		if len(parts) == enough {
			parts = append(parts, "…")
			break
		}
		t := "{…}"
		if value := deref(m.Content[i+1]); value.Kind == yaml.ScalarNode {
			t = cmp.Or(meant(value.Value), value.Value)
		}
		parts = append(parts, fmt.Sprintf("{%s: %s}", deref(m.Content[i]).Value, t))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
