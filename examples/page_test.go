package examples_test

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

const root = ".."

// page contains the parts of a Markdown page that the tests check.
type page struct {
	path    string
	text    string
	blocks  []block
	links   []link
	anchors []string // that GitHub makes from the headings
}

// block is a block of code. Its info is the text after the language, such as
// "wrong" in "yaml wrong".
type block struct {
	page, lang, info, text string
	at, line               int // of its first fence, or of its text without fences
	closed                 bool
}

// problem formats a problem with its position.
func (b block) problem(format string, args ...any) string {
	return fmt.Sprintf("%s:%d: ", b.page, b.line) + fmt.Sprintf(format, args...)
}

// link is a link or an image that leads to a file of this tree.
type link struct {
	line         int
	path, anchor string
}

// pages reads the README and the pages in docs.
func pages(t *testing.T) []page {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	var found []page
	for _, path := range append([]string{filepath.Join(root, "README.md")}, paths...) {
		found = append(found, parse(path, read(t, path)))
	}
	return found
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks returns the blocks of all pages in a language.
func blocks(t *testing.T, lang string) []block {
	t.Helper()
	var found []block
	for _, p := range pages(t) {
		found = append(found, p.in(lang)...)
	}
	return found
}

// in returns the page's blocks in a language.
func (p page) in(lang string) []block {
	var found []block
	for _, b := range p.blocks {
		if b.lang == lang {
			found = append(found, b)
		}
	}
	return found
}

// parse reads a page in GitHub's Markdown.
func parse(path, content string) page {
	p := page{path: path, text: content}
	source := []byte(content)
	seen := map[string]int{}
	document := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.FencedCodeBlock:
			p.blocks = append(p.blocks, p.fenced(n, source))
		case *ast.CodeBlock:
			p.blocks = append(p.blocks, block{page: path, text: string(n.Lines().Value(source)), at: n.Pos(), line: p.line(n.Pos())})
		case *ast.Link:
			p.links = append(p.links, p.inTree(n, n.Destination)...)
		case *ast.Image:
			p.links = append(p.links, p.inTree(n, n.Destination)...)
		case *ast.Heading:
			anchor := slug(plain(n, source))
			if again := seen[anchor]; again > 0 {
				p.anchors = append(p.anchors, anchor+"-"+strconv.Itoa(again))
			} else {
				p.anchors = append(p.anchors, anchor)
			}
			seen[anchor]++
		}
		return ast.WalkContinue, nil
	})
	return p
}

func (p page) line(at int) int { return 1 + strings.Count(p.text[:at], "\n") }

func (p page) fenced(n *ast.FencedCodeBlock, source []byte) block {
	b := block{page: p.path, text: string(n.Lines().Value(source)), at: n.Pos(), line: p.line(n.Pos())}
	if n.Info != nil {
		info := string(n.Info.Value(source))
		b.lang, b.info, _ = strings.Cut(info, " ")
		b.info = strings.TrimSpace(b.info)
	}
	_, rest, _ := bytes.Cut(source[b.at:], []byte("\n"))
	if n.Lines().Len() > 0 {
		rest = source[n.Lines().At(n.Lines().Len()-1).Stop:]
	}
	b.closed = closingFence.Match(rest)
	return b
}

// closingFence matches the rest of a page after the text of a block that has a
// closing fence. The block may be in a list or a quotation.
var closingFence = regexp.MustCompile("^[> \t]*(```|~~~)")

// inTree returns the link, if it leads to a file of this tree.
func (p page) inTree(n ast.Node, destination []byte) []link {
	u, err := url.Parse(string(destination))
	switch {
	case err != nil: // a file of that name is not found
		return []link{{p.line(n.Pos()), string(destination), ""}}
	case u.Scheme == "" && u.Host == "":
		return []link{{p.line(n.Pos()), u.Path, u.Fragment}}
	}
	return nil
}

// plain returns the text of a node without markup.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			b.Write(c.Value(source))
		case *ast.String:
			b.Write(c.Value)
		default:
			b.WriteString(plain(c, source))
		}
	}
	return b.String()
}

var notInSlug = regexp.MustCompile(`[^\p{L}\p{M}\p{N} _-]`)

// slug returns the anchor that GitHub makes from a heading.
func slug(heading string) string {
	return strings.ReplaceAll(notInSlug.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}
