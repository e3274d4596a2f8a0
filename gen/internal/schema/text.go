package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// read returns the schema's top node. After a problem that makes further checks
// useless, it returns nil.
func (p *parser) read(src []byte) *yaml.Node {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	if at, msg := badText(src); msg != "" {
		p.errorf(p.position(at.line, at.column), "%s", msg)
		return nil
	}
	docs, err := documents(src)
	switch {
	case err != nil:
		at, msg := locate(src, err)
		p.errorf(p.position(at.line, at.column), "%s", msg)
		return nil
	case len(docs) == 0 || docs[0].ShortTag() == "!!null":
		p.errorf(p.position(1, 1), "the schema is empty; depgen init writes one to start from")
		return nil
	case len(docs) > 1:
		p.errorf(p.at(docs[1]), "a second document; a schema is one, so remove the --- before this")
		return nil
	}
	if !p.checkAliases(docs[0]) {
		return nil
	}
	return docs[0]
}

// documents returns the root of each YAML document, up to two.
func documents(src []byte) (docs []*yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil { // yaml.v3 panics on some input that it should refuse
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(src))
	for len(docs) < 2 {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return docs, err
		}
		docs = append(docs, doc.Content[0])
	}
	return docs, nil
}

// lineColumn is a place in a text, from 1.
type lineColumn struct{ line, column int }

// badText finds the first character that YAML doesn't allow.
func badText(src []byte) (at lineColumn, msg string) {
	at = lineColumn{1, 1}
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return at, "not valid UTF-8; save the file as UTF-8"
		case r == '\r' && bytes.HasPrefix(src[i+1:], []byte("\n")):
			// The line ends with the \n.
		case r == '\n' || r == '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			at = lineColumn{at.line + 1, 0}
		case r < ' ' && r != '\t', r >= 0x7f && r < 0xa0, r == '\ufeff', r == '\ufffe', r == '\uffff':
			return at, fmt.Sprintf("the character %U is not allowed here; remove it", r)
		}
		at.column++
		i += size
	}
	return at, ""
}

var yamlMessage = regexp.MustCompile(`^(?:yaml: )?(?:line \d+: )?((?s:.*))$`)

func withoutLine(err error) string { return yamlMessage.FindStringSubmatch(err.Error())[1] }

// locate finds the line that YAML can't read, and describes the mistake. The
// error itself names the first line of the broken block, a line close to it, or
// no line. The line to name is the last of the shortest beginning of the file
// that fails in the same way.
func locate(src []byte, err error) (lineColumn, string) {
	msg := withoutLine(err)
	lines := slices.Collect(bytes.Lines(src))
	n := sort.Search(len(lines)-1, func(i int) bool {
		_, err := documents(bytes.Join(lines[:i+1], nil))
		return err != nil && withoutLine(err) == msg
	})
	line := string(lines[n])
	column := len(line) - len(strings.TrimLeft(line, " ")) + 1
	if column <= len(line) && line[column-1] == '\t' {
		return lineColumn{n + 1, column}, "a tab in the indentation; use spaces"
	}
	return lineColumn{n + 1, column}, fmt.Sprintf("not valid YAML: %s%s", strings.Join(strings.Fields(msg), " "), yamlFix(msg))
}

// yamlFix returns the fix for the usual cause of YAML's more puzzling messages.
func yamlFix(msg string) string {
	switch {
	case strings.HasPrefix(msg, "mapping values are not allowed"):
		return `; quote text that holds ": "`
	case strings.HasPrefix(msg, "did not find expected key"), strings.HasPrefix(msg, "did not find expected '-'"):
		return "; check the indentation"
	case strings.HasPrefix(msg, "found unexpected end of stream"):
		return "; close the quote"
	}
	return ""
}
