package examples_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestBlocksAreChecked requires each block of the pages to end, and to name a
// language that some test reads. GitHub draws the diagrams.
func TestBlocksAreChecked(t *testing.T) {
	t.Parallel()
	for _, p := range pages(t) {
		report(t, unchecked(p))
	}
}

func unchecked(p page) (problems []string) {
	for _, b := range p.blocks {
		switch {
		case b.lang == "":
			problems = append(problems, b.problem("a block names no language: begin it with ``` and the language"))
		case !slices.Contains([]string{"console", "go", "mermaid", "sh", "text", "yaml"}, b.lang):
			problems = append(problems, b.problem("no test reads blocks of the language %q", b.lang))
		case b.info != "" && (b.lang != "yaml" || b.info != "wrong"):
			problems = append(problems, b.problem("no test reads the mark %q", b.info))
		case !b.closed:
			problems = append(problems, b.problem("a block does not end: end it with ```"))
		}
	}
	return problems
}

// TestLinksLead requires each relative link of the pages to lead to an existing
// file, and to an existing heading if it names one.
func TestLinksLead(t *testing.T) {
	t.Parallel()
	for _, p := range pages(t) {
		report(t, dead(t, p))
	}
}

func dead(t *testing.T, p page) (problems []string) {
	t.Helper()
	for _, l := range p.links {
		path, anchors := p.path, p.anchors
		if l.path != "" {
			path, anchors = filepath.Join(filepath.Dir(p.path), l.path), nil
			if _, err := os.Stat(path); err != nil {
				problems = append(problems, fmt.Sprintf("%s:%d: %v", p.path, l.line, err))
				continue
			}
			if l.anchor != "" && filepath.Ext(path) == ".md" {
				anchors = parse(path, read(t, path)).anchors
			}
		}
		if l.anchor != "" && !slices.Contains(anchors, l.anchor) {
			problems = append(problems, fmt.Sprintf("%s:%d: %s has no heading #%s", p.path, l.line, path, l.anchor))
		}
	}
	return problems
}
